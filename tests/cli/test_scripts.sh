#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink scripts run and podlink scripts check; scripts of the user.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server
export PODLINK_SERVER_BINARY=$SERVER_BINARY
export TMPDIR=$WORK/tmp
mkdir "$TMPDIR"

# _script NAME: standard input becomes the script $WORK/NAME.lua.
_script()
{
    mkdir -p "$WORK/own"
    cat >"$WORK/own/$1.lua"
}

# _check CODE NAME OPTION...
_check()
{
    local wanted=$1 name=$2
    shift 2
    expect "$wanted" scripts check "$WORK/own/$name.lua" "$@"
    [[ -z $(ls -A "$TMPDIR") ]] || fail "the temporary server left $(ls -A "$TMPDIR")"
}

_url()
{
    "$PODLINK" server status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["url"])'
}

# Prints the pid of a running temporary server; fails if there is none.
_temporary_pid()
{
    local line pid
    for line in /proc/[0-9]*/cmdline; do
        pid=${line#/proc/}
        if [[ $({ tr '\0' ' ' <"$line"; } 2>/dev/null) == *"$TMPDIR/podlink-check."* ]]; then
            echo "${pid%/cmdline}"
            return 0
        fi
    done
    return 1
}

_hits()
{
    _script hits <<'END'
--! keys: page
--! args: by
--! reply: integer
return redis.call('INCRBY', KEYS[1], ARGV[1])
END
}

# ---- run

run_calls_a_built_in_script()
{
    expect 0 scripts run statefulSetLink --key 'sf:{default:lk:alice}chat' --key 'sf:{default:lk:alice}' \
        --arg chat --arg 3 --arg=-1
    out_is -1
    expect 0 link get chat alice
    out_is 3
    expect 0 scripts run statefulGetLinkIfPersist --key 'sf:{default:lk:alice}chat' --json
    json_is 'rows == [{"status": "OK", "reply": ["3"]}]'
}

run_calls_a_script_of_a_file()
{
    _hits
    expect 0 scripts run --file "$WORK/own/hits.lua" --key home --arg 5
    out_is 5
    expect 0 scripts run hits --file "$WORK/own/hits.lua" --key home --arg 2
    out_is 7
    redis_is 7 GET home
}

run_calls_a_script_of_a_directory()
{
    rm -rf "$WORK/own" # scripts of other tests
    _hits
    _script other <<<'return {KEYS[1], ARGV[1], ARGV[2], false, {1}}'
    expect 0 scripts run other --dir "$WORK/own" --keys a,b --args 'x y,z'
    out_is $'a\nx y\nz\n(nil)\n-\n  1'
    expect 0 scripts run other --dir "$WORK/own" --key a,b --arg '' --arg z
    out_is $'a,b\n\nz\n(nil)\n-\n  1'
    expect 0 scripts run hits --dir "$WORK/own" --key home --arg 1 --quiet
    out_is ''
}

keys_and_arguments_keep_their_order()
{
    _script echo <<<'return {#KEYS, #ARGV, KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3]}'
    expect 0 scripts run --file "$WORK/own/echo.lua" --key k1 --arg a1 --keys k2,k3 --args a2, --json
    json_is 'rows[0]["reply"] == [3, 3, "k1", "k2", "k3", "a1", "a2", ""]'
    expect 0 scripts run --file "$WORK/own/echo.lua" --keys '' --args ''
    out_is $'0\n0'
}

run_reports_what_is_wrong()
{
    rm -rf "$WORK/own" # scripts of other tests
    _hits
    _script broken <<<'return nothing.at.all'
    expect 2 scripts run nonsense
    err_has nonsense
    err_has 'podlink scripts list'
    expect 2 scripts run
    err_has 'NAME is missing'
    expect 2 scripts run --dir "$WORK/own"
    err_has 'NAME is missing'
    expect 2 scripts run --file "$WORK/own/nothing.lua"
    err_has nothing.lua
    expect 2 scripts run --file "$WORK/own/hits.lua" --key one --key two --arg 1 --json
    json_is 'rows[0]["status"] == "EINVAL" and rows[0]["delivery"] == "not sent"'
    expect 3 scripts run --file "$WORK/own/broken.lua"
    err_has nothing
    PODLINK_URL=unix://$WORK/nowhere expect 3 scripts run --file "$WORK/own/hits.lua" --key home --arg 1
}

own_scripts_are_listed_loaded_and_in_the_status()
{
    _hits
    "$PODLINK" command --quiet SCRIPT FLUSH
    expect 0 scripts list --file "$WORK/own/hits.lua"
    [[ $(wc -l <<<"$out") == 12 ]] || fail 'not twelve'
    out_has 'hits   '
    expect 0 scripts list --file "$WORK/own/hits.lua" --json
    json_is '[(s["name"], s["keys"], s["args"], s["built_in"]) for s in rows[0]["scripts"]][-1] ==
("hits", "page", "by", False)'
    expect 1 scripts status --file "$WORK/own/hits.lua"
    [[ $(grep -c '  missing  ' <<<"$out") == 12 ]] || fail 'not all are missing'
    expect 0 scripts load --file "$WORK/own/hits.lua"
    out_is '12 scripts loaded'
    expect 0 scripts status --file "$WORK/own/hits.lua" --json
    json_is 'all(s["loaded"] for s in rows[0]["scripts"])'
    json_is 'all(s["loads"] == s["calls"] == s["errors"] == s["repairs"] == 0 and s["mean_ns"] is None and
s["p99_ns"] is None for s in rows[0]["scripts"])'
}

