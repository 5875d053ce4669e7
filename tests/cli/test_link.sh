#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink link: each verb for one uid, with every outcome.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

LINK='sf:{default:lk:alice}chat'
INDEX='sf:{default:lk:alice}'

set_makes_a_persistent_link_and_prints_the_previous_pod()
{
    expect 0 link set chat alice 2
    out_is 'alice -> 2 (was none)'
    redis_is 2 GET "$LINK"
    redis_is -1 TTL "$LINK"
    redis_is 2 HGET "$INDEX" chat
    expect 0 link set chat alice 0
    out_is 'alice -> 0 (was 2)'
    redis_is 0 GET "$LINK"
}

set_for_a_time_makes_a_temporary_link()
{
    local ttl
    expect 0 link set chat alice 2 --for 2h
    ttl=$("$PODLINK" command TTL "$LINK")
    ((ttl > 7100 && ttl <= 7200)) || fail "the link lives for $ttl s"
    redis_is 0 EXISTS "$INDEX"
}

ttl_prints_the_seconds_that_a_link_has_left()
{
    expect 1 link ttl chat alice
    expect 0 link set chat alice 2
    expect 0 link ttl chat alice
    out_is forever
    expect 0 link ttl chat alice --json
    json_is 'rows[0]["seconds"] == -1'
    expect 0 link set chat alice 2 --for 2h
    expect 0 link ttl chat alice
    ((out > 7100 && out <= 7200)) || fail "the link lives for $out s"
}

