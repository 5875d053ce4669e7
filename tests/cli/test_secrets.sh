#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Passwords: where they are read from, and that they are never shown.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

SECRET='ge:h/e?i@m'
ENCODED='ge%3Ah%2Fe%3Fi%40m'

# Creates a user with a password on the private server; sets URL.
_url_with_password()
{
    printf '>%s' "$SECRET" | "$PODLINK" command --quiet --stdin ACL SETUSER tester on '~*' '&*' '+@all' ||
        fail 'no user'
    URL=unix://tester:$ENCODED@$PODLINK_SERVER_DIR/podlink.sock
}

_nothing_shown()
{
    never_shown "$SECRET"
    never_shown "$ENCODED"
    never_shown geheim
}

a_password_in_the_url_of_the_command_line_is_refused()
{
    local url
    for url in redis://user:geheim@localhost redis://:geheim@localhost 'redis://localhost/?password=geheim' \
        'redis://localhost/?user=u&password=geheim' 'redis://localhost?pass%77ord=geheim' \
        unix://user:geheim@/path 'unix:///path?password=geheim' redis://user:ge/heim@localhost \
        'redis://user:ge?heim@localhost' rediss://user:geheim@localhost sentinel://user:geheim@a:1,b/name \
        'sentinel://a,b/name?sentinel_password=geheim' 'sentinel://a,b/name?sentinel%5fpass%77ord=geheim' \
        cluster+tls://user:geheim@a,b 'cluster://a,b?password=geheim'; do
        expect 2 ping --url "$url"
        err_has PODLINK_URL
        err_has --url-file
        _nothing_shown
        never_shown heim
        expect 2 ping --json "--url=$url"
        json_is 'rows[0]["exit"] == 2'
        _nothing_shown
    done
}

a_url_without_a_password_is_accepted()
{
    expect 0 ping --url "unix://$PODLINK_SERVER_DIR/podlink.sock"
    expect 3 ping --url redis://127.0.0.1:1 --timeout 500
    expect 3 ping --url 'redis://[::1]:1/0' --timeout 500
}

the_url_of_the_environment_may_have_a_password()
{
    _url_with_password
    PODLINK_URL=$URL expect 0 command ACL WHOAMI
    out_is tester
}

the_url_of_a_file_may_have_a_password()
{
    _url_with_password
    printf '%s\r\nsecond line\n' "$URL" >"$WORK/url"
    chmod 600 "$WORK/url"
    expect 0 command --url-file "$WORK/url" ACL WHOAMI
    out_is tester
    err_is ''
    printf '%s' "$URL" >"$WORK/url"
    expect 0 command --url-file "$WORK/url" ACL WHOAMI
}

a_url_file_that_everybody_can_read_causes_a_warning()
{
    _url_with_password
    printf '%s\n' "$URL" >"$WORK/url"
    chmod 644 "$WORK/url"
    expect 0 ping --url-file "$WORK/url"
    err_has 'warning: every user of this machine can read'
    err_has 'chmod 600'
    _nothing_shown
    chmod 640 "$WORK/url"
    expect 0 ping --url-file "$WORK/url"
    err_is ''
}

a_file_without_a_url_is_a_usage_error()
{
    expect 2 ping --url-file "$WORK/nothing"
    err_has 'No such file'
    printf '\n%s\n' redis://localhost >"$WORK/url"
    expect 2 ping --url-file "$WORK/url"
    err_has 'empty'
    head -c 20000 /dev/zero | tr '\0' x >"$WORK/url"
    expect 2 ping --url-file "$WORK/url"
    err_has 'too long'
    expect 2 ping --url-file "$WORK"
    err_has 'Is a directory'
}

the_url_is_shown_without_its_password()
{
    _url_with_password
    PODLINK_URL=$URL expect 0 ping
    out_has 'unix://tester:***@/'
    _nothing_shown
    PODLINK_URL=$URL expect 0 ping --json
    json_is '"tester:***@" in rows[0]["url"]'
    _nothing_shown
    # Also a password with an unescaped '@' and with text that looks like a URL.
    printf '>%s' 'ge@heim://' | "$PODLINK" command --quiet --stdin ACL SETUSER tester
    PODLINK_URL="unix://tester:ge@heim:%2F%2F@$PODLINK_SERVER_DIR/podlink.sock" expect 0 ping
    out_has 'unix://tester:***@/'
    never_shown heim
}

verbose_does_not_print_the_password()
{
    _url_with_password
    PODLINK_URL=$URL expect 0 link set chat alice 1 --verbose
    err_has debug
    _nothing_shown
    PODLINK_URL="unix://$PODLINK_SERVER_DIR/podlink.sock?user=tester&password=$ENCODED" podlink ping --verbose
    _nothing_shown
}

