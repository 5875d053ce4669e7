#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Parsing of the command line, without a server.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"

_refused()
{
    local words=$1
    shift
    expect 2 "$@"
    out_is ''
    err_has "$words"
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
}

no_verb_is_a_usage_error()
{
    _refused 'no verb is given'
    _refused "link needs a verb" link
}

an_unknown_verb_is_named()
{
    _refused "there is no verb 'frobnicate'" frobnicate
    _refused "link has no verb 'frobnicate'" link frobnicate
}

an_unknown_option_is_named()
{
    _refused 'option --frobnicate is not known' ping --frobnicate
    _refused 'option -x is not known' ping -x
}

the_value_of_an_unknown_option_is_not_printed()
{
    _refused 'option --password is not known' ping --password=geheim
    never_shown geheim
}

an_option_without_its_value_is_refused()
{
    _refused 'option --ns needs a value' link get chat alice --ns
}

a_flag_takes_no_value()
{
    _refused 'option --json takes no value' ping --json=yes
}

an_option_given_twice_is_refused()
{
    _refused 'option --ns is given twice' link get chat alice --ns a --ns b
}

an_option_of_another_verb_is_refused()
{
    _refused 'option --for is not valid for this verb' link get chat alice --for 5
    _refused 'option --url is not valid for this verb' server status --url redis://localhost
    _refused '--chunk is only valid with -' link get chat alice --chunk 5
}

too_few_and_too_many_arguments_are_refused()
{
    _refused 'SERVICE UID POD' link set chat alice
    _refused 'got 4' link set chat alice 1 2
    _refused 'got 3' link set chat - 1
    _refused 'expected arguments: none; got 1' ping now
    _refused 'ARGUMENT...' command
}

a_pod_is_a_number_without_trailing_text()
{
    local pod
    for pod in x 1x '' ' 1' 1.5 +1 0x1 -1 2147483648 99999999999999999999; do
        _refused "is not a whole number from 0 to 2147483647" link set chat alice "$pod"
    done
}

a_load_is_a_64_bit_number()
{
    _refused "load '9223372036854775808' is not a whole number from -9223372036854775808 to" \
        state set chat 1 9223372036854775808
    _refused "load '1e3'" state set chat 1 1e3
}

a_routing_is_one_of_four()
{
    _refused "routing 'open' is not one of unavailable (0), ready (1), draining (2), shutting-down (3)" \
        state set chat 1 5 open
    _refused "routing '4'" state set chat 1 5 4
}

a_duration_is_in_range_and_has_a_known_unit()
{
    local duration
    for duration in 0 -5 5x s '' 1.5h 2147483648 24856d '5 s'; do
        _refused 'is not a duration of 1 to 2147483647 seconds' link set chat alice 1 --for "$duration"
    done
    _refused "--keep 'soon'" link remove chat alice --keep soon
}

a_number_out_of_range_names_the_range()
{
    _refused "--timeout '0' is not a whole number from 1 to 2147483647" ping --timeout 0
    _refused "--timeout '3s' is not a whole number" ping --timeout 3s
    _refused "--max-age '-1' is not a whole number from 0 to 9007199254740992" state live chat --max-age -1
    _refused "--wait '600001' is not a whole number from 1 to 600000" server start --wait 600001
    _refused "--chunk '0' is not a whole number from 1 to 100000" link get chat - --chunk 0
}

a_usage_error_says_where_help_is()
{
    _refused 'see: podlink link set --help' link set
}

a_usage_error_is_an_object_with_json()
{
    expect 2 --json link set chat alice x
    err_is ''
    json_is 'len(rows) == 1 and rows[0]["status"] == "EINVAL" and rows[0]["exit"] == 2 and "x" in rows[0]["error"]'
    expect 2 ping --json --frobnicate
    json_is 'rows[0]["exit"] == 2'
}

control_characters_do_not_reach_the_terminal()
{
    _refused "there is no verb 'a\\x1b[31m\\nb'" $'a\x1b[31m\nb'
}

url_and_url_file_exclude_each_other()
{
    _refused 'cannot be combined' ping --url redis://localhost --url-file nothing
}

a_verb_after_options_is_found()
{
    expect 0 --json version
    json_is 'rows[0]["status"] == "OK"'
}

version_prints_the_version()
{
    expect 0 version
    [[ $out =~ ^podlink\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail 'not a version'
    expect 0 version --json
    json_is 'rows[0]["version"] == rows[0]["library"]'
    expect 0 version --quiet
    out_is ''
}

option_version_prints_the_same()
{
    expect 0 version
    local version=$out
    expect 0 --version
    out_is "$version"
    expect 0 --version --json
    json_is 'rows[0]["version"] == rows[0]["library"]'
    _refused 'option --version is not valid for this verb' link get chat alice --version
    _refused "there is no verb 'frobnicate'" frobnicate --version
}

a_full_disk_is_an_error()
{
    [[ -w /dev/full ]] || return 0
    "$PODLINK" version >/dev/full 2>"$WORK/err"
    code=$?
    err=$(cat "$WORK/err")
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    err_has 'cannot be written'
}

run_tests
