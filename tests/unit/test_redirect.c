/* SPDX-License-Identifier: MIT */
/* MOVED and ASK. */
#include "tap_cmocka.h"

#include "deployment/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_address asked;

/* In a block of exactly that size, so that a sanitizer finds a read beyond its end. */
static pl_redirect_kind read_words(const char *words, size_t length, pl_redirect *redirect)
{
    char *exact = malloc(length + (length == 0));
    memcpy(exact, words, length);
    const pl_redirect_kind kind = pl_redirect_read(exact, length, &asked, redirect);
    free(exact);
    return kind;
}

static void expect(const char *words, bool asks, uint16_t slot, const char *text)
{
    pl_redirect redirect;
    if (read_words(words, strlen(words), &redirect) != PL_REDIRECT_TO)
        fail_msg("\"%s\" is not read", words);
    assert_int_equal(redirect.asks, asks);
    assert_int_equal(redirect.slot, slot);
    assert_string_equal(redirect.address.text, text);
    assert_false(redirect.address.is_unix);
}

static void refuse(const char *words, size_t length)
{
    pl_redirect redirect;
    if (read_words(words, length, &redirect) != PL_REDIRECT_NONE)
        fail_msg("\"%.*s\" is taken for a redirect to %s", (int)length, words, redirect.address.text);
}

static void expect_unknown(const char *words, bool asks)
{
    pl_redirect redirect;
    assert_int_equal(read_words(words, strlen(words), &redirect), PL_REDIRECT_UNKNOWN);
    assert_int_equal(redirect.asks, asks);
    assert_int_equal(redirect.slot, 3999);
}

static int begin(void **state)
{
    (void)state;
    pl_address_tcp(&asked, "10.0.0.7", 7000);
    return 0;
}

static void moved_and_ask_are_distinguished(void **state)
{
    (void)state;
    expect("MOVED 3999 127.0.0.1:6381", false, 3999, "127.0.0.1:6381");
    expect("ASK 3999 127.0.0.1:6381", true, 3999, "127.0.0.1:6381");
}

static void the_host_can_be_a_name_or_an_ipv6_address(void **state)
{
    (void)state;
    expect("MOVED 0 redis-3.example.org:1", false, 0, "redis-3.example.org:1");
    expect("MOVED 16383 ::1:6381", false, 16383, "[::1]:6381");
    expect("ASK 7 2001:db8::8:800:200c:417a:65535", true, 7, "[2001:db8::8:800:200c:417a]:65535");
}

static void an_empty_host_means_the_node_that_answered(void **state)
{
    (void)state;
    expect("MOVED 3999 :6381", false, 3999, "10.0.0.7:6381");
    pl_address_unix(&asked, "/run/redis.sock");
    expect_unknown("MOVED 3999 :6381", false);
    expect("MOVED 3999 10.0.0.8:6381", false, 3999, "10.0.0.8:6381");
}

static void a_redirect_can_lack_an_address(void **state)
{
    (void)state;
    expect_unknown("MOVED 3999 ?:6381", false);
    expect_unknown("ASK 3999 ?:6381", true);
    expect_unknown("MOVED 3999 127.0.0.1:0", false);
}

static void other_errors_are_not_redirects(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "MOVED",
        "MOVED ",
        "MOVED 3999",
        "MOVED 3999 ",
        "MOVED 3999 127.0.0.1",
        "MOVED 3999 127.0.0.1:",
        "MOVED 3999 127.0.0.1:65536",
        "MOVED 3999 127.0.0.1:-1",
        "MOVED 3999 127.0.0.1:06381",
        "MOVED 3999 127.0.0.1:6381 ",
        "MOVED 3999 127.0.0.1:6381 more",
        "MOVED 3999 127.0.0.1 :6381",
        "MOVED 3999  127.0.0.1:6381",
        "MOVED  3999 127.0.0.1:6381",
        "MOVED 16384 127.0.0.1:6381",
        "MOVED -1 127.0.0.1:6381",
        "MOVED 0x1 127.0.0.1:6381",
        "MOVED 127.0.0.1:6381 3999",
        "MOVED 99999999999999999999 127.0.0.1:6381",
        "MOVEDX 3999 127.0.0.1:6381",
        " MOVED 3999 127.0.0.1:6381",
        "moved 3999 127.0.0.1:6381",
        "ASKING 3999 127.0.0.1:6381",
        "ERR MOVED 3999 127.0.0.1:6381",
        "CLUSTERDOWN Hash slot not served",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        refuse(rows[i], strlen(rows[i]));
    refuse("MOVED 1 a\0b:1", 13);
    refuse("MOVED 1 a\nb:1", 13);
}

/* A host appears in messages, in the log and on terminals, and goes to a resolver. */
static void a_host_has_only_characters_that_hosts_have(void **state)
{
    (void)state;
    static const char odd[] = "!\"#$&'()*+,/;<=>@[\\]^`{|}~\t\x1b\x7f\x80\x9b\xc2\xff";
    char words[32];
    for (const char *at = odd; *at; at++) {
        snprintf(words, sizeof words, "MOVED 1 a%cb:1", *at);
        refuse(words, strlen(words));
    }
    expect("MOVED 1 redis_3.svc-a.local:1", false, 1, "redis_3.svc-a.local:1");
    expect("MOVED 1 fe80::1%eth0.7:1", false, 1, "[fe80::1%eth0.7]:1");
}

static void a_host_can_have_the_maximum_length_of_a_name(void **state)
{
    (void)state;
    char words[PL_HOST_MAX + 64], host[PL_HOST_MAX + 2];
    pl_redirect redirect;
    memset(host, 'h', sizeof host);
    int length = snprintf(words, sizeof words, "MOVED 1 %.*s:1", PL_HOST_MAX, host);
    assert_int_equal(read_words(words, (size_t)length, &redirect), PL_REDIRECT_TO);
    assert_int_equal(strlen(redirect.address.host), PL_HOST_MAX);
    length = snprintf(words, sizeof words, "MOVED 1 %.*s:1", PL_HOST_MAX + 1, host);
    refuse(words, (size_t)length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(moved_and_ask_are_distinguished, begin),
        cmocka_unit_test_setup(the_host_can_be_a_name_or_an_ipv6_address, begin),
        cmocka_unit_test_setup(an_empty_host_means_the_node_that_answered, begin),
        cmocka_unit_test_setup(a_redirect_can_lack_an_address, begin),
        cmocka_unit_test_setup(other_errors_are_not_redirects, begin),
        cmocka_unit_test_setup(a_host_has_only_characters_that_hosts_have, begin),
        cmocka_unit_test_setup(a_host_can_have_the_maximum_length_of_a_name, begin),
    };
    return RUN_TESTS("redirect", tests);
}
