#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink state and podlink workload.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

STATES='sf:{default:state:chat}'

set_stores_load_time_and_routing()
{
    local stored now
    expect 0 state set chat 2 75
    out_is 'pod 2: load 75, ready'
    stored=$("$PODLINK" command HGET "$STATES" 2)
    now=$(date +%s)
    [[ $stored =~ ^75-([0-9]{13})-1$ ]] || fail "stored is $stored"
    ((BASH_REMATCH[1] / 1000 >= now - 5 && BASH_REMATCH[1] / 1000 <= now + 5)) || fail "stamped with $stored"
}

set_takes_a_routing_by_name_and_by_number()
{
    local routing
    for routing in unavailable=0 ready=1 draining=2 shutting-down=3 0=0 3=3; do
        expect 0 state set chat 2 75 "${routing%=*}"
        [[ $("$PODLINK" command HGET "$STATES" 2) == *-"${routing#*=}" ]] || fail "${routing%=*}"
    done
}

a_negative_load_is_a_load()
{
    expect 0 state set chat 2 -5
    [[ $("$PODLINK" command HGET "$STATES" 2) == -5-*-1 ]] || fail 'wrong load'
    expect 0 state get chat 2 --json
    json_is 'rows[0]["load"] == -5'
}

set_in_json_has_everything()
{
    expect 0 state set chat 0 7 draining --json
    json_is 'rows == [{"status": "OK", "ns": "default", "service": "chat", "pod": 0, "load": 7, "routing": "draining"}]'
}

get_prints_one_state()
{
    "$PODLINK" command --quiet HSET "$STATES" 2 75-1700000000123-2
    expect 0 state get chat 2
    out_has 'draining'
    out_has '2023-11-14T22:13:20.123Z'
    expect 0 state get chat 2 --json
    json_is 'rows[0]["timestamp_ms"] == 1700000000123 and rows[0]["load"] == 75 and rows[0]["pod"] == 2'
}

get_of_no_state_exits_with_1()
{
    expect 1 state get chat 2
    out_is ''
    err_has 'has no state'
    expect 1 state get chat 2 --json
    json_is 'rows[0]["status"] == "NOT_FOUND" and rows[0]["pod"] is None'
}

list_prints_all_pods_however_old_in_their_order()
{
    "$PODLINK" command --quiet HSET "$STATES" 10 1-1000-1 2 2-2000-0 0 3-3000
    expect 0 state list chat
    [[ $(awk '{print $1, $2, $3}' <<<"$out") == $'POD LOAD ROUTING\n0 3 ready\n2 2 unavailable\n10 1 ready' ]] ||
        fail 'wrong table'
    expect 0 state list chat --json
    json_is '[pod["pod"] for pod in rows[0]["pods"]] == [0, 2, 10] and rows[0]["skipped"] == 0'
}

list_warns_about_unreadable_states()
{
    "$PODLINK" command --quiet HSET "$STATES" 0 5-1000-1 1 bad
    expect 0 state list chat
    err_has '1 of the service'
    expect 0 state list chat --json
    json_is 'rows[0]["skipped"] == 1 and len(rows[0]["pods"]) == 1'
}

list_of_no_pods_exits_with_1()
{
    expect 1 state list chat
    out_is ''
    err_has 'no pods'
    expect 1 state list chat --json
    json_is 'rows[0]["pods"] == []'
}

live_omits_old_states()
{
    "$PODLINK" command --quiet HSET "$STATES" 0 5-1000-1
    "$PODLINK" state set chat 1 7 shutting-down --quiet
    expect 0 state live chat --max-age 60000 --json
    json_is '[pod["pod"] for pod in rows[0]["pods"]] == [1]'
    expect 0 state live chat --json
    json_is '[pod["pod"] for pod in rows[0]["pods"]] == [0, 1]'
    expect 0 state live chat --max-age 60000
    out_has 'shutting-down'
    expect 1 state live game
}

best_prints_the_ready_pod_with_the_lowest_load()
{
    expect 1 state best chat
    err_has 'no pod is ready'
    "$PODLINK" state set chat 2 5 --quiet
    "$PODLINK" state set chat 1 5 --quiet
    "$PODLINK" state set chat 0 1 draining --quiet
    expect 0 state best chat
    out_is 1
    expect 0 state best chat --json
    json_is 'rows[0]["pod"] == 1'
    expect 1 state best game --json
    json_is 'rows[0]["pod"] is None and rows[0]["status"] == "NOT_FOUND"'
}

best_ignores_old_states()
{
    "$PODLINK" command --quiet HSET "$STATES" 0 5-1000-1
    expect 1 state best chat --max-age 60000
    expect 0 state best chat
    out_is 0
}

a_workload_state_is_stored_and_read()
{
    expect 0 workload set chat 'scaling up: 3'
    out_is stored
    redis_is 'scaling up: 3' GET 'sf:{default:workload:chat}'
    expect 0 workload get chat
    out_is 'scaling up: 3'
    expect 0 workload get chat --json
    json_is 'rows == [{"status": "OK", "ns": "default", "service": "chat", "state": "scaling up: 3"}]'
    expect 0 workload set chat x --json
    json_is 'rows[0]["state"] == "x"'
}

workload_states_of_many_services_are_one_line_each()
{
    "$PODLINK" workload set chat one --quiet
    "$PODLINK" workload set game two --quiet
    expect 0 workload get game chat
    out_is $'game\ttwo\nchat\tone'
    expect 1 workload get game lobby
    out_is $'game\ttwo'
    err_has "'lobby' has no workload state"
    expect 1 workload get game lobby --json
    json_is '[row["state"] for row in rows] == ["two", None]'
}

no_workload_state_exits_with_1()
{
    expect 1 workload get chat
    out_is ''
}

a_binary_workload_state_is_valid_json()
{
    printf '\xff\xfe' | "$PODLINK" command --quiet --stdin SET 'sf:{default:workload:chat}'
    expect 0 workload get chat --json
    json_is 'rows[0]["state"] == {"hex": "fffe"}'
}

run_tests
