#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The progress bar: on a terminal only.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

seq 1 5000 | sed 's/.*/user-& 1/' >"$WORK/users"

# Runs a shell command with stderr on a terminal; sets drawn to what appeared there.
_on_terminal()
{
    script -qec "$1" /dev/null </dev/null >"$WORK/drawn"
    code=$?
    drawn=$(cat "$WORK/drawn")
    [[ $code == 0 ]] || fail "it failed: $drawn"
}

a_terminal_shows_count_rate_and_percent_of_a_file()
{
    _on_terminal "'$PODLINK' link ensure chat - <users >out"
    [[ $drawn =~ \[#*\.*\]\ +[0-9]+%\ +[0-9]+\ lines,\ [0-9]+\ a\ second ]] || fail "no bar: $drawn"
    [[ $drawn =~ 5000\ lines\ in\ [0-9.]+\ s ]] || fail "no end: $drawn"
    [[ $(wc -l <"$WORK/out") == 5000 ]] || fail 'results are missing'
}

a_pipe_has_no_percent()
{
    _on_terminal "cat users | '$PODLINK' link ensure chat - >out"
    [[ $drawn =~ [0-9]+\ lines,\ [0-9]+\ a\ second ]] || fail "no progress: $drawn"
    [[ $drawn != *%* ]] || fail "a percentage although the size is unknown: $drawn"
}

without_a_terminal_nothing_is_shown()
{
    podlink link ensure chat - <"$WORK/users"
    err_is ''
}

quiet_and_json_show_nothing()
{
    _on_terminal "'$PODLINK' link ensure chat - --quiet <users >out"
    [[ -z $drawn ]] || fail "quiet: $drawn"
    _on_terminal "'$PODLINK' link ensure chat - --json <users >out"
    [[ -z $drawn ]] || fail "json: $drawn"
}

results_on_the_same_terminal_have_their_own_lines()
{
    _on_terminal "head -n 1500 users | '$PODLINK' link ensure chat -"
    # Visible is what follows the last carriage return or erasure of a line.
    [[ $(tr '\r' '\n' <"$WORK/drawn" | sed 's/.*\x1b\[K//' | grep -c $'^user-[0-9]*\t1\tas asked$') == 1500 ]] ||
        fail 'results are missing or mixed with the bar'
}

run_tests
