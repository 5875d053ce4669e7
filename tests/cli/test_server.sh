#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink server: start, status and stop of the private local server.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"

if ! command -v "$SERVER_BINARY" >/dev/null; then
    echo "1..0 # SKIP there is no $SERVER_BINARY"
    exit 0
fi
export PODLINK_SERVER_BINARY=$SERVER_BINARY

# Sets a directory of its own for the test; a server in it is stopped at the end of the script.
_fresh()
{
    PODLINK_SERVER_DIR=$WORK/server-$1
    export PODLINK_SERVER_DIR
}

_pid()
{
    "$PODLINK" server status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["pid"])'
}

start_status_stop()
{
    local pid
    _fresh cycle
    expect 1 server status
    out_has 'not running'
    expect 0 server start
    [[ $out =~ ^started:\ [a-z]+\ [0-9.]+,\ pid\ [0-9]+,\ unix:///.*\.sock$ ]] || fail 'wrong output'
    expect 0 server status
    out_has running
    out_has "dir      $PODLINK_SERVER_DIR"
    pid=$(_pid)
    [[ $(cat "$PODLINK_SERVER_DIR/server.pid") == "$pid" ]] || fail 'the pid file has another pid'
    expect 0 server stop
    out_is "stopped: pid $pid"
    [[ ! -e /proc/$pid || $(cut -d' ' -f3 "/proc/$pid/stat") == Z ]] || fail 'it still runs'
    expect 1 server status --quiet
    out_is ''
}

start_status_and_stop_in_json()
{
    _fresh json
    expect 1 server status --json
    json_is 'rows[0]["running"] is False and rows[0]["status"] == "NOT_FOUND"'
    expect 0 server start --json
    json_is 'rows[0]["started"] is True and rows[0]["pid"] > 0 and rows[0]["url"] == "unix://" + rows[0]["socket"]'
    expect 0 server start --json
    json_is 'rows[0]["started"] is False'
    "$PODLINK" link set chat alice 1 --quiet
    expect 0 server status --json
    json_is 'rows[0]["running"] is True and rows[0]["keys"] == 2 and rows[0]["loading"] is False'
    expect 0 server stop --json
    json_is 'rows[0]["stopped"] is True and rows[0]["running"] is False'
    expect 0 server stop --json
    json_is 'rows[0]["stopped"] is False'
}

start_reports_a_running_server()
{
    local pid
    _fresh twice
    "$PODLINK" server start --quiet
    pid=$(_pid)
    expect 0 server start
    out_has 'already running'
    [[ $(_pid) == "$pid" ]] || fail 'another server runs'
}

concurrent_starts_start_one_server()
{
    local pids=() i
    _fresh race
    for i in 1 2 3 4 5; do
        "$PODLINK" server start >"$WORK/race-$i" 2>&1 &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || fail "a start failed: $(cat "$WORK"/race-*)"
    done
    [[ $(grep -l '^started' "$WORK"/race-* | wc -l) == 1 ]] || fail "$(cat "$WORK"/race-*)"
    [[ $(grep -l '^already running' "$WORK"/race-* | wc -l) == 4 ]] || fail "$(cat "$WORK"/race-*)"
}

stop_without_a_server_succeeds()
{
    _fresh idle
    expect 0 server stop
    out_is 'not running'
}

data_survives_a_restart()
{
    _fresh data
    "$PODLINK" server start --quiet
    "$PODLINK" link set chat alice 3 --quiet
    "$PODLINK" server stop --quiet
    "$PODLINK" server start --quiet
    expect 0 link get chat alice
    out_is 3
}

data_survives_a_crash()
{
    _fresh crash
    "$PODLINK" server start --quiet
    "$PODLINK" link set chat alice 3 --quiet
    # The server has written the link to its append-only file; a killed process loses nothing that it wrote.
    kill -KILL "$(_pid)"
    wait_for _is_down
    expect 3 link get chat alice
    err_has 'podlink server start'
    expect 0 server start
    out_has started
    expect 0 link get chat alice
    out_is 3
}

_is_down()
{
    ! "$PODLINK" server status --quiet
}

the_server_listens_on_a_unix_socket_only()
{
    _fresh socket
    "$PODLINK" server start --quiet
    redis_is $'port\n0' CONFIG GET port
    redis_is $'appendonly\nyes' CONFIG GET appendonly
    redis_is $'appendfsync\neverysec' CONFIG GET appendfsync
    [[ $(stat -c %a "$PODLINK_SERVER_DIR") == 700 ]] || fail 'other users can access the directory'
    [[ $(stat -c %a "$PODLINK_SERVER_DIR/podlink.sock") == 700 ]] || fail 'other users can use the socket'
}

the_server_is_detached()
{
    local pid
    _fresh detached
    # Started from another session, which ends; the server must not inherit a descriptor of the caller.
    exec 7>"$WORK/inherited"
    setsid -w "$PODLINK" server start --quiet
    exec 7>&-
    pid=$(_pid)
    [[ $(cut -d' ' -f6 "/proc/$pid/stat") == "$pid" ]] || fail 'it is not the leader of its session'
    ! find "/proc/$pid/fd" -lname "$WORK/inherited" | grep -q . || fail 'it inherited a file of its caller'
    expect 0 ping
}

the_server_does_not_inherit_the_url()
{
    _fresh secret
    # A fake server that writes its environment to a file: redis-server overwrites its own.
    printf '#!/bin/sh\nenv >"%s/given"\necho "$@" >>"%s/given"\nexit 1\n' "$WORK" "$WORK" >"$WORK/printing-server"
    chmod 700 "$WORK/printing-server"
    PODLINK_URL=redis://user:geheim@127.0.0.1:1 "$PODLINK" server start --quiet --binary "$WORK/printing-server" 2>/dev/null
    grep -q '^HOME=' "$WORK/given" || fail 'the fake server wrote nothing'
    ! grep -q geheim "$WORK/given" || fail 'the server got the password'
}

a_zombie_server_counts_as_exited()
{
    _fresh zombie
    # In a container, process 1 often does not reap orphans; here python is the subreaper and does not.
    "$PYTHON" -c 'import ctypes, subprocess, sys
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
subprocess.run([sys.argv[1], "server", "start", "--quiet"], check=True)
sys.exit(subprocess.run([sys.argv[1], "server", "stop", "--wait", "5000"]).returncode)' "$PODLINK" >"$WORK/out" 2>"$WORK/err"
    code=$?
    err=$(cat "$WORK/err")
    [[ $code == 0 ]] || fail 'the stop failed'
}

a_directory_with_odd_characters_works()
{
    _fresh 'odd %41 ?#@:é"x'
    expect 0 server start
    expect 0 link set chat alice 1
    expect 0 ping
    expect 0 server status --json
    json_is 'rows[0]["dir"].endswith("x")'
    expect 0 server stop
}

a_relative_directory_works()
{
    cd "$WORK" || fail cd
    PODLINK_SERVER_DIR=server-relative
    export PODLINK_SERVER_DIR
    expect 0 server start
    out_has "$(pwd -P)/server-relative/podlink.sock"
    expect 0 ping
}

the_default_directory_is_below_home()
{
    mkdir -m 700 "$WORK/server-home"
    HOME=$WORK/server-home
    unset PODLINK_SERVER_DIR
    expect 1 server status
    out_has "$WORK/server-home/.local/share/podlink/server"
    XDG_DATA_HOME=$WORK/server-xdg expect 1 server status
    out_has "$WORK/server-xdg/podlink/server"
    unset HOME
    expect 2 server status
    err_has 'set PODLINK_SERVER_DIR or HOME'
}

a_relative_data_home_is_ignored()
{
    unset PODLINK_SERVER_DIR
    mkdir -m 700 "$WORK/server-relative-home"
    cd "$WORK/server-relative-home" || fail cd
    HOME=$WORK/server-relative-home
    # The XDG specification: "consider the path invalid and ignore it". Otherwise the server would depend on the
    # directory in which a command is run.
    XDG_DATA_HOME=data expect 1 server status
    out_has "dir      $HOME/.local/share/podlink/server"
    XDG_DATA_HOME=data expect 0 server start
    [[ ! -e data ]] || fail 'it created a relative directory'
    (cd / && XDG_DATA_HOME=data expect 0 ping) || fail 'another server in another working directory'
    expect 0 server stop
}

a_relative_home_is_an_error()
{
    unset PODLINK_SERVER_DIR
    HOME=home expect 2 server status
    err_has 'HOME is not an absolute path'
    HOME=home expect 2 ping
}

a_missing_directory_is_created()
{
    _fresh deep/er/and/deeper
    expect 0 server start
    expect 0 server stop
}

a_directory_that_others_can_access_is_refused_and_unchanged()
{
    _fresh open
    mkdir -m 755 "$PODLINK_SERVER_DIR"
    expect 2 server start
    err_has 'mode 755'
    [[ $(stat -c %a "$PODLINK_SERVER_DIR") == 755 ]] || fail 'it was changed'
}

a_socket_path_that_is_too_long_is_refused()
{
    local long
    long=$(printf 'x%.0s' {1..100})
    _fresh "$long"
    expect 2 server start
    err_has '107'
    err_has 'shorter'
    expect 2 ping
    err_has '107'
}

a_binary_that_does_not_exist_is_named()
{
    _fresh binary
    expect 3 server start --binary no-such-server
    err_has 'no-such-server'
    err_has 'No such file'
    PODLINK_SERVER_BINARY=other-server expect 3 server start
    err_has other-server
}

a_server_that_exits_at_once_is_reported_with_its_log()
{
    _fresh ends
    printf '#!/bin/sh\necho "this is my last line"\nexit 1\n' >"$WORK/bad-server"
    chmod 700 "$WORK/bad-server"
    expect 3 server start --binary "$WORK/bad-server"
    err_has 'exited immediately'
    err_has 'this is my last line'
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
}

a_server_that_never_answers_is_killed()
{
    _fresh mute
    printf '#!/bin/sh\necho $$ >"%s/mute-pid"\nexec sleep 60\n' "$WORK" >"$WORK/mute-server"
    chmod 700 "$WORK/mute-server"
    expect 3 server start --binary "$WORK/mute-server" --wait 300
    err_has 'did not answer in time'
    [[ ! -e /proc/$(cat "$WORK/mute-pid") ]] || fail 'it still runs'
    expect 0 server start
}

stop_does_not_signal_another_process()
{
    local other pid
    _fresh other
    "$PODLINK" server start --quiet
    pid=$(_pid)
    sleep 60 &
    other=$!
    echo "$other" >"$PODLINK_SERVER_DIR/server.pid"
    expect 3 server stop
    err_has 'nothing is stopped'
    kill -0 "$other" || fail 'another process was stopped'
    expect 0 ping
    echo "$pid" >"$PODLINK_SERVER_DIR/server.pid"
    expect 0 server stop
    # Also with a stale pid file, as after a crash.
    echo "$other" >"$PODLINK_SERVER_DIR/server.pid"
    expect 0 server stop
    out_is 'not running'
    kill -0 "$other" || fail 'another process was stopped'
    kill "$other"
}

# The verbs that use the private server, and those that manage it.
VERBS=('server start' 'server stop' 'server status' 'ping' 'link get chat alice' 'state set chat 0 1' 'workload get chat'
    'scripts status' 'stats' 'command TIME')

# Starts a server that answers only what the tool asks of a private one: _start_fake SOCKET PID [UID]. It reports PID
# as its own and, with UID, runs as that user.
_start_fake()
{
    "$PYTHON" -c 'import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
if len(sys.argv) > 3:
    os.setuid(int(sys.argv[3]))
listener.listen(8)
info = "process_id:%s\r\nredis_version:7.0.0\r\n" % sys.argv[2]
while True:
    connection, _ = listener.accept()
    while data := connection.recv(4096):
        for command in data.split(b"*")[1:]:
            info_reply = "$%d\r\n%s\r\n" % (len(info), info)
            reply = "+PONG\r\n" if b"PING" in command else info_reply if b"INFO" in command else ":0\r\n"
            connection.sendall(reply.encode())' "$@" &
    FAKE=$!
    trap 'kill "$FAKE" "$VICTIM" 2>/dev/null' EXIT
    wait_for test -S "$1"
}

every_verb_refuses_a_directory_of_another_user()
{
    local verb
    PODLINK_SERVER_DIR=/usr/lib
    if [[ $(id -u) == 0 ]]; then
        _fresh foreign
        mkdir -m 700 "$PODLINK_SERVER_DIR"
        chown 65534 "$PODLINK_SERVER_DIR"
    fi
    for verb in "${VERBS[@]}"; do
        # shellcheck disable=SC2086 # the verb's words
        expect 2 $verb
        err_has 'is not a directory that you own'
    done
}

every_verb_refuses_a_directory_that_others_can_access()
{
    local verb
    _fresh accessible
    mkdir -m 770 "$PODLINK_SERVER_DIR"
    for verb in "${VERBS[@]}"; do
        # shellcheck disable=SC2086 # the verb's words
        expect 2 $verb
        err_has 'mode 770'
    done
}

stop_does_not_signal_what_a_directory_of_another_user_names()
{
    [[ $(id -u) == 0 ]] || skip 'needs root to give a directory to another user'
    _fresh trap
    mkdir -m 700 "$PODLINK_SERVER_DIR"
    sleep 60 &
    VICTIM=$!
    _start_fake "$PODLINK_SERVER_DIR/podlink.sock" "$VICTIM"
    echo "$VICTIM" >"$PODLINK_SERVER_DIR/server.pid"
    chown 65534 "$PODLINK_SERVER_DIR"
    podlink server stop --wait 500
    kill -0 "$VICTIM" || fail 'it signalled the process that the directory names'
    [[ $code == 2 ]] || fail 'the exit code is not 2'
}

every_verb_refuses_a_server_of_another_user()
{
    local verb
    [[ $(id -u) == 0 ]] || skip 'needs root to start a server as another user'
    _fresh peer
    mkdir -m 700 "$PODLINK_SERVER_DIR"
    sleep 60 &
    VICTIM=$!
    _start_fake "$PODLINK_SERVER_DIR/podlink.sock" "$VICTIM" 65534
    for verb in "${VERBS[@]}"; do
        # shellcheck disable=SC2086 # the verb's words
        expect 2 $verb
        err_has 'runs as another user (uid 65534)'
    done
    expect 2 ping --json
    json_is 'rows[0]["status"] == "EINVAL" and "uid 65534" in rows[0]["error"]'
}

stop_signals_only_the_process_behind_the_socket()
{
    _fresh liar
    mkdir -m 700 "$PODLINK_SERVER_DIR"
    sleep 60 &
    VICTIM=$!
    _start_fake "$PODLINK_SERVER_DIR/podlink.sock" "$VICTIM"
    echo "$VICTIM" >"$PODLINK_SERVER_DIR/server.pid"
    podlink server stop --wait 500
    kill -0 "$VICTIM" || fail 'it signalled the process that the server names'
    [[ $code == 3 ]] || fail 'the exit code is not 3'
    err_has 'nothing is stopped'
}

a_named_server_needs_no_private_directory()
{
    local url
    _fresh named
    "$PODLINK" server start --quiet
    url=unix://$PODLINK_SERVER_DIR/podlink.sock
    PODLINK_SERVER_DIR=/usr/lib PODLINK_URL=$url expect 0 ping
}

a_silent_server_is_not_started_twice()
{
    local pid
    _fresh silent
    "$PODLINK" server start --quiet
    pid=$(_pid)
    kill -STOP "$pid"
    expect 3 server status
    err_has 'does not answer'
    expect 3 server start --wait 200
    err_has 'does not answer'
    expect 3 server stop
    kill -CONT "$pid"
    expect 0 server stop
}

without_a_server_the_error_says_what_to_do()
{
    _fresh none
    expect 3 link get chat alice
    out_is ''
    err_has 'podlink server start'
    err_has 'PODLINK_URL'
    [[ $(wc -l <"$WORK/err") == 1 ]] || fail 'the error is not one line'
    expect 3 ping --json
    err_is ''
    json_is 'rows[0]["status"] == "ECONNECT" and rows[0]["exit"] == 3 and "podlink server start" in rows[0]["next"]'
    [[ ! -e $PODLINK_SERVER_DIR ]] || fail 'the directory was created'
}

run_tests
