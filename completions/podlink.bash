# SPDX-License-Identifier: MIT
# bash completion for podlink(1): nouns, verbs, options and the few arguments whose values are known. The program that
# is completed lists its verbs and their options itself.

# Sets list: one line for each verb, "link set --url --url-file ...".
_podlink_list()
{
    list=$("${COMP_WORDS[0]}" help --list 2>/dev/null || podlink help --list 2>/dev/null)
}

_podlink_nouns()
{
    local noun rest last=''
    while read -r noun rest; do
        [[ $noun == "$last" ]] || echo "$noun"
        last=$noun
    done <<<"$list"
}

# The verbs of a noun; nothing if the noun is the whole verb.
_podlink_verbs()
{
    local noun name rest
    while read -r noun name rest; do
        [[ $noun != "$1" || $name == -* ]] || echo "$name"
    done <<<"$list"
}

_podlink_options()
{
    local line
    if [[ -z $1 ]]; then
        echo '--ns --url --url-file --timeout --verbose --json --quiet --help --version'
        return
    fi
    while read -r line; do
        [[ $line != "$1 --"* ]] || echo "${line#"$1 "}"
    done <<<"$list"
}

_podlink_takes_value()
{
    case $1 in
        --url | --url-file | --ns | --timeout | --for | --if-pod | --keep | --max-age | --chunk | --binary | --wait) ;;
        --key | --keys | --arg | --args | --file | --dir | --count | --interval | --seconds | --user) ;;
        *) return 1 ;;
    esac
}

# The values of an argument, if they are a fixed set: $1 the verb, $2 the number of arguments before it.
_podlink_arguments()
{
    case "$1 $2" in
        'state set 3') echo unavailable ready draining shutting-down ;;
        'help 0') _podlink_nouns ;;
        acl\ *)
            echo links compute states workloads scripts own-scripts sessions database client-name functions sentinel \
                cluster replicas acks sentinel-user
            ;;
    esac
}

# Completes files (-f) or directories (-d).
_podlink_paths()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_podlink()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local words=() choices='' verb='' used=0 i list

    COMPREPLY=()
    case $previous in
        --url-file | --binary | --file) _podlink_paths -f "$current" && return ;;
        --dir) _podlink_paths -d "$current" && return ;;
    esac
    if _podlink_takes_value "$previous"; then
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        if _podlink_takes_value "${COMP_WORDS[i]}"; then
            ((i++))
        elif [[ ${COMP_WORDS[i]} != --* ]]; then
            words+=("${COMP_WORDS[i]}")
        fi
    done

    _podlink_list
    if ((${#words[@]} > 0)); then
        verb=${words[0]}
        used=1
        if [[ -n $(_podlink_verbs "$verb") ]] && ((${#words[@]} > 1)); then
            verb+=" ${words[1]}"
            used=2
        fi
    fi
    if [[ $verb == 'scripts check' && $current != -* ]]; then
        _podlink_paths -f "$current"
        return
    fi
    if [[ $current == -* ]]; then
        choices=$(_podlink_options "$verb")
    elif [[ -z $verb ]]; then
        choices=$(_podlink_nouns)
    elif ((used == 1)) && [[ -n $(_podlink_verbs "$verb") ]]; then
        choices=$(_podlink_verbs "$verb")
    elif [[ $verb == help ]] && ((${#words[@]} == 2)); then
        choices=$(_podlink_verbs "${words[1]}")
    else
        choices=$(_podlink_arguments "$verb" $((${#words[@]} - used)))
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

complete -F _podlink podlink
