#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Missing, silent and refusing servers: exit code 3, one line, in time.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

_one_line()
{
    out_is ''
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
}

# The verbs that use a server.
VERBS=('ping' 'link set chat alice 1' 'link try chat alice 1' 'link ensure chat alice 1' 'link get chat alice'
    'link get-persistent chat alice' 'link remove chat alice' 'link remove chat alice --if-pod 1' 'link services alice'
    'link compute chat alice' 'state set chat 1 5' 'state get chat 1' 'state list chat' 'state live chat'
    'state best chat' 'workload set chat x' 'workload get chat' 'scripts status' 'scripts load'
    'scripts run statefulGetService --key k --arg 0' 'stats' 'command TIME')

every_verb_reports_a_missing_server()
{
    local verb
    for verb in "${VERBS[@]}"; do
        # shellcheck disable=SC2086 # the verb's words
        PODLINK_URL=unix://$WORK/nowhere expect 3 $verb
        _one_line
    done
}

every_verb_reports_a_missing_server_in_json()
{
    local verb
    for verb in "${VERBS[@]}"; do
        # shellcheck disable=SC2086 # the verb's words
        PODLINK_URL=unix://$WORK/nowhere expect 3 --json $verb
        err_is ''
        json_is 'len(rows) == 1 and rows[0]["exit"] == 3 and rows[0]["status"] == "ECONNECT" and
rows[0]["delivery"] == "not sent"'
    done
}

verbs_keep_their_timeout_with_a_silent_server()
{
    local verb pid started
    pid=$("$PODLINK" server status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
    kill -STOP "$pid"
    for verb in 'ping --timeout 200' 'link set chat alice 1 --timeout 200' 'state list chat --timeout 200'; do
        started=$(date +%s%N)
        # shellcheck disable=SC2086 # the verb's words
        podlink $verb
        (($(date +%s%N) - started < 2000000000)) || code=late
        [[ $code == 3 && $err == *--timeout* ]] || break
    done
    kill -CONT "$pid"
    [[ $code == 3 ]] || fail "$verb"
    err_has --timeout
    _one_line
}

an_unanswered_call_is_reported_as_possibly_executed()
{
    # At least half a second of work, longer than the timeout.
    expect 3 command --timeout 50 EVAL 'for i = 1, 30000000 do end' 0
    err_has 'it may have been executed'
    wait_for "$PODLINK" ping --quiet 2>/dev/null
    expect 3 command --json --timeout 50 EVAL 'for i = 1, 30000000 do end' 0
    json_is 'rows[0]["status"] == "ETIMEDOUT" and rows[0]["delivery"] == "unknown"'
    wait_for "$PODLINK" ping --quiet 2>/dev/null
}

a_missing_permission_is_reported()
{
    printf '>secret' | "$PODLINK" command --quiet --stdin ACL SETUSER reader on '~*' '+get' '+ping'
    PODLINK_URL=unix://reader:secret@$PODLINK_SERVER_DIR/podlink.sock expect 0 ping
    PODLINK_URL=unix://reader:secret@$PODLINK_SERVER_DIR/podlink.sock expect 3 --json workload set chat x
    json_is 'rows[0]["status"] == "ENOPERM" and "NOPERM" in rows[0]["server"]'
}

an_invalid_url_is_a_usage_error()
{
    local url
    for url in nonsense redis:// redis://host:port redis://localhost:99999 http://localhost unix://relative \
        'redis://localhost/?nonsense=1' redis://localhost/x; do
        PODLINK_URL=$url expect 2 ping
        _one_line
    done
}

run_tests
