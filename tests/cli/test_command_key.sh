#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink command: position of the first key, compared with the answer of the server.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

# _key_is INDEX COMMAND...
_key_is()
{
    local wanted=$1 found
    shift
    found=$("${COMMAND_KEY_PROBE:?}" "$@")
    [[ $found == "$wanted" ]] || fail "$*: the key is at $found, not at $wanted"
}

# _key_matches_server COMMAND...: COMMAND GETKEYS of the server returns the argument at the index.
_key_matches_server()
{
    local wanted index words=("$@")
    wanted=$("$PODLINK" command COMMAND GETKEYS "$@" | head -n 1) || fail "$*: COMMAND GETKEYS failed"
    index=$("$COMMAND_KEY_PROBE" "$@")
    [[ $index != 0 && ${words[index]} == "$wanted" ]] || fail "$*: the key is at $index, the server says $wanted"
}

scripts_have_their_first_key_after_the_number_of_keys()
{
    local verb
    for verb in EVAL EVALSHA FCALL eval evalsha_ro; do
        _key_is 3 $verb 'return 1' 1 the-key argument
        _key_is 3 $verb 'return 1' 2 the-key other
        _key_is 0 $verb 'return 1' 0
        _key_is 0 $verb 'return 1' 00 argument
        _key_is 0 $verb 'return 1' 0 argument
        _key_is 0 $verb 'return 1'
        _key_is 0 $verb 'return 1' 1
        _key_is 0 $verb 'return 1' many the-key
        _key_is 0 $verb 'return 1' -1 the-key
        _key_is 0 $verb
    done
    _key_matches_server EVAL 'return 1' 2 one two three
    _key_matches_server EVALSHA 0123456789012345678901234567890123456789 1 one two
}

commands_without_a_key_have_none()
{
    _key_is 0 PING
    _key_is 0 PING hello
    _key_is 0 info server
    _key_is 0 CONFIG GET maxmemory
    _key_is 0 SCRIPT LOAD 'return 1'
    _key_is 0 FUNCTION LIST
    _key_is 0 KEYS '*'
    _key_is 0 PUBLISH channel message
    _key_is 0 MEMORY DOCTOR
    _key_is 0 OBJECT HELP
    _key_is 0 GET
}

keys_at_other_positions_are_found()
{
    _key_matches_server GET one
    _key_matches_server MSET one 1 two 2
    _key_matches_server BITOP AND one two three
    _key_matches_server OBJECT ENCODING one
    _key_matches_server MEMORY USAGE one
    _key_matches_server XINFO STREAM one
    _key_matches_server XGROUP CREATE one group 0
    _key_matches_server ZUNION 2 one two
    _key_matches_server ZINTERSTORE one 2 two three
    _key_matches_server XREAD COUNT 1 STREAMS one two 0 0
    _key_matches_server XREADGROUP GROUP g c COUNT 1 STREAMS one two 0 0
    _key_matches_server SORT one
    _key_matches_server MIGRATE host 1 one 0 1000
    _key_matches_server MIGRATE host 1 '' 0 1000 KEYS one two
    _key_is 0 MIGRATE host 1 ''
    _key_is 0 XREAD COUNT 1
}

# Compares with COMMAND of the server, except for commands with subcommands or movable keys.
every_command_matches_the_table_of_the_server()
{
    "$PODLINK" command --json COMMAND >"$WORK/commands" || fail 'COMMAND'
    "$PYTHON" - "$WORK/commands" "$COMMAND_KEY_PROBE" <<'END' >"$WORK/out" || fail 'these commands differ'
import json, subprocess, sys
wrong = 0
known = json.load(open(sys.argv[1], encoding="utf-8"))["reply"]
assert len(known) > 150
for name, arity, flags, first, last, step, *rest in known:
    if "movablekeys" in flags or name in ("migrate", "pfselftest"):
        continue
    nested = rest[-1] if rest and isinstance(rest[-1], list) else []
    if nested or first > 2:
        continue
    found = int(subprocess.run([sys.argv[2], name, "1", "1", "1"], capture_output=True, text=True, check=True).stdout)
    if found != first and not (name in ("object", "xinfo", "xgroup") and found == 2):
        wrong = 1
        print(name, "found", found, "server", first)
sys.exit(wrong)
END
}

run_tests