# ---- check

a_script_with_declared_keys_only_passes()
{
    _hits
    _check 0 hits
    out_is "$WORK/own/hits.lua: fine; keys: page (made up); arguments: 1 (made up)"
    _check 0 hits --keys 'a b*[x]?' --args 7
    out_has 'fine; keys: a b*[x]?; arguments: 7'
    _check 0 hits --json
    json_is 'rows[0]["status"] == "OK" and rows[0]["findings"] == [] and rows[0]["keys"] == ["page"] and
rows[0]["made_up"] is True and len(rows[0]["sha"]) == 40'
    _check 0 hits --quiet
    out_is ''
}

the_built_in_scripts_pass()
{
    local file
    for file in "$HERE"/../../lua/*.lua; do
        expect 0 scripts check "$file"
        out_has ': fine'
    done
}

every_undeclared_key_is_found_with_its_line()
{
    _script keys <<'END'
local name = KEYS[1]
redis.call('SET', name, ARGV[1])

redis.call('SET', name .. ':made', 1)
local caught = redis.pcall('GET', 'caught')
redis.call('MSET', name, 1, 'a b', 2)
return redis.call('GET', 'star*')
END
    _check 1 keys --keys k --args v
    out_has "keys.lua:4: touches the key 'k:made', which is not declared"
    out_has "keys.lua: touches the key 'caught', which is not declared"
    out_has "keys.lua:6: touches the key 'a b', which is not declared"
    out_has "keys.lua:7: touches the key 'star*', which is not declared"
    out_has 'keys.lua: 4 findings; keys: k; arguments: v'
    _check 1 keys --keys k --args v --json
    json_is 'rows[0]["status"] == "REFUSED" and
[(f["kind"], f["key"], f["line"]) for f in rows[0]["findings"]] == [("undeclared-key", "k:made", 4),
("undeclared-key", "caught", None), ("undeclared-key", "a b", 6), ("undeclared-key", "star*", 7)]'
    _check 0 keys --keys 'k,k:made,caught,a b,star*' --args v
}

a_key_is_not_a_pattern()
{
    _script pattern <<<'return redis.call("GET", "abc")'
    _check 1 pattern --keys 'a*,a?c,[a]bc'
    out_has "pattern.lua:1: touches the key 'abc', which is not declared"
    _check 0 pattern --keys abc
}

each_round_begins_on_an_empty_server()
{
    _script rounds <<'END'
if redis.call('EXISTS', KEYS[1]) == 1 then
    error('there is something')
end
redis.call('SET', KEYS[1], 1)
return redis.call('GET', 'other')
END
    _check 1 rounds --keys k
    out_has "touches the key 'other'"
    out_has ': 1 finding;'
}

a_command_that_touches_all_keys_is_found()
{
    _script all <<<$'local n = #redis.call("KEYS", "*")\nredis.call("FLUSHDB")\nreturn n'
    _check 1 all
    out_has 'all.lua:1: calls KEYS, which touches keys that are not declared'
    out_has 'all.lua:2: calls FLUSHDB, which touches keys that are not declared'
}

writes_of_a_read_only_script_are_found()
{
    _script reads <<'END'
--! read-only
--! keys: k
redis.pcall('SET', KEYS[1], 1)
redis.call('DEL', KEYS[1])
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'g', '$', 'MKSTREAM')
return redis.call('TYPE', KEYS[1])
END
    _check 1 reads
    out_has 'reads.lua: calls SET, but must be read-only'
    out_has 'reads.lua:4: calls DEL, but must be read-only'
    out_has 'reads.lua: calls XGROUP'
    _check 1 reads --json
    json_is 'rows[0]["read_only"] is True and {f["kind"] for f in rows[0]["findings"]} == {"writes"} and
rows[0]["findings"][1]["command"] == "del"'
}

the_option_read_only_forbids_writes()
{
    _hits
    _check 0 hits
    _check 1 hits --read-only
    out_has 'hits.lua:4: calls INCRBY, but must be read-only'
    _script get <<<'return redis.call("GET", KEYS[1])'
    _check 0 get --read-only
    out_has 'fine, read-only; keys: key:1 (made up)'
}

publish_counts_as_a_write_with_eval_ro()
{
    _script publish <<<$'--! read-only\nreturn redis.call("PUBLISH", "news", 1)'
    if "$PODLINK" command --quiet EVAL_RO 'return 1' 0 2>/dev/null; then
        _check 1 publish
        out_has 'publish.lua:2: writes, but must be read-only: ERR Write commands are not allowed'
    else
        _check 0 publish
    fi
}

a_compile_error_is_printed_verbatim()
{
    _script syntax <<<$'local x = 1\nif x the'
    _check 1 syntax
    out_has "syntax.lua:2: does not compile: "
    out_has "'then' expected near 'the'"
    _check 1 syntax --json
    json_is 'rows[0]["findings"][0]["kind"] == "does-not-compile" and rows[0]["findings"][0]["line"] == 2 and
"Error compiling script" in rows[0]["findings"][0]["server"]'
}

a_failing_script_is_reported_with_its_line()
{
    _script fails <<<$'local x\n\nreturn x.y + ARGV[1]'
    _check 1 fails --args 1
    out_has "fails.lua:3: fails: ERR "
    out_has "attempt to index local 'x' (a nil value)"
    never_shown 'made up'
    never_shown 'script: '
    _check 1 fails
    out_has 'made up; set them with --keys and --args'
}

an_endless_script_is_stopped()
{
    _script loop <<<'while true do end'
    _check 1 loop --timeout 300
    out_has 'loop.lua: did not end within 300 ms'
    ! _temporary_pid || fail 'the server still runs'
}

keys_that_are_not_given_are_made_up()
{
    _script made <<<$'-- KEYS[2], ARGV[3]\nreturn redis.call("GET", KEYS[1])'
    _check 0 made --json
    json_is 'rows[0]["keys"] == ["key:1", "key:2"] and rows[0]["args"] == ["1", "1", "1"]'
    _script open <<<$'--! keys: first rest...\n--! args:\nreturn redis.call("MGET", unpack(KEYS))'
    _check 0 open --json
    json_is 'rows[0]["keys"] == ["first", "rest"] and rows[0]["args"] == []'
    _check 0 open --keys a,b,c
    _check 0 open --keys a
    _check 2 open --keys ''
    err_has 'declares 1 key (first rest...), but 0 are given'
    _check 2 open --keys a --args 1
    err_has 'declares 0 arguments (), but 1 is given'
}

an_invalid_file_is_a_usage_error()
{
    _check 2 nothing
    err_has 'No such file'
    expect 2 scripts check "$WORK"
    err_has 'Is a directory'
    _script empty </dev/null
    _check 2 empty
    err_has empty
    printf 'return 1\0' | _script nul
    _check 2 nul
    printf '\xff' | _script bytes
    _check 2 bytes --json
    json_is 'rows[0]["status"] == "EINVAL" and rows[0]["exit"] == 2'
    head -c 1048577 /dev/zero | tr '\0' ' ' | _script large
    _check 2 large
    err_has 1048576
    printf -- '--! keys: a\n--! keys: b\n' | _script twice
    _check 2 twice
    expect 2 scripts check
}

a_server_that_is_named_compiles_the_script_but_does_not_run_it()
{
    _script named <<<$'redis.call("SET", KEYS[1], 1)\nreturn "named"'
    "$PODLINK" command --quiet SCRIPT FLUSH
    _check 0 named
    redis_is 0 SCRIPT EXISTS "$(sha1sum <"$WORK/own/named.lua" | cut -d' ' -f1)"
    PODLINK_URL=$(_url) _check 0 named --key precious
    redis_is 1 SCRIPT EXISTS "$(sha1sum <"$WORK/own/named.lua" | cut -d' ' -f1)"
    redis_is 0 EXISTS precious
    PODLINK_URL=unix://$WORK/nowhere _check 3 named
    err_has 'cannot connect'
    _script syntax <<<'if'
    PODLINK_URL=$(_url) _check 1 syntax
    out_has 'does not compile'
}

the_check_needs_no_running_server()
{
    _hits
    PODLINK_SERVER_DIR=$WORK/no-server _check 0 hits
    [[ ! -e $WORK/no-server ]] || fail 'it created the directory of the private server'
}

a_server_that_cannot_start_is_reported()
{
    _hits
    _check 3 hits --binary no-such-server
    err_has no-such-server
    printf '#!/bin/sh\necho "this is my last line"\nexit 1\n' >"$WORK/bad-server"
    chmod 700 "$WORK/bad-server"
    _check 3 hits --binary "$WORK/bad-server"
    err_has 'this is my last line'
    TMPDIR=$WORK/$(printf 'x%.0s' {1..100})
    mkdir "$TMPDIR"
    _check 3 hits
    err_has 107
    TMPDIR=$WORK/missing expect 3 scripts check "$WORK/own/hits.lua"
    err_has "$WORK/missing"
}

_socket_is_there()
{
    compgen -G "$TMPDIR/podlink-check.*/podlink.sock" >/dev/null
}

