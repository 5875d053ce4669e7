#!/bin/sh
# SPDX-License-Identifier: MIT
# Server time (INFO commandstats, usec per call) and bytes received per call of a script by EVALSHA, FCALL and EVAL, or
# their read-only kin: runs of each in turn after CONFIG RESETSTAT, the median of ROUNDS runs of N calls each. Needs
# Redis 7.0.
#
#   tests/lua/verb-time.sh
#
# PODLINK_TEST_SERVER names the server (default redis-server), ROUNDS and N say how often (default 5 and 100000).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lua=$here/../../lua
server=${PODLINK_TEST_SERVER:-redis-server}
rounds=${ROUNDS:-5}
n=${N:-100000}

dir=$(mktemp -d)
sock=$dir/sock
"$server" --port 0 --unixsocket "$sock" --save "" --appendonly no --dir "$dir" >"$dir/log" 2>&1 &
pid=$!
trap 'kill "$pid"; wait "$pid" || true; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

cli() { redis-cli -s "$sock" "$@"; }
tries=0
until [ "$(cli ping 2>/dev/null)" = PONG ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { cat "$dir/log" >&2; exit 1; }
    sleep 0.05
done
python3 "$here/../../src/script/embed.py" --library "$lua"/*.lua | cli -x function load >/dev/null

link='sf:{bench:lk:user}game'
index='sf:{bench:lk:user}'
state='sf:{bench:state:game}'

median() { sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

# run VERB NAME-OR-SHA-OR-SOURCE ARGS...: appends "usec bytes" to the file of the verb
run() {
    verb=$1
    shift
    cli config resetstat >/dev/null
    redis-benchmark -s "$sock" -c 4 -P 16 -n "$n" -q "$verb" "$@" >/dev/null
    usec=$(cli info commandstats | tr -d '\r' | sed -n "s/^cmdstat_$verb:.*usec_per_call=\([0-9.]*\),.*/\1/p")
    bytes=$(cli info stats | tr -d '\r' | sed -n 's/^total_net_input_bytes://p')
    echo "$usec" >>"$dir/usec.$verb"
    echo $((bytes / n)) >>"$dir/bytes.$verb"
}

# compare TITLE SCRIPT SUFFIX ARGS...
compare() {
    title=$1 script=$2 suffix=$3
    shift 3
    source=$(cat "$lua/$script.lua")
    sha=$(cli script load "$source")
    rm -f "$dir"/usec.* "$dir"/bytes.*
    i=0
    while [ "$i" -lt "$rounds" ]; do
        run "evalsha$suffix" "$sha" "$@"
        run "fcall$suffix" "$script" "$@"
        run "eval$suffix" "$source" "$@"
        i=$((i + 1))
    done
    printf '| %s |' "$title"
    for verb in evalsha fcall eval; do
        printf ' %s |' "$(median <"$dir/usec.$verb$suffix")"
    done
    for verb in evalsha fcall eval; do
        printf ' %s |' "$(median <"$dir/bytes.$verb$suffix")"
    done
    echo
}

echo '| case | EVALSHA | FCALL | EVAL | EVALSHA, bytes | FCALL, bytes | EVAL, bytes |'
echo '|---|---|---|---|---|---|---|'
compare 'set link, persistent, to the same pod' statefulSetLink '' 2 "$link" "$index" game 3 -1
compare 'set if absent, a link exists' statefulSetLinkIfAbsent '' 2 "$link" "$index" game 3 -1
compare 'try set, refused' statefulTrySetLink '' 2 "$link" "$index" game 4 -1
compare 'get if persistent (read-only)' statefulGetLinkIfPersist _ro 1 "$link"
compare 'services of a uid (read-only)' statefulGetLinkService _ro 1 "$index"
compare 'remove where there is none' statefulRemoveLink '' 2 "$link" "$index" game -1
pod=0
while [ "$pod" -lt 10 ]; do
    cli hset "$state" "$pod" "$pod-1700000000000-1" >/dev/null
    pod=$((pod + 1))
done
compare 'set state' statefulSetState '' 1 "$state" 3 17 1
compare 'best of 10 pods (read-only)' statefulGetServicePod _ro 1 "$state" 0
