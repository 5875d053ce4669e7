#!/bin/sh
# SPDX-License-Identifier: MIT
# Server time of each script (INFO commandstats, usec per EVALSHA) beside its plain formulation in plain/: runs of both
# in turn after CONFIG RESETSTAT, the median of ROUNDS runs of N calls each, the ratio of the two.
#
#   tests/lua/server-time.sh [CASE...]      a case is a word of the first column, default all
#
# PODLINK_TEST_SERVER names the server (default redis-server), ROUNDS and N say how often (default 9 and 50000).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lua=$here/../../lua
plain=$here/plain
server=${PODLINK_TEST_SERVER:-redis-server}
rounds=${ROUNDS:-9}
n=${N:-50000}
wanted=" $* "

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

link='sf:{bench:lk:user}game'
index='sf:{bench:lk:user}'
state='sf:{bench:state:game}'

median() { sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

usec() { cli info commandstats | tr -d '\r' | sed -n 's/^cmdstat_evalsha:.*usec_per_call=\([0-9.]*\),.*/\1/p'; }

# same SHA ARGS...: the same call over and over
same() {
    cli config resetstat >/dev/null
    redis-benchmark -s "$sock" -c 4 -P 16 -n "$n" -q evalsha "$@" >/dev/null
    usec
}

# moved SHA PERSIST: a link that goes from one pod to another and back
moved() {
    yes "evalsha $1 2 $link $index game 3 $2
evalsha $1 2 $link $index game 4 $2" | head -n "$n" >"$dir/calls"
    cli config resetstat >/dev/null
    cli --pipe <"$dir/calls" >/dev/null
    usec
}

# fresh SHA PERSIST: a uid that was never there
fresh() {
    seq "$n" | sed "s/.*/evalsha $1 2 sf:{bench:lk:&}game sf:{bench:lk:&} game 3 $2/" >"$dir/calls"
    cli flushall >/dev/null
    cli config resetstat >/dev/null
    cli --pipe <"$dir/calls" >/dev/null
    usec
}

# measure CASE HOW SCRIPT ARGS...: one line of the table
measure() {
    name=$1 how=$2 script=$3
    shift 3
    case $wanted in "  " | *" $name "*) ;; *) return 0 ;; esac
    ours=$(cli -x script load <"$lua/$script.lua")
    theirs=$(cli -x script load <"$plain/$script.lua")
    : >"$dir/ours"
    : >"$dir/plain"
    for _ in $(seq "$rounds"); do
        "$how" "$ours" "$@" >>"$dir/ours"
        "$how" "$theirs" "$@" >>"$dir/plain"
    done
    a=$(median <"$dir/ours")
    b=$(median <"$dir/plain")
    awk -v name="$name" -v a="$a" -v b="$b" 'BEGIN { printf "%-24s %6.2f %6.2f %6.2f\n", name, a, b, a / b }'
}

printf '%-24s %6s %6s %6s   usec per call, median of %d\n' case ours plain ratio "$rounds"
cli set "$link" 3 >/dev/null
measure set-persistent same statefulSetLink 2 "$link" "$index" game 3 -1
measure set-temporary same statefulSetLink 2 "$link" "$index" game 3 60
measure set-persistent-moved moved statefulSetLink -1
measure set-temporary-moved moved statefulSetLink 60
measure set-persistent-new fresh statefulSetLink -1
measure set-temporary-new fresh statefulSetLink 60
measure absent-new fresh statefulSetLinkIfAbsent -1
cli flushall >/dev/null
cli set "$link" 3 >/dev/null
measure absent-existing same statefulSetLinkIfAbsent 2 "$link" "$index" game 3 -1
measure try-own same statefulTrySetLink 2 "$link" "$index" game 3 -1
cli set "$link" 3 >/dev/null
measure try-refused same statefulTrySetLink 2 "$link" "$index" game 4 -1
measure persist-persistent same statefulGetLinkIfPersist 1 "$link"
measure remove-with-time same statefulRemoveLink 2 "$link" "$index" game 60
measure removeid-with-time same statefulRemoveLinkWithId 2 "$link" "$index" game 60 3
measure persist-temporary same statefulGetLinkIfPersist 1 "$link"
cli del "$link" >/dev/null
measure remove-absent same statefulRemoveLink 2 "$link" "$index" game -1
for i in 1 2 3 4 5; do cli hset "$index" "service-$i" "$i" >/dev/null; done
measure services-of-5 same statefulGetLinkService 1 "$index"
measure set-state same statefulSetState 1 "$state" 3 17 1
for i in 0 1 2 4 5 6 7 8 9; do cli hset "$state" "$i" "$i-99999999999999-1" >/dev/null; done
measure pod-of-10 same statefulGetServicePod 1 "$state" 60000
measure live-of-10 same statefulGetService 1 "$state" 60000
cli hset "$index" game 3 >/dev/null
measure compute-existing same statefulComputeLinkIfAbsent 2 "$index" "$state" game 0