_is_gone()
{
    [[ ! -e /proc/$1 ]] || grep -q '^State:.Z' "/proc/$1/status"
}

# Sends a signal to the check while its server is running.
_stop_check()
{
    local checking server
    env --default-signal=INT "$PODLINK" scripts check "$WORK/own/loop.lua" --timeout 60000 >/dev/null 2>&1 &
    checking=$!
    wait_for _socket_is_there
    server=$(_temporary_pid) || fail 'there is a socket but no server'
    kill -"$1" "$checking"
    wait "$checking" 2>/dev/null
    code=$?
    wait_for _is_gone "$server"
}

an_interrupted_check_removes_its_server()
{
    _script loop <<<'while true do end'
    _stop_check INT
    [[ $code == 130 ]] || fail 'the signal did not end it'
    [[ -z $(ls -A "$TMPDIR") ]] || fail "the temporary server left $(ls -A "$TMPDIR")"
}

the_temporary_server_exits_when_the_check_is_killed()
{
    _script loop <<<'while true do end'
    _stop_check KILL
    rm -rf "${TMPDIR:?}"/podlink-check.*
}

the_temporary_server_is_private_and_keeps_nothing()
{
    _hits
    # A fake server that writes its arguments and the mode of its directory to a file.
    printf '#!/bin/sh\nstat -c %%a "%s"/podlink-check.* >"%s/started"\nprintf "%%s " "$@" >>"%s/started"\nexit 1\n' \
        "$TMPDIR" "$WORK" "$WORK" >"$WORK/printing-server"
    chmod 700 "$WORK/printing-server"
    _check 3 hits --binary "$WORK/printing-server"
    grep -qx 700 "$WORK/started" || fail 'other users can access the directory'
    grep -qF -- '--port 0 ' "$WORK/started" || fail 'it listens on a port'
    grep -qF -- '--appendonly no ' "$WORK/started" || fail 'it writes an append-only file'
    grep -qF -- '--save  ' "$WORK/started" || fail 'it writes snapshots'
}

run_tests
