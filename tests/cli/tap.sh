# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Test support for the command line tool; prints TAP. A script sources this file, defines one function per test, with a
# sentence as its name, and calls run_tests. Functions whose names begin with '_' are not tests.
#
# Each test runs in its own shell, on an empty private server. PODLINK is the tool, PYTHON a python3,
# PODLINK_TEST_SERVER the server binary.

set -u

PODLINK=${PODLINK:?names the tool}
PYTHON=${PYTHON:-python3}
SERVER_BINARY=${PODLINK_TEST_SERVER:-redis-server}
# shellcheck disable=SC2034 # for those that source this
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C.UTF-8

unset PODLINK_URL PODLINK_NS PODLINK_SERVER_BINARY XDG_DATA_HOME
WORK=$(mktemp -d "${TMPDIR:-/tmp}/podlink-cli.XXXXXX")
export HOME=$WORK/home PODLINK_SERVER_DIR=$WORK/server
mkdir "$HOME"
cd "$WORK" || exit 1

# Output and exit code of the last run of the tool.
out='' err='' code=0

# Kills every server of this script, even if the tool itself is broken: the process titles contain the socket.
_kill_servers()
{
    local line pid
    for line in /proc/[0-9]*/cmdline; do
        pid=${line#/proc/}
        pid=${pid%/cmdline}
        if [[ $({ tr '\0' ' ' <"$line"; } 2>/dev/null) == podlink-server*"$WORK/"* ]]; then
            kill -KILL "$pid" 2>/dev/null
        fi
    done
}

_clean_up()
{
    local directory
    for directory in "$WORK"/server*; do
        [[ -d $directory ]] && PODLINK_SERVER_DIR=$directory "$PODLINK" server stop >/dev/null 2>&1
    done
    _kill_servers
    cd /
    rm -rf "$WORK"
}
trap _clean_up EXIT
trap 'exit 1' INT TERM HUP

# Starts the private server; skips all tests if the server binary is missing.
need_server()
{
    if ! command -v "$SERVER_BINARY" >/dev/null; then
        echo "1..0 # SKIP there is no $SERVER_BINARY"
        exit 0
    fi
    if ! "$PODLINK" server start --quiet --binary "$SERVER_BINARY"; then
        echo 'Bail out! the private server does not start'
        exit 1
    fi
    WITH_SERVER=1
}

fail()
{
    local line
    {
        echo "$*"
        echo "exit code $code, stdout:"
        echo "$out"
        echo 'stderr:'
        echo "$err"
    } | while IFS= read -r line; do echo "# $line"; done
    exit 1
}

# Ends a test that cannot run here: skip REASON
skip()
{
    echo "$*" >"$WORK/skipped"
    exit 0
}

# Runs the tool and sets out, err and code.
podlink()
{
    "$PODLINK" "$@" >"$WORK/out" 2>"$WORK/err"
    code=$?
    out=$(cat "$WORK/out")
    err=$(cat "$WORK/err")
}

# Runs the tool and expects an exit code: expect CODE ARGUMENT...
expect()
{
    local wanted=$1
    shift
    podlink "$@"
    [[ $code == "$wanted" ]] || fail "podlink $*: exit code $code, not $wanted"
}

out_is()
{
    [[ $out == "$1" ]] || fail "stdout is not: $1"
}

err_is()
{
    [[ $err == "$1" ]] || fail "stderr is not: $1"
}

out_has()
{
    [[ $out == *"$1"* ]] || fail "stdout has no: $1"
}

err_has()
{
    [[ $err == *"$1"* ]] || fail "stderr has no: $1"
}

never_shown()
{
    [[ $out$err != *"$1"* ]] || fail "this must not be shown: $1"
}

# Expects stdout to be JSON, one object per line, and a python expression over the list of them, rows, to be true.
json_is()
{
    "$PYTHON" -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert all(isinstance(row, dict) for row in rows)
sys.exit(0 if eval("(" + sys.argv[2] + ")") else 1)' "$WORK/out" "$1" 2>"$WORK/json-err" ||
        fail "this is not true of stdout, or stdout is not JSON: $1 $(cat "$WORK/json-err")"
}

# Expects a reply of Redis: redis_is VALUE COMMAND...
redis_is()
{
    local wanted=$1 found
    shift
    found=$("$PODLINK" command "$@")
    [[ $found == "$wanted" ]] || fail "$*: '$found', not '$wanted'"
}

# Waits for a command to succeed, ten seconds at most.
wait_for()
{
    local tries=0
    until "$@"; do
        ((++tries < 500)) || fail "this did not become true: $*"
        sleep 0.02
    done
}

run_tests()
{
    local names=() name number=0 failed=0
    mapfile -t names < <(declare -F | cut -d' ' -f3 | grep -v '^_' | grep -vxF "$_own_functions")
    echo "1..${#names[@]}"
    for name in "${names[@]}"; do
        ((++number))
        [[ -n ${WITH_SERVER:-} ]] && "$PODLINK" command --quiet FLUSHALL
        rm -f "$WORK/skipped"
        if ("$name"); then
            echo "ok $number - $name$([[ ! -e $WORK/skipped ]] || echo " # SKIP $(cat "$WORK/skipped")")"
        else
            echo "not ok $number - $name"
            failed=1
        fi
    done
    exit $failed
}

_own_functions=$(declare -F | cut -d' ' -f3)
