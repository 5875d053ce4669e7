#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Passwords of clusters, of servers behind sentinels and of the sentinels are never shown.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"

SECRET=canary-of-servers-0123456789
SENTINEL_SECRET=canary-of-sentinels-9876543210
WRONG=canary-that-is-wrong
export PODLINK_NS=test

# Starts a cluster and a master with sentinels, and reads their URLs. They stop when this script ends.
_start()
{
    if ! command -v "$SERVER_BINARY" >/dev/null; then
        echo "1..0 # SKIP there is no $SERVER_BINARY"
        exit 0
    fi
    coproc CLUSTER { exec "$DEPLOYMENT" cluster "$SECRET"; }
    exec 5<&"${CLUSTER[0]}" 6>&"${CLUSTER[1]}"
    # bash warns about a second coprocess.
    { coproc SENTINEL { exec "$DEPLOYMENT" sentinel "$SECRET" "$SENTINEL_SECRET"; }; } 2>/dev/null
    exec 7<&"${SENTINEL[0]}" 8>&"${SENTINEL[1]}"
    if ! read -r CLUSTER_URL MOVING <&5 || ! read -r SENTINEL_URL <&7; then
        echo 'Bail out! a deployment does not start'
        exit 1
    fi
}

# The same URL with a user and a password: _with USER PASSWORD URL
_with()
{
    printf '%s://%s:%s@%s' "${3%%://*}" "$1" "$2" "${3#*://}"
}

_nothing_shown()
{
    never_shown canary
    never_shown 0123456789
    never_shown 9876543210
}

# Runs several verbs and checks what they print and log: _use URL [EXIT_CODE_OF_ALL]
_use()
{
    local code_of verb
    while read -r code_of verb; do
        # shellcheck disable=SC2086 # the words of the verb
        PODLINK_URL=$1 expect "${2:-$code_of}" $verb --json --verbose --timeout 3000
        _nothing_shown
    done <<END
0 ping
0 scripts load
0 scripts status
1 link get chat $MOVING
0 link set chat bob 1
END
}

a_cluster_password_is_never_shown()
{
    _use "$(_with default "$SECRET" "$CLUSTER_URL")"
    _use "$(_with default "$WRONG" "$CLUSTER_URL")" 3
    _use "$(_with nobody "$SECRET" "$CLUSTER_URL?read_from=replica")" 3
}

a_password_refused_after_a_redirect_is_never_shown()
{
    local url
    url=$(_with eva "$SECRET" "${CLUSTER_URL%%,*}?retries=0")
    PODLINK_URL=$url expect 3 link get chat "$MOVING" --timeout 3000
    err_has 'check user and password'
    _nothing_shown
    PODLINK_URL=$url expect 3 link get chat "$MOVING" --json --verbose --timeout 3000
    json_is 'rows[0]["status"] == "EAUTH"'
    _nothing_shown
}

sentinel_and_server_passwords_are_never_shown()
{
    local servers
    servers=$(_with default "$SECRET" "$SENTINEL_URL")
    _use "$servers?sentinel_password=$SENTINEL_SECRET"
    _use "$servers?sentinel_password=$WRONG" 3
    _use "$servers?sentinel_user=nobody&sentinel_password=$SENTINEL_SECRET" 3
    _use "$servers" 3
    _use "$(_with default "$WRONG" "$SENTINEL_URL?sentinel_password=$SENTINEL_SECRET")" 3
}

# Sets links during a failover, and checks the process list meanwhile.
passwords_are_never_shown_during_a_failover()
{
    local pid answer
    mkfifo "$WORK/fifo"
    PODLINK_URL="$(_with default "$SECRET" "$SENTINEL_URL")?sentinel_password=$SENTINEL_SECRET" \
        "$PODLINK" link set chat - --chunk 1 --verbose <"$WORK/fifo" >"$WORK/out" 2>"$WORK/err" &
    pid=$!
    exec 9>"$WORK/fifo"
    echo 'before 1' >&9
    wait_for grep -q before "$WORK/out"
    tr '\0' ' ' <"/proc/$pid/cmdline" >"$WORK/cmdline"
    echo failover >&8
    read -r answer <&7
    [[ $answer == 'done' ]] || fail 'the failover failed'
    echo 'after 1' >&9
    exec 9>&-
    wait "$pid" || fail 'it failed'
    out=$(cat "$WORK/out" "$WORK/cmdline") err=$(cat "$WORK/err")
    out_has 'link set chat'
    out_has after
    err_has debug
    _nothing_shown
}

_start
run_tests
