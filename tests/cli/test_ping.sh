#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink ping --watch and podlink stats.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

_pid()
{
    "$PODLINK" server status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["pid"])'
}

# Runs the tool in the background; its pid is in watching.
_watch()
{
    : >"$WORK/out"
    # A shell without job control makes its background jobs ignore SIGINT: env restores the default.
    env --default-signal=INT "$PODLINK" "$@" >"$WORK/out" 2>"$WORK/err" &
    watching=$!
}

# The tool (not env) runs, and has a handler for SIGINT.
_catches_interrupts()
{
    [[ $(cat "/proc/$watching/comm") == podlink ]] && grep -q '^SigCgt:.*[2367abef]$' "/proc/$watching/status"
}

_catches_no_interrupts()
{
    ! _catches_interrupts
}

_last_is_answered()
{
    tail -n 1 "$WORK/out" | grep -q round_trip_ns
}

_is_alive()
{
    kill -0 "$watching" 2>/dev/null
}

# Waits until it exits; kills it after ten seconds.
_ended()
{
    local tries=0
    while _is_alive && ((++tries < 500)); do
        sleep 0.02
    done
    kill -KILL "$watching" 2>/dev/null
    wait "$watching" 2>/dev/null
    code=$?
    out=$(cat "$WORK/out")
    err=$(cat "$WORK/err")
}

_lines_are_there()
{
    [[ $(cat "$WORK/out" "$WORK/err" | wc -l) -ge $1 ]]
}

watch_prints_each_round_trip_and_a_summary()
{
    expect 0 ping --watch --count 3 --interval 1
    [[ $(head -n 3 <<<"$out" | sed -E 's/[0-9]+[.][0-9]{3} ms$/N ms/') == $'ping 1: N ms\nping 2: N ms\nping 3: N ms' ]] ||
        fail 'wrong format'
    out_has "3 pings of unix://$PODLINK_SERVER_DIR/podlink.sock, 0 lost (0.0 %)"
    [[ $out =~ min\ [0-9.]+\ ms,\ p50\ [0-9.]+\ ms,\ p99\ [0-9.]+\ ms,\ max\ [0-9.]+\ ms$ ]] || fail 'no summary'
    expect 0 ping --watch --count 2 --interval 1 --quiet
    out_is ''
}

watch_prints_one_json_object_per_line()
{
    expect 0 ping --watch --count 5 --interval 1 --json
    json_is '[r.get("ping") for r in rows] == [1, 2, 3, 4, 5, None] and all(r["status"] == "OK" for r in rows)'
    json_is 'rows[-1]["pings"] == 5 and rows[-1]["lost"] == 0 and rows[-1]["url"].startswith("unix:///")'
    json_is 'sorted(r["round_trip_ns"] for r in rows[:5])[0::2] ==
[rows[-1]["min_ns"], rows[-1]["p50_ns"], rows[-1]["max_ns"]] and rows[-1]["p99_ns"] == rows[-1]["max_ns"]'
}

watch_keeps_its_interval()
{
    local started
    started=$(date +%s%N)
    expect 0 ping --watch --count 4 --interval 100 --quiet
    (($(date +%s%N) - started >= 300000000)) || fail 'it was too fast'
}

watch_prints_its_summary_when_it_is_stopped()
{
    local signal
    for signal in INT TERM; do
        _watch ping --watch --interval 20
        wait_for _lines_are_there 2
        kill -"$signal" "$watching"
        _ended
        [[ $code == 0 ]] || fail "$signal: the exit code is not 0"
        out_has ' lost (0.0 %)'
        out_has 'p99 '
    done
    # Also while it waits for the next ping.
    _watch ping --watch --interval 3600000 --json
    wait_for _lines_are_there 1
    kill -INT "$watching"
    _ended
    json_is 'len(rows) == 2 and rows[1]["pings"] == 1'
}

watch_continues_after_failures_and_the_last_ping_decides()
{
    PODLINK_URL=unix://$WORK/nowhere expect 3 ping --watch --count 3 --interval 1
    [[ $(grep -c '^podlink ping: ping [123]: cannot connect to ' "$WORK/err") == 3 ]] || fail 'not three failures'
    out_has '3 pings of'
    out_has '3 lost (100.0 %)'
    [[ $out != *min* ]] || fail 'a minimum without an answered ping'
    PODLINK_URL=unix://$WORK/nowhere expect 3 ping --watch --count 2 --interval 1 --json
    err_is ''
    json_is '[r["status"] for r in rows] == ["ECONNECT"] * 3 and [r.get("ping") for r in rows] == [1, 2, None] and
rows[2]["lost"] == 2 and rows[2]["p50_ns"] is None and rows[0]["exit"] == 3'
}

watch_survives_a_restart_of_the_server()
{
    _watch ping --watch --interval 20 --timeout 500 --json
    wait_for grep -q '"ping":2' "$WORK/out"
    "$PODLINK" server stop --quiet || fail stop
    wait_for grep -q ECONN "$WORK/out"
    "$PODLINK" server start --quiet --binary "$SERVER_BINARY" || fail start
    wait_for _last_is_answered
    kill -INT "$watching"
    _ended
    [[ $code == 0 ]] || fail 'the last ping was answered'
    json_is '0 < rows[-1]["lost"] < rows[-1]["pings"] and rows[-1]["pings"] == len(rows) - 1'
}

a_second_interrupt_ends_a_ping_that_hangs()
{
    local pid
    pid=$(_pid)
    kill -STOP "$pid"
    _watch ping --watch --timeout 60000
    wait_for _catches_interrupts
    kill -INT "$watching"
    wait_for _catches_no_interrupts
    kill -INT "$watching"
    _ended
    kill -CONT "$pid"
    [[ $code == 130 ]] || fail 'the second interrupt did not end it'
}