each_unit_of_a_duration_counts()
{
    local duration ttl
    for duration in 90=90 90s=90 3m=180 1h=3600 2d=172800; do
        expect 0 link set chat alice 2 --for "${duration%=*}"
        ttl=$("$PODLINK" command TTL "$LINK")
        ((ttl > ${duration#*=} - 10 && ttl <= ${duration#*=})) || fail "${duration%=*} is $ttl s"
    done
}

set_reports_an_unreadable_previous_value()
{
    "$PODLINK" command --quiet SET "$LINK" rubbish
    expect 0 link set chat alice 2
    out_is 'alice -> 2 (was unreadable)'
    "$PODLINK" command --quiet SET "$LINK" rubbish
    expect 0 link set chat alice 2 --json
    json_is 'rows[0]["previous"] == "unreadable"'
}

set_in_json_has_everything()
{
    expect 0 link set chat alice 2 --json
    json_is 'rows == [{"status": "OK", "ns": "default", "service": "chat", "uid": "alice", "pod": 2, "previous": None}]'
    expect 0 link set chat alice 3 --json
    json_is 'rows[0]["pod"] == 3 and rows[0]["previous"] == 2'
}

the_namespace_comes_from_the_option_or_the_environment()
{
    expect 0 link set chat alice 1 --ns live
    redis_is 1 GET 'sf:{live:lk:alice}chat'
    PODLINK_NS='test' expect 0 link set chat alice 4
    redis_is 4 GET 'sf:{test:lk:alice}chat'
    PODLINK_NS='test' expect 0 link get chat alice --ns live
    out_is 1
    expect 1 link get chat alice
}

try_takes_a_free_uid_and_a_temporary_link()
{
    expect 0 link try chat alice 1 --for 60
    out_is 'alice -> 1 (was none)'
    expect 0 link try chat alice 2
    out_is 'alice -> 2 (was 1)'
    redis_is -1 TTL "$LINK"
}

try_is_refused_by_another_persistent_link()
{
    "$PODLINK" link set chat alice 2 --quiet
    expect 1 link try chat alice 1
    out_is 'alice -> 2 (refused)'
    expect 1 link try chat alice 1 --json
    json_is 'rows[0]["status"] == "REFUSED" and rows[0]["pod"] == 2'
    redis_is 2 GET "$LINK"
}

ensure_links_once_and_prints_the_pod_in_force()
{
    expect 0 link ensure chat alice 2
    out_is 2
    expect 0 link ensure chat alice 5
    out_is 2
    redis_is 2 GET "$LINK"
    expect 0 link ensure chat alice 5 --json
    json_is 'rows[0]["pod"] == 2 and rows[0]["status"] == "OK"'
}

get_prints_only_the_pod()
{
    "$PODLINK" link set chat alice 0 --quiet
    expect 0 link get chat alice
    out_is 0
    err_is ''
}

get_of_no_link_exits_with_1()
{
    expect 1 link get chat alice
    out_is ''
    err_has 'no link'
    expect 1 link get chat alice --quiet
    err_is ''
    expect 1 link get chat alice --json
    err_is ''
    json_is 'rows == [{"status": "NOT_LINKED", "ns": "default", "service": "chat", "uid": "alice", "pod": None}]'
}

get_persistent_ignores_temporary_links()
{
    "$PODLINK" link set chat alice 1 --quiet
    expect 0 link get-persistent chat alice
    out_is 1
    "$PODLINK" link set chat alice 1 --quiet --for 60
    expect 1 link get-persistent chat alice
    expect 0 link get chat alice
    expect 1 link get-persistent chat bob --json
    json_is 'rows[0]["pod"] is None'
}

remove_deletes_and_reports_a_missing_link()
{
    "$PODLINK" link set chat alice 1 --quiet
    expect 0 link remove chat alice
    out_is removed
    redis_is 0 EXISTS "$LINK"
    expect 1 link remove chat alice
    err_has 'no such link'
    expect 1 link remove chat alice --json
    json_is 'rows[0]["status"] == "NOT_LINKED"'
}

remove_keeps_the_link_for_a_time()
{
    local ttl
    "$PODLINK" link set chat alice 1 --quiet
    expect 0 link remove chat alice --keep 5m
    ttl=$("$PODLINK" command TTL "$LINK")
    ((ttl > 290 && ttl <= 300)) || fail "the link lives for $ttl s"
    redis_is 0 EXISTS "$INDEX"
}

remove_if_pod_keeps_a_link_to_another_pod()
{
    "$PODLINK" link set chat alice 1 --quiet
    expect 1 link remove chat alice --if-pod 2
    redis_is 1 GET "$LINK"
    expect 2 link remove chat alice --if-pod x
    expect 0 link remove chat alice --if-pod 1
    redis_is 0 EXISTS "$LINK"
}

services_lists_the_persistent_links()
{
    "$PODLINK" link set chat alice 1 --quiet
    "$PODLINK" link set game alice 0 --quiet
    "$PODLINK" link set lobby alice 7 --for 60 --quiet
    expect 0 link services alice
    [[ $(sort <<<"$out") == $'chat\t1\ngame\t0' ]] || fail 'wrong services'
    expect 0 link services alice --json
    json_is 'len(rows) == 1 and sorted((l["service"], l["pod"]) for l in rows[0]["links"]) == [("chat", 1), ("game", 0)]'
    expect 1 link services bob
    out_is ''
    expect 1 link services bob --json
    json_is 'rows[0]["links"] == []'
}

services_lists_valid_links_beside_a_corrupt_one()
{
    "$PODLINK" command --quiet HSET "$INDEX" chat 1 game rubbish
    expect 3 link services alice
    [[ $(sort <<<"$out") == $'chat\t1\ngame\tunreadable' ]] || fail 'wrong services'
    [[ -n $err ]] || fail 'no message about the corrupt entry'
}

compute_links_to_the_best_pod_once()
{
    expect 1 link compute chat alice
    err_has 'no pod is ready'
    "$PODLINK" state set chat 0 50 --quiet
    "$PODLINK" state set chat 1 5 --quiet
    expect 0 link compute chat alice
    out_is 1
    redis_is 1 GET "$LINK"
    "$PODLINK" state set chat 0 1 --quiet
    expect 0 link compute chat alice --json
    json_is 'rows[0]["pod"] == 1'
    expect 0 link compute chat bob --for 60
    out_is 0
}

compute_ignores_old_states()
{
    "$PODLINK" command --quiet HSET 'sf:{default:state:chat}' 0 5-1000-1
    expect 1 link compute chat alice --max-age 60000
    expect 0 link compute chat alice --max-age 0
    out_is 0
}

a_corrupt_link_has_its_own_error()
{
    "$PODLINK" command --quiet SET "$LINK" rubbish
    expect 3 link get chat alice
    out_is ''
    err_has rubbish
    expect 3 link get chat alice --json
    err_is ''
    json_is 'rows[0]["status"] == "ECORRUPT" and rows[0]["exit"] == 3'
}

an_invalid_name_is_a_usage_error()
{
    expect 2 link set 'ch{at' alice 1
    err_has service
    expect 2 link set chat '' 1
    err_has uid
    expect 2 link set chat alice 1 --ns a:b
    err_has ns
    expect 2 link get chat $'a\nb' --json
    json_is 'rows[0]["status"] == "EINVAL"'
    redis_is 0 DBSIZE
}

non_ascii_names_are_stored_unchanged()
{
    expect 0 link set 'straße' 'Zoë 日本' 3
    out_is 'Zoë 日本 -> 3 (was none)'
    redis_is 3 GET 'sf:{default:lk:Zoë 日本}straße'
}

nothing_after_two_dashes_is_an_option()
{
    expect 0 link set -- chat --alice 3
    redis_is 3 GET 'sf:{default:lk:--alice}chat'
}

quiet_prints_no_result()
{
    expect 0 link set chat alice 1 --quiet
    out_is ''
    expect 0 link ensure chat alice 1 --quiet
    out_is ''
    expect 0 link get chat alice --quiet --json
    out_is ''
    err_is ''
}

verbose_logs_the_calls_on_stderr()
{
    expect 0 link set chat alice 1 --verbose
    out_is 'alice -> 1 (was none)'
    err_has 'debug:'
}

run_tests
