# SPDX-License-Identifier: MIT
# bash completion for podlink(1): nouns, verbs, options and arguments with a fixed set of values.
# A test compares the tables with the tool's own (podlink help --list).

_podlink_verbs()
{
    case $1 in
        link) echo set try ensure get get-persistent remove services compute ;;
        state) echo set get list live best ;;
        workload) echo set get ;;
        scripts) echo list status load run check ;;
        server) echo start stop status ;;
    esac
}

_podlink_options()
{
    local printing='--json --quiet --help'
    local connecting="--url --url-file --timeout --verbose $printing"
    local domain="--ns $connecting" own='--file --dir' input='--key --keys --arg --args'

    case $1 in
        'link set' | 'link ensure') echo "$domain --for --chunk" ;;
        'link try') echo "$domain --for" ;;
        'link get') echo "$domain --chunk" ;;
        'link remove') echo "$domain --if-pod --keep --chunk" ;;
        'link compute') echo "$domain --for --max-age" ;;
        'link get-persistent' | 'link services') echo "$domain" ;;
        'state set') echo "$domain --chunk" ;;
        'state live' | 'state best') echo "$domain --max-age" ;;
        'state get' | 'state list' | 'workload set' | 'workload get') echo "$domain" ;;
        'scripts list' | 'scripts status' | 'scripts load') echo "$connecting $own" ;;
        'scripts run') echo "$connecting $own $input" ;;
        'scripts check') echo "$connecting $input --read-only --binary" ;;
        ping) echo "$connecting --watch --count --interval" ;;
        stats) echo "$connecting --seconds --interval" ;;
        command) echo "$connecting --stdin" ;;
        'server start') echo "$printing --binary --wait" ;;
        'server stop') echo "$printing --wait" ;;
        acl) echo "--ns $printing --user" ;;
        'server status') echo "$printing" ;;
        version) echo "$printing --version" ;;
        '') echo "$domain --version" ;;
        help) echo '--list --help' ;;
        *) echo "$domain" ;;
    esac
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
        'help 0') echo link state workload scripts command server ping stats acl version help ;;
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
    local words=() choices='' verb='' used=0 i

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
        choices='link state workload scripts command server ping stats acl version help'
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
