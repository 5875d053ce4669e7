#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bulk verbs: parsing of lines, outcome of each line, exit code.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

# Runs the tool with the output of printf FORMAT as standard input: _expect_of CODE FORMAT ARGUMENT...
_expect_of()
{
    local wanted=$1 format=$2
    shift 2
    # shellcheck disable=SC2059 # the format is the input
    printf "$format" >"$WORK/in"
    podlink "$@" <"$WORK/in"
    [[ $code == "$wanted" ]] || fail "podlink $*: exit code $code, not $wanted"
}

set_takes_uid_and_pod()
{
    "$PODLINK" link set chat alice 7 --quiet
    _expect_of 0 'alice 1\nbob 2\n' link set chat -
    out_is $'alice\t1\twas 7\nbob\t2\twas none'
    redis_is 2 GET 'sf:{default:lk:bob}chat'
    redis_is -1 TTL 'sf:{default:lk:bob}chat'
}

set_prints_one_json_object_per_line()
{
    _expect_of 0 'alice 1\n\nbob 2\n' link set chat - --json
    json_is 'rows == [{"status": "OK", "line": number, "ns": "default", "service": "chat", "uid": uid, "pod": pod,
"previous": None} for number, uid, pod in [(1, "alice", 1), (3, "bob", 2)]]'
}

ensure_reports_kept_links_without_failing()
{
    "$PODLINK" link set chat alice 7 --quiet
    _expect_of 0 'alice 1\nbob 2\n' link ensure chat - --for 60
    out_is $'alice\t7\tkept\nbob\t2\tas asked'
    redis_is -1 TTL 'sf:{default:lk:alice}chat'
    [[ $("$PODLINK" command TTL 'sf:{default:lk:bob}chat') =~ ^(60|5[0-9])$ ]] || fail 'wrong expiry'
    _expect_of 0 'alice 1\nbob 2\n' link ensure chat - --json
    json_is '[row["pod"] for row in rows] == [7, 2]'
}

get_exits_with_1_if_a_uid_has_no_link()
{
    "$PODLINK" link set chat alice 0 --quiet
    _expect_of 1 'alice\nbob\n' link get chat -
    out_is $'alice\t0\nbob\t-'
    _expect_of 0 'alice\n' link get chat -
    _expect_of 1 'alice\nbob\n' link get chat - --json
    json_is '[(row["status"], row["pod"]) for row in rows] == [("OK", 0), ("NOT_LINKED", None)]'
}

remove_reports_each_uid()
{
    "$PODLINK" link set chat alice 0 --quiet
    _expect_of 1 'alice\nbob\n' link remove chat -
    out_is $'alice\tremoved\nbob\tno link'
    redis_is 0 DBSIZE
    "$PODLINK" link set chat alice 0 --quiet
    _expect_of 0 'alice\n' link remove chat - --keep 60 --json
    json_is 'rows[0]["status"] == "OK"'
    [[ $("$PODLINK" command TTL 'sf:{default:lk:alice}chat') =~ ^(60|5[0-9])$ ]] || fail 'wrong expiry'
    _expect_of 2 'alice\n' link remove chat - --if-pod 1
}

states_take_pod_load_and_routing()
{
    _expect_of 0 '0 5\n1 -7 draining\n2 9 3\n' state set chat -
    out_is $'0\t5\tready\n1\t-7\tdraining\n2\t9\tshutting-down'
    [[ $("$PODLINK" command HGET 'sf:{default:state:chat}' 1) == -7-*-2 ]] || fail 'wrong state'
    _expect_of 0 '0 5\n' state set chat - --json
    json_is 'rows[0]["pod"] == 0 and rows[0]["load"] == 5 and rows[0]["routing"] == "ready" and rows[0]["line"] == 1'
    _expect_of 2 '0 5\n1\n1 5 open\n' state set chat -
    err_has 'line 2: '
    err_has "line 3: routing 'open'"
}