failures_do_not_print_the_password()
{
    local url
    for url in redis://user:geheim@127.0.0.1:1 redis://user:geheim@127.0.0.1:port redis://user:geheim@ \
        nonsense://user:geheim@localhost 'redis://127.0.0.1:1/?password=geheim&nonsense=1' \
        "unix://tester:geheim@$PODLINK_SERVER_DIR/podlink.sock" 'redis://user:geheim%zz@localhost' \
        'redis://user:a?geheim@localhost' 'sentinel://user:geheim@127.0.0.1:1/name?sentinel_password=geheim' \
        'sentinel://127.0.0.1:1/name?sentinel_user=geheim' 'redis://127.0.0.1:1?sentinel_password=geheim' \
        cluster://user:geheim@127.0.0.1:1,127.0.0.1:2 cluster://user:geheim@127.0.0.1:1/1 \
        rediss://user:geheim@127.0.0.1:1 'rediss://user:geheim@127.0.0.1:1?tls_ca_file=/nowhere' \
        'redis://user:geheim@127.0.0.1:1?tls_verify=1' 'cluster+tls://user:geheim@127.0.0.1:1?tls_key_file=/nowhere'; do
        PODLINK_URL=$url podlink ping --timeout 1000 --verbose
        [[ $code -ge 2 ]] || fail "it worked with $url"
        _nothing_shown
        PODLINK_URL=$url podlink ping --timeout 1000 --json
        [[ $code -ge 2 ]] || fail "it worked with $url"
        _nothing_shown
    done
}

# Each verb once with a working server, and once without one.
no_verb_prints_the_password()
{
    local verb url
    _url_with_password
    for url in "$URL" "${URL/podlink.sock/nowhere}"; do
        while read -r verb; do
            # shellcheck disable=SC2086 # the words of the verb
            PODLINK_URL=$url podlink $verb --json --timeout 1000
            _nothing_shown
            # shellcheck disable=SC2086
            PODLINK_URL=$url podlink $verb --verbose --timeout 1000
            _nothing_shown
        done <<'END'
ping
ping --watch --count 2 --interval 1
stats --interval 100
link set chat alice 1
link try chat alice 2
link compute chat bob
link services alice
state set chat 0 1
state live chat
workload set chat text
workload get chat
scripts status
scripts load
scripts list
END
        PODLINK_URL=$url podlink command --json GET nothing
        _nothing_shown
        PODLINK_URL=$url podlink command --json EVAL 'return redis.error_reply("ERR x")' 0
        _nothing_shown
    done
}

the_content_of_a_key_file_is_not_printed()
{
    printf '%s\n' '-----BEGIN PRIVATE KEY-----' geheim '-----END PRIVATE KEY-----' >"$WORK/key"
    PODLINK_URL="rediss://localhost:1?tls_cert_file=$WORK/key&tls_key_file=$WORK/key" podlink ping --verbose
    [[ $code -ge 2 ]] || fail 'it worked'
    _nothing_shown
}

a_wrong_password_is_a_failure_of_the_server()
{
    _url_with_password
    PODLINK_URL=unix://tester:wrong@$PODLINK_SERVER_DIR/podlink.sock expect 3 ping
    err_has 'check user and password'
}

a_redis_command_with_a_password_is_refused()
{
    expect 2 command CONFIG SET requirepass geheim
    err_has --stdin
    _nothing_shown
    expect 2 command config set maxmemory 0 masterauth geheim
    expect 2 command ACL SETUSER tester on '>geheim'
    expect 2 command AUTH geheim
    expect 2 command HELLO 3 AUTH tester geheim
    expect 2 command MIGRATE host 6379 key 0 1000 AUTH geheim
    _nothing_shown
    expect 0 command CONFIG SET maxmemory 0
    expect 0 command ACL SETUSER tester on
    expect 0 command SET auth auth
}

a_url_among_the_words_is_shown_without_its_password()
{
    expect 2 redis://user:geheim@localhost
    _nothing_shown
    expect 2 link set chat alice 'redis://user:geheim@localhost?password=geheim&password=geheim'
    _nothing_shown
}

the_process_list_never_shows_the_password()
{
    local pid
    _url_with_password
    mkfifo "$WORK/fifo"
    PODLINK_URL=$URL "$PODLINK" link set chat - --chunk 1 <"$WORK/fifo" >"$WORK/out" 2>"$WORK/err" &
    pid=$!
    exec 8>"$WORK/fifo"
    echo 'alice 1' >&8
    wait_for grep -q alice "$WORK/out"
    tr '\0' ' ' <"/proc/$pid/cmdline" >"$WORK/cmdline"
    exec 8>&-
    wait "$pid" || fail 'it failed'
    grep -q 'link set chat' "$WORK/cmdline" || fail 'this is not the command line of the tool'
    ! grep -qF -e "$SECRET" -e "$ENCODED" "$WORK/cmdline" || fail 'it shows the password'
}

run_tests
