#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink command, podlink ping, podlink scripts list, status and load.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

ping_prints_the_server_and_the_time()
{
    expect 0 ping
    [[ $out =~ ^PONG\ from\ unix://.*\ in\ [0-9.]+\ ms$ ]] || fail 'not a pong'
    expect 0 ping --json
    json_is 'rows[0]["round_trip_ns"] > 0 and rows[0]["url"].startswith("unix:///")'
    expect 0 ping --quiet
    out_is ''
}

ping_takes_the_url_of_the_option_before_the_environment()
{
    local url
    url=$("$PODLINK" server status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["url"])')
    PODLINK_URL=unix:///nowhere expect 0 ping --url "$url"
    PODLINK_URL=unix:///nowhere expect 3 ping
    printf '%s\n' "$url" >"$WORK/url"
    chmod 600 "$WORK/url"
    PODLINK_URL=unix:///nowhere expect 0 ping --url-file "$WORK/url"
    err_is ''
    PODLINK_URL=$url expect 0 ping
}

command_prints_each_kind_of_reply()
{
    expect 0 command SET key value
    out_is OK
    expect 0 command GET key
    out_is value
    expect 0 command STRLEN key
    out_is 5
    expect 0 command GET nothing
    out_is '(nil)'
    expect 0 command KEYS none
    out_is '(empty)'
    expect 0 command EVAL 'return {1, {"a", {}}, "b"}' 0
    out_is $'1\n-\n  a\n  (empty)\nb'
}

command_prints_each_kind_of_reply_as_json()
{
    expect 0 command --json EVAL 'return {1, {"a", {}}, false, redis.status_reply("fine")}' 0
    json_is 'rows == [{"status": "OK", "reply": [1, ["a", []], None, "fine"]}]'
    expect 0 command --json EVAL 'return {redis.error_reply("ERR oh"), "x\255"}' 0
    json_is 'rows[0]["reply"][0] == {"error": "ERR oh"} and rows[0]["reply"][1] == {"hex": "78ff"}'
}

arguments_of_a_command_may_look_like_options()
{
    expect 0 command SET --json --help
    expect 0 command GET --json
    out_is --help
}

command_takes_its_last_argument_from_standard_input()
{
    printf 'a\0b\n\xff' | "$PODLINK" command --stdin --quiet SET key || fail 'SET'
    "$PODLINK" command GET key >"$WORK/out"
    printf 'a\0b\n\xff\n' | cmp -s - "$WORK/out" || fail 'the bytes were changed'
}

command_takes_a_long_argument_from_standard_input()
{
    head -c 300000 /dev/zero | "$PODLINK" command --stdin --quiet SET key || fail 'SET'
    redis_is 300000 STRLEN key
}

an_error_of_the_server_is_printed_verbatim()
{
    expect 3 command FROBNICATE
    err_has "unknown command"
    expect 3 command --json FROBNICATE
    json_is 'rows[0]["exit"] == 3 and rows[0]["delivery"] == "answered" and "unknown command" in rows[0]["server"]'
    "$PODLINK" command --quiet SET key value
    expect 3 command --json LPUSH key x
    json_is 'rows[0]["status"] == "EWRONGTYPE"'
}

a_command_that_would_change_the_connection_is_refused()
{
    expect 2 command MULTI
    expect 2 command SUBSCRIBE news
    expect 2 command --json SELECT 1
    json_is 'rows[0]["status"] == "EINVAL"'
}

bytes_of_a_reply_reach_a_terminal_escaped()
{
    "$PODLINK" command --quiet SET key $'\x1b[31mred'
    script -qec "'$PODLINK' command GET key" /dev/null </dev/null >"$WORK/out"
    grep -q '\\x1b\[31mred' "$WORK/out" || fail 'it is not escaped'
    [[ $("$PODLINK" command GET key) == $'\x1b[31mred' ]] || fail 'it is escaped without a terminal'
}

bytes_that_are_no_utf_8_reach_a_terminal_escaped()
{
    "$PODLINK" command --quiet SET key $'\x9b31m \xc2\x9b31m \xe2\x82 \xc3\xa9 \xf0\x9f\x99\x82'
    script -qec "'$PODLINK' command GET key" /dev/null </dev/null >"$WORK/out"
    grep -qF $'\\x9b31m \\xc2\\x9b31m \\xe2\\x82 \xc3\xa9 \xf0\x9f\x99\x82' "$WORK/out" ||
        fail "it is $(cat -v "$WORK/out")"
}

scripts_are_listed_with_their_sha_without_a_server()
{
    PODLINK_SERVER_DIR=$WORK/no-server expect 0 scripts list
    [[ $(wc -l <<<"$out") == 11 ]] || fail 'not eleven'
    ! grep -vqE '^stateful[A-Za-z]+ +[0-9a-f]{40}$' <<<"$out" || fail 'wrong format'
    expect 0 scripts list --json
    json_is 'len(rows[0]["scripts"]) == 11 and all(len(s["sha"]) == 40 for s in rows[0]["scripts"])'
}

status_lists_missing_scripts()
{
    "$PODLINK" command --quiet SCRIPT FLUSH
    expect 1 scripts status
    [[ $(grep -c '  missing  ' <<<"$out") == 11 ]] || fail 'not all are missing'
    "$PODLINK" link ensure chat alice 1 --quiet
    expect 1 scripts status --json
    json_is '[s["name"] for s in rows[0]["scripts"] if s["loaded"]] == ["statefulSetLinkIfAbsent"]'
}

load_loads_all_scripts()
{
    "$PODLINK" command --quiet SCRIPT FLUSH
    expect 0 scripts load
    out_is '11 scripts loaded'
    expect 0 scripts status
    [[ $(grep -c '  loaded  ' <<<"$out") == 11 ]] || fail 'not all are loaded'
    expect 0 scripts load --json
    json_is 'rows[0]["loaded"] == 11'
    expect 0 scripts status --quiet
    out_is ''
}

run_tests
