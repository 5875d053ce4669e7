#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# podlink acl: its output can be pasted into redis-cli, and the rule is sufficient.
# The sourced file calls the tests by name, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

# Creates the user of this command. The password goes through stdin, because it is not allowed on the command line.
# Sets USER_URL.
_make_user()
{
    local words
    read -ra words <<<"${1/>PASSWORD /}"
    printf '>geheim' | "$PODLINK" command --quiet --stdin "${words[@]}" || fail 'the server refuses it'
    USER_URL=unix://podlink:geheim@$PODLINK_SERVER_DIR/podlink.sock
}

it_prints_a_command_for_redis_cli()
{
    expect 0 acl --ns prod workloads
    out_is 'ACL SETUSER podlink reset on >PASSWORD resetchannels ~sf:{prod:workload:* +ping +info +get +set'
    expect 0 acl --ns prod --user eva workloads client-name
    out_is 'ACL SETUSER eva reset on >PASSWORD resetchannels ~sf:{prod:workload:* +ping +info +get +set +client|setname'
    PODLINK_NS='test' expect 0 acl workloads
    out_has 'sf:{test:workload:*'
}

it_needs_no_server()
{
    PODLINK_URL=redis://127.0.0.1:1 expect 0 acl links compute states
    PODLINK_URL=nonsense expect 0 acl links
}

the_sentinel_user_has_its_own_line()
{
    expect 0 acl --ns prod links sentinel sentinel-user
    [[ $(wc -l <<<"$out") == 2 ]] || fail 'not two lines'
    [[ $(head -n 1 <<<"$out") == *'~sf:{prod:lk:*'*'+role'* ]] || fail 'the first line is not the rule for the servers'
    [[ $(tail -n 1 <<<"$out") == *'&* +ping +info +sentinel|'* ]] || fail 'the second line is not the rule for the sentinels'
}

client_name_is_in_the_rule_for_sentinels_too()
{
    expect 0 acl links client-name sentinel sentinel-user
    [[ $(grep -c ' +client|setname ' <<<"$out") == 2 ]] || fail 'not in both lines'
    expect 0 acl client-name sentinel-user
    out_is 'ACL SETUSER podlink reset on >PASSWORD resetchannels &* +ping +info +client|setname +sentinel|master '\
'+sentinel|get-master-addr-by-name +sentinel|replicas +sentinel|sentinels +psubscribe'
}

json_lists_the_words_of_the_rule()
{
    expect 0 acl --json --ns prod links sentinel-user
    json_is 'len(rows) == 2 and rows[0]["user"] == "podlink" and rows[0]["parts"] == ["links"]'
    json_is 'rows[0]["keys"] == ["sf:{prod:lk:*"] and rows[0]["channels"] == [] and "get" in rows[0]["commands"]'
    json_is 'rows[1]["channels"] == ["*"] and rows[1]["keys"] == [] and "psubscribe" in rows[1]["commands"]'
    json_is 'rows[0]["rule"].split() == ["~" + k for k in rows[0]["keys"]] + ["+" + c for c in rows[0]["commands"]]'
    expect 0 acl --quiet links
    out_is ''
}

an_unknown_part_is_a_usage_error()
{
    expect 2 acl
    expect 2 acl lynx
    err_has "unknown part 'lynx'"
    expect 2 acl links --user 'a b'
    err_has --user
    expect 2 acl links --user ''
    expect 2 acl links --ns 'a:b'
    err_has "holds ':'"
    expect 2 acl lynx --json
    json_is 'rows[0]["status"] == "EINVAL"'
}

the_rule_allows_the_verbs_and_nothing_else()
{
    expect 0 acl --ns prod links compute states workloads
    _make_user "$out"
    export PODLINK_NS=prod
    PODLINK_URL=$USER_URL expect 0 state set chat 0 10
    PODLINK_URL=$USER_URL expect 0 link compute chat alice --max-age 60000
    PODLINK_URL=$USER_URL expect 0 link try chat alice 0
    PODLINK_URL=$USER_URL expect 0 link get chat alice
    PODLINK_URL=$USER_URL expect 0 link services alice
    PODLINK_URL=$USER_URL expect 0 link remove chat alice --keep 10s
    PODLINK_URL=$USER_URL expect 0 workload set chat 'a state'
    PODLINK_NS=test PODLINK_URL=$USER_URL expect 3 link get chat alice
    err_has NOPERM
    PODLINK_URL=$USER_URL expect 3 command FLUSHALL
    err_has NOPERM
    unset PODLINK_NS
}

run_tests