blank_lines_comments_crlf_and_bom_are_accepted()
{
    _expect_of 0 '\xef\xbb\xbf# users\r\n\r\nalice 1\r\n   \n#bob 2\n  carol   3  \ndave 4' link set chat -
    out_is $'alice\t1\twas none\ncarol\t3\twas none\ndave\t4\twas none'
    redis_is 1 GET 'sf:{default:lk:alice}chat'
}

a_uid_with_spaces_needs_a_tab()
{
    _expect_of 0 'John Smith\t1\n' link set chat -
    redis_is 1 GET 'sf:{default:lk:John Smith}chat'
    _expect_of 0 'John Smith\t\n' link get chat -
    out_is $'John Smith\t1'
    _expect_of 2 'John Smith\n' link get chat -
    err_has 'line 1: expected UID, got 2 fields (a field that contains spaces must end with a tab)'
}

a_bad_line_is_reported_with_its_number_and_the_others_are_processed()
{
    _expect_of 2 'alice 1\nbob\n\ncarol x\ndave 4\n' link set chat -
    out_is $'alice\t1\twas none\ndave\t4\twas none'
    err_is "podlink link set: line 2: expected UID POD, got 1 field
podlink link set: line 4: pod 'x' is not a whole number from 0 to 2147483647"
}

json_keeps_the_order_of_good_and_bad_lines()
{
    _expect_of 2 'alice 1\nbob\ncarol 3\n' link set chat - --json
    err_is ''
    json_is '[(row["line"], row["status"]) for row in rows] == [(1, "OK"), (2, "EINVAL"), (3, "OK")]'
    json_is 'rows[1]["exit"] == 2'
}

a_uid_that_the_library_refuses_is_a_bad_line()
{
    _expect_of 2 'al{ice 1\nbob 2\n\xff 3\ncarol 4\n%0600d 5\n' link set chat -
    out_is $'bob\t2\twas none\ncarol\t4\twas none'
    err_has 'line 1: '
    err_has 'line 3: '
    err_has 'line 5: '
    err_has 'uid'
    [[ $err != *'items['* ]] || fail 'the message contains the index in the batch'
    redis_is 2 GET 'sf:{default:lk:bob}chat'
}

a_nul_in_a_line_is_refused()
{
    _expect_of 2 'alice\0 1\nbob 2\n' link set chat -
    err_has 'line 1: the line contains a NUL byte'
    out_is $'bob\t2\twas none'
}

an_invalid_service_is_reported_once()
{
    _expect_of 2 'alice 1\nbob 2\n' link set 'ch{at' -
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'more than once'
    err_has service
    _expect_of 2 '1 1\n2 2\n' state set 'ch{at' -
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'more than once'
}

the_worst_line_decides_the_exit_code()
{
    "$PODLINK" command --quiet SET 'sf:{default:lk:bad}chat' rubbish
    "$PODLINK" link set chat alice 1 --quiet
    _expect_of 1 'alice\nnobody\n' link get chat -
    _expect_of 2 'alice\nnobody\nx y\n' link get chat -
    _expect_of 3 'alice\nx y\nbad\nnobody\n' link get chat -
    out_is $'alice\t1\nnobody\t-'
    err_has 'line 3: the value at "sf:{default:lk:bad}chat" is not a pod: "rubbish"'
}

failures_of_single_keys_do_not_end_the_run()
{
    "$PODLINK" command --quiet SET 'sf:{default:lk:bad}chat' rubbish
    "$PODLINK" command --quiet LPUSH 'sf:{default:lk:list}chat' x
    "$PODLINK" link set chat alice 1 --quiet
    _expect_of 3 'bad\nlist\nbad\nalice\n' link get chat - --chunk 1
    out_is $'alice\t1'
    _expect_of 3 'bad\nlist\nalice\n' link get chat - --json
    json_is '[row["status"] for row in rows] == ["ECORRUPT", "EWRONGTYPE", "OK"]'
    json_is '"rubbish" in rows[0]["error"] and "rubbish" not in rows[1]["error"]'
    json_is 'all(row["delivery"] == "answered" for row in rows[:2])'
}

