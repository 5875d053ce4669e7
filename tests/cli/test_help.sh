#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Help and completion cover every verb.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
source "$HERE/../../completions/podlink.bash"

mapfile -t _list < <("$PODLINK" help --list)

# The verb in a line of the list: the words before its options.
_verb_of()
{
    local line=$1
    echo "${line%% --*}"
}

# The completions of some words, the last of which is incomplete: one per line, sorted.
_offered()
{
    COMP_WORDS=("$PODLINK" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _podlink
    printf '%s\n' "${COMPREPLY[@]}" | sort
}

the_list_of_verbs_is_complete()
{
    local verb
    for verb in 'link set' 'link try' 'link ensure' 'link get' 'link get-persistent' 'link remove' 'link services' \
        'link compute' 'state set' 'state get' 'state list' 'state live' 'state best' 'workload set' 'workload get' \
        'scripts list' 'scripts status' 'scripts load' 'scripts run' 'scripts check' command ping stats acl \
        'server start' 'server stop' 'server status' version help; do
        printf '%s\n' "${_list[@]}" | grep -q "^$verb --" || fail "the list has no $verb"
    done
}

each_verb_is_completed()
{
    local line noun name
    for line in "${_list[@]}"; do
        read -r noun name <<<"$(_verb_of "$line")"
        _offered '' | grep -qx -- "$noun" || fail "the noun $noun is not offered"
        if [[ -n $name ]]; then
            _offered "$noun" '' | grep -qx -- "$name" || fail "$noun: the verb $name is not offered"
            _offered help "$noun" '' | grep -qx -- "$name" || fail "help $noun: the verb $name is not offered"
        fi
    done
}

only_existing_verbs_are_completed()
{
    local noun name list
    COMP_WORDS=("$PODLINK")
    _podlink_list
    for noun in $(_offered ''); do
        printf '%s\n' "${_list[@]}" | grep -qE "^$noun( |$)" || fail "$noun is offered but is not a noun"
        for name in $(_podlink_verbs "$noun"); do
            printf '%s\n' "${_list[@]}" | grep -q "^$noun $name --" || fail "$noun $name is offered but is not a verb"
        done
    done
}

each_verb_has_its_options_completed()
{
    local line verb wanted found
    for line in "${_list[@]}"; do
        verb=$(_verb_of "$line")
        wanted=$(tr ' ' '\n' <<<"${line#"$verb" }" | sort)
        # shellcheck disable=SC2086 # the verb's words
        found=$(_offered $verb --)
        [[ $found == "$wanted" ]] || fail "$verb: offers $found, not $wanted"
    done
}

each_option_with_a_value_is_known_to_the_completion()
{
    local option
    for option in $("$PODLINK" help --list | grep -oE -- '--[a-z-]+' | sort -u); do
        "$PODLINK" "$option" 2>&1 | grep -q 'needs a value' && wanted=0 || wanted=1
        _podlink_takes_value "$option"
        [[ $? == "$wanted" ]] || fail "$option: does it take a value?"
    done
}

completion_matches_prefixes_and_skips_options()
{
    [[ $(_offered link get) == $'get\nget-persistent' ]] || fail 'link get'
    [[ $(_offered --ns live link s) == $'services\nset' ]] || fail 'options before the verb'
    [[ $(_offered state set chat 1 5 dr) == draining ]] || fail 'routing'
    [[ $(_offered link set chat --for '') == '' ]] || fail 'the value of an option'
}

completion_offers_files_for_arguments_that_are_files()
{
    touch "$WORK/url-one"
    mkdir "$WORK/url-two"
    [[ $(_offered ping --url-file "$WORK/url-o") == "$WORK/url-one" ]] || fail 'no file'
    [[ $(_offered scripts check "$WORK/url-o") == "$WORK/url-one" ]] || fail 'no script'
    [[ $(_offered scripts check x --file "$WORK/url-o") == "$WORK/url-one" ]] || fail 'no file of a script'
    [[ $(_offered scripts list --dir "$WORK/url-") == "$WORK/url-two" ]] || fail 'no directory'
}

each_verb_has_help_with_examples()
{
    local line verb
    for line in "${_list[@]}"; do
        verb=$(_verb_of "$line")
        # shellcheck disable=SC2086 # the verb's words
        expect 0 $verb --help
        out_has "usage: podlink $verb"
        out_has 'Examples:'
        out_has "  podlink ${verb%% *}"
        # shellcheck disable=SC2086 # the verb's words
        [[ $("$PODLINK" help $verb) == "$out" ]] || fail "help $verb differs"
    done
}

each_option_of_a_verb_is_in_its_help()
{
    local line verb option
    for line in "${_list[@]}"; do
        verb=$(_verb_of "$line")
        # shellcheck disable=SC2086 # the verb's words
        expect 0 $verb --help
        for option in ${line#"$verb"}; do
            out_has "  $option "
        done
    done
}

help_on_a_noun_lists_its_verbs()
{
    expect 0 link --help
    out_has 'link get-persistent SERVICE UID'
    out_has 'Examples:'
    expect 0 help link
    out_has 'link get-persistent SERVICE UID'
}

help_lists_every_verb_and_the_exit_codes()
{
    local line
    expect 0 --help
    for line in "${_list[@]}"; do
        out_has "  $(_verb_of "$line") "
    done
    out_has 'Exit codes: 0 done, 1 refused or not found, 2 usage, 3 server or network'
    out_has 'Examples:'
    expect 0 -h
    expect 0 help
}

help_on_an_unknown_verb_is_a_usage_error()
{
    expect 2 help frobnicate
    err_has "there is no verb 'frobnicate'"
    expect 2 help link frobnicate
    err_has "there is no verb 'frobnicate'"
}

no_line_of_help_is_longer_than_140_columns()
{
    local line verb
    for line in '' "${_list[@]}"; do
        verb=$(_verb_of "$line")
        # shellcheck disable=SC2086 # the verb's words
        expect 0 help $verb
        ! grep -qE '.{141}' <<<"$out" || fail "help $verb has long lines"
    done
}

the_manual_page_knows_every_verb_and_option()
{
    local line word page
    page=$(python3 "$HERE/../../tools/operations_table.py" --scdoc "$HERE/../../man/podlink.1.scd" | sed 's/[\\*_]//g')
    for line in "${_list[@]}"; do
        grep -qF "podlink $(_verb_of "$line")" <<<"$page" || fail "the page does not know $(_verb_of "$line")"
        for word in $line; do
            [[ $word != --* ]] || grep -qF -- "$word" <<<"$page" || fail "the page does not know $word"
        done
    done
}

run_tests
