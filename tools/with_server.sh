#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# with_server.sh COMMAND...: runs a command with a private Redis; PODLINK_URL has its address. The server listens on a
# unix socket in a temporary directory only, stores nothing, and ends with the command, also on Ctrl-C.
# PODLINK_TEST_SERVER names the server's program (default redis-server).
set -euo pipefail

server=${PODLINK_TEST_SERVER:-redis-server}
dir=$(mktemp -d "${TMPDIR:-/tmp}/podlink-XXXXXX")
pid=

cleanup()
{
    trap '' INT TERM
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v "$server" >/dev/null || {
    echo "with_server.sh: program $server not found (PODLINK_TEST_SERVER)" >&2
    exit 1
}

# The server has its own process group, so that Ctrl-C reaches the command first.
set -m
"$server" --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 700 --dir "$dir" --save '' --appendonly no \
    --daemonize no >"$dir/log" 2>&1 &
pid=$!
set +m

# The server logs this line when it accepts connections.
for ((tries = 0; ; tries++)); do
    grep -q -i 'ready to accept connections' "$dir/log" 2>/dev/null && break
    if [ "$tries" -ge 200 ] || ! kill -0 "$pid" 2>/dev/null; then
        echo "with_server.sh: $server did not start:" >&2
        cat "$dir/log" >&2
        exit 1
    fi
    sleep 0.05
done

PODLINK_URL=unix://$dir/redis.sock "$@"