empty_input_succeeds()
{
    _expect_of 0 '' link set chat -
    out_is ''
    _expect_of 0 '# only this\n' link get chat -
    out_is ''
    _expect_of 0 '' link get chat - --json
    out_is ''
}

quiet_prints_bad_lines_only()
{
    _expect_of 2 'alice 1\nbob\n' link set chat - --quiet
    out_is ''
    err_has 'line 2: '
    redis_is 1 GET 'sf:{default:lk:alice}chat'
}

many_chunks_keep_the_order()
{
    seq 1 2500 | sed 's/.*/user-& &/' >"$WORK/in"
    podlink link ensure chat - <"$WORK/in"
    [[ $code == 0 ]] || fail 'it failed'
    [[ $(tail -n 1 "$WORK/out") == $'user-2500\t2500\tas asked' ]] || fail 'wrong last line'
    cut -f1 "$WORK/out" | cmp -s - <(cut -d' ' -f1 "$WORK/in") || fail 'wrong order'
    redis_is 5000 DBSIZE
    redis_is 1234 GET 'sf:{default:lk:user-1234}chat'
}

the_chunk_size_does_not_change_the_result()
{
    local chunk
    for chunk in 1 2 3 7; do
        "$PODLINK" command --quiet FLUSHALL
        _expect_of 2 'a 1\nb\nc 3\nd 4\n{ 5\nf 6\ng 7\n' link set chat - --chunk "$chunk" --json
        json_is '[(row["line"], row["status"]) for row in rows] == [(1, "OK"), (2, "EINVAL"), (3, "OK"), (4, "OK"),
(5, "EINVAL"), (6, "OK"), (7, "OK")]'
    done
}

a_chunk_is_printed_before_the_next_is_read()
{
    local answer pid
    coproc "$PODLINK" link set chat - --chunk 1
    echo 'alice 1' >&"${COPROC[1]}"
    read -r -t 10 answer <&"${COPROC[0]}" || fail 'no answer to the first line'
    [[ $answer == $'alice\t1\twas none' ]] || fail "the answer is $answer"
    pid=$COPROC_PID
    eval "exec ${COPROC[1]}>&-"
    wait "$pid" || fail 'it failed'
}

a_lost_server_stops_the_run_and_names_the_lines()
{
    local directory=$WORK/server-gone pid
    PODLINK_SERVER_DIR=$directory "$PODLINK" server start --quiet --binary "$SERVER_BINARY" || fail 'no server'
    mkfifo "$WORK/fifo"
    PODLINK_SERVER_DIR=$directory "$PODLINK" link set chat - --chunk 2 --timeout 1000 \
        <"$WORK/fifo" >"$WORK/out" 2>"$WORK/err" &
    pid=$!
    exec 8>"$WORK/fifo"
    printf 'a 1\nb 2\n' >&8
    wait_for grep -q '^b' "$WORK/out"
    PODLINK_SERVER_DIR=$directory "$PODLINK" server stop --quiet || fail 'the server does not stop'
    printf 'c 3\nd 4\ne 5\nf 6\n' >&8
    exec 8>&-
    wait "$pid"
    code=$?
    out=$(cat "$WORK/out") err=$(cat "$WORK/err")
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    err_has 'stopped: '
    err_has 'of lines 3 to 4, '
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
    out_is $'a\t1\twas none\nb\t2\twas none'
}

a_missing_server_is_reported_before_a_line_is_read()
{
    PODLINK_URL=unix://$WORK/nowhere _expect_of 3 'alice\n' link get chat -
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
    out_is ''
}

unreadable_input_is_an_error()
{
    podlink link get chat - <"$WORK"
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    err_has 'stopped after line 0: Is a directory'
}

run_tests
