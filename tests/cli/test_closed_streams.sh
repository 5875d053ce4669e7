#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Closed standard streams: nothing that the tool prints or reads is taken from, or sent to, the server.
# The sourced file calls the tests by name.
# shellcheck disable=SC1091,SC2317
source "$(dirname "$0")/tap.sh"
need_server

_link_four()
{
    local i
    for i in 1 2 3 4; do
        "$PODLINK" link set chat "q$i" "$i" --quiet || fail "q$i was not linked"
    done
}

what_is_printed_to_a_closed_stdout_is_not_executed()
{
    local i
    "$PODLINK" link set chat 'DEL kept' 1 --quiet
    "$PODLINK" command --quiet SET kept yes
    for i in {1..2000}; do
        printf 'DEL kept\t\n'
    done | "$PODLINK" link get chat - --chunk 100 >&- 2>"$WORK/err"
    [[ $("$PODLINK" command EXISTS kept) == *1* ]] || fail 'the key was deleted'
}

messages_to_a_closed_stderr_do_not_shift_the_replies()
{
    _link_four
    printf 'q1\nbad line\nq2\nq3\nq4\n' | "$PODLINK" link get chat - --chunk 2 2>&- >"$WORK/out"
    [[ $(cat "$WORK/out") == $'q1\t1\nq2\t2\nq3\t3\nq4\t4' || $(tr -s ' \t' ' ' <"$WORK/out") == $'q1 1\nq2 2\nq3 3\nq4 4' ]] ||
        fail "the pods are: $(cat "$WORK/out")"
}

a_closed_stdin_is_empty()
{
    timeout 10 "$PODLINK" link get chat - <&- >"$WORK/out" 2>"$WORK/err"
    (($? != 124)) || fail 'it waits for input'
    [[ ! -s $WORK/out ]] || fail 'it has read something'
}

run_tests