count_and_interval_are_for_watch()
{
    expect 2 ping --count 3
    err_has '--count is only valid with --watch'
    expect 2 ping --interval 3
    err_has '--interval is only valid with --watch'
    expect 2 ping --watch --count 0
    expect 2 ping --watch --interval 0
    expect 2 ping --watch --count x --json
    json_is 'rows[0]["status"] == "EINVAL" and "--count" in rows[0]["error"]'
    expect 2 stats --seconds 0
}

watch_ends_if_stdout_cannot_be_written()
{
    timeout 20 "$PODLINK" ping --watch --interval 1 >/dev/full 2>"$WORK/err"
    code=$?
    err=$(cat "$WORK/err")
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    err_has 'cannot be written'
}

the_quantiles_are_those_of_all_times()
{
    [[ $(seq 1 1000 | sort -R | "${ROUND_TRIPS_PROBE:?}") == '1000 1000 1 1000 500 990' ]] || fail 'of 1000'
    [[ $(echo 7 | "$ROUND_TRIPS_PROBE") == '1 1 7 7 7 7' ]] || fail 'of one'
    [[ $("$ROUND_TRIPS_PROBE" </dev/null) == '0 0 0 0 0 0' ]] || fail 'of none'
}

memory_is_bounded_and_the_samples_are_uniform()
{
    # Three million increasing times, of which a million are kept: the median of a uniform sample is about that of all.
    local count kept least most median high
    read -r count kept least most median high <<<"$(seq 1 3000000 | "$ROUND_TRIPS_PROBE")"
    [[ $count == 3000000 && $kept == 1048576 && $least == 1 && $most == 3000000 ]] || fail "$count $kept $least $most"
    ((median > 1480000 && median < 1520000 && high > 2960000 && high < 2980000)) || fail "p50 $median, p99 $high"
}

# The fields of podlink_stats in the header: NAME KIND
_fields()
{
    "$PYTHON" - "$HERE/../../include/podlink/client.h" <<'END'
import re, sys
text = re.sub(r"/\*.*?\*/", "", open(sys.argv[1], encoding="utf-8").read(), flags=re.S)
body = re.search(r"typedef struct podlink_stats \{(.*?)\} podlink_stats;", text, flags=re.S).group(1)
for declaration in filter(None, (part.strip() for part in body.split(";"))):
    kind, name = re.fullmatch(r"(\w+) (\w+)", declaration).groups()
    assert kind in ("size_t", "uint64_t", "podlink_histogram"), declaration
    if name != "size":
        print(name, kind)
END
}

stats_shows_every_field()
{
    local name kind label wanted=0
    expect 0 stats --interval 100
    while read -r name kind; do
        label=${name%_ns}
        label=${label//_/ }
        if [[ $kind == podlink_histogram ]]; then
            grep -qE "^  $label +[0-9]+( +[0-9.]+){4}$" "$WORK/out" || fail "there is no line of the histogram $name"
        elif [[ $name == *_ns ]]; then
            grep -qE "^  $label +[0-9.]+ ms$" "$WORK/out" || fail "there is no line of the time $name"
        else
            grep -qE "^  $label +[0-9]+$" "$WORK/out" || fail "there is no line of $name"
        fi
        ((++wanted))
    done < <(_fields)
    ((wanted >= 31)) || fail "the header has only $wanted fields"
    [[ $(grep -c '^  ' "$WORK/out") == $((wanted + 1)) ]] || fail 'other lines than the fields and the batch size'
}

stats_shows_every_field_in_json()
{
    local names
    expect 0 stats --interval 100 --json
    names=$(_fields | while read -r name kind; do printf '%s %s,' "$name" "$kind"; done)
    json_is 'all(isinstance(rows[0][f.split()[0]], dict if "histogram" in f else int)
for f in "'"$names"'".split(",") if f)'
    json_is 'set(rows[0]) - {f.split()[0] for f in "'"$names"'".split(",") if f} == {"status", "url", "batch_size"}'
    json_is 'all(h["count"] == sum(b["count"] for b in h["buckets"]) and 0 <= h["p50_ns"] <= h["p99_ns"] <= h["p999_ns"]
for h in rows[0].values() if isinstance(h, dict))'
}

stats_counts_its_pings()
{
    local started
    started=$(date +%s%N)
    expect 0 stats --interval 100 --json
    (($(date +%s%N) - started >= 800000000)) || fail 'it took less than a second'
    json_is '8 <= rows[0]["calls"] <= 11 and rows[0]["calls_ok"] == rows[0]["calls"] == rows[0]["total"]["count"]'
    json_is 'rows[0]["connections"] == rows[0]["dials"] == 1 and rows[0]["batch_size"] == 1.0'
    json_is 'rows[0]["bytes_sent"] == 14 * rows[0]["calls"] and rows[0]["bytes_received"] == 7 * rows[0]["calls"]'
    expect 0 stats --interval 500 --quiet
    out_is ''
}

stats_ends_early_when_it_is_stopped()
{
    _watch stats --seconds 600
    wait_for _catches_interrupts
    kill -INT "$watching"
    _ended
    [[ $code == 0 ]] || fail 'the exit code is not 0'
    out_has 'calls ok'
}

stats_of_a_server_that_goes_away_is_shown_and_fails()
{
    _watch stats --seconds 2 --timeout 300 --json
    wait_for _catches_interrupts
    sleep 0.2 # the first ping; its answer cannot be observed from outside
    "$PODLINK" server stop --quiet
    _ended
    "$PODLINK" server start --quiet --binary "$SERVER_BINARY"
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    json_is 'len(rows) == 2 and rows[0]["calls_ok"] > 0 and rows[0]["dial_failures"] > 0 and rows[1]["exit"] == 3'
}

run_tests
