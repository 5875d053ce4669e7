#!/usr/bin/env bash
# podlink acl: what it prints can be pasted, and is enough.
# What is sourced calls the tests by their names, and sets and reads out, err and code.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317
source "$(dirname "$0")/tap.sh"
need_server

# Makes the user of this line, with a password in its place, which may not stand on a command line; the URL that has it.
_make_user()
{
    local words
    read -ra words <<<"${1/>PASSWORD /}"
    printf '>geheim' | "$PODLINK" command --quiet --stdin "${words[@]}" || fail 'the server refuses it'
    USER_URL=unix://podlink:geheim@$PODLINK_SERVER_DIR/podlink.sock
}

it_prints_a_line_to_be_pasted()
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

a_user_of_the_sentinels_has_a_line_of_his_own()
{
    expect 0 acl --ns prod links sentinel sentinel-user
    [[ $(wc -l <<<"$out") == 2 ]] || fail 'not two lines'
    [[ $(head -n 1 <<<"$out") == *'~sf:{prod:lk:*'*'+role'* ]] || fail 'the first one is not that of the servers'
    [[ $(tail -n 1 <<<"$out") == *'&* +ping +info +sentinel|'* ]] || fail 'the second one is not that of the sentinels'
}

a_name_of_the_client_is_for_sentinels_too()
{
    expect 0 acl links client-name sentinel sentinel-user
    [[ $(grep -c ' +client|setname ' <<<"$out") == 2 ]] || fail 'not in both lines'
    expect 0 acl client-name sentinel-user
    out_is 'ACL SETUSER podlink reset on >PASSWORD resetchannels &* +ping +info +client|setname +sentinel|master '\
'+sentinel|get-master-addr-by-name +sentinel|replicas +sentinel|sentinels +psubscribe'
}

json_tells_its_words()
{
    expect 0 acl --json --ns prod links sentinel-user
    json_is 'len(rows) == 2 and rows[0]["user"] == "podlink" and rows[0]["parts"] == ["links"]'
    json_is 'rows[0]["keys"] == ["sf:{prod:lk:*"] and rows[0]["channels"] == [] and "get" in rows[0]["commands"]'
    json_is 'rows[1]["channels"] == ["*"] and rows[1]["keys"] == [] and "psubscribe" in rows[1]["commands"]'
    json_is 'rows[0]["rule"].split() == ["~" + k for k in rows[0]["keys"]] + ["+" + c for c in rows[0]["commands"]]'
    expect 0 acl --quiet links
    out_is ''
}

what_is_no_part_is_a_usage_error()
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

the_line_is_enough_for_the_verbs()
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
