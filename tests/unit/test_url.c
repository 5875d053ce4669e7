/* SPDX-License-Identifier: MIT */
/* Parsing a URL: good ones, bad ones, and what messages must not contain. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "config/config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct setting {
    test_heap memory;
    pl_config config;
    podlink_error err;
} setting;

static podlink_status read_url(setting *s, const char *url)
{
    podlink_options options;
    memset(s, 0, sizeof *s);
    test_heap_init(&s->memory);
    podlink_options_init(&options);
    options.allocator = &s->memory.allocator;
    options.url = url;
    podlink_status status = pl_config_init(&s->config, &options, &s->err);
    if (status != PODLINK_OK)
        test_heap_expect_empty(&s->memory, url);
    return status;
}

static void end(setting *s)
{
    pl_config_fini(&s->config);
    test_heap_expect_empty(&s->memory, "url");
}

static void expect_text(const char *url, const char *found, const char *expected)
{
    if (!found || !expected ? found != expected : strcmp(found, expected) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", url, found ? found : "(none)", expected ? expected : "(none)");
}

static const struct {
    const char *url;
    const char *address;
    const char *user;
    const char *password;
    int32_t database;
} good[] = {
    {"redis://host", "host:6379", NULL, NULL, 0},
    {"redis://host/", "host:6379", NULL, NULL, 0},
    {"redis://host:1", "host:1", NULL, NULL, 0},
    {"redis://host:65535/15", "host:65535", NULL, NULL, 15},
    {"redis://127.0.0.1:7000", "127.0.0.1:7000", NULL, NULL, 0},
    {"redis://[::1]", "[::1]:6379", NULL, NULL, 0},
    {"redis://[2001:db8::7]:7000/3", "[2001:db8::7]:7000", NULL, NULL, 3},
    {"redis://:secret@[::1]:7000", "[::1]:7000", NULL, "secret", 0},
    {"redis://:secret@host", "host:6379", NULL, "secret", 0},
    {"redis://eva:secret@host:1/2", "host:1", "eva", "secret", 2},
    {"redis://e%76a:s%65cret@h%6Fst/%32", "host:6379", "eva", "secret", 2},
    {"redis://eva:%40%3a%2F%3F%23%25%26@host", "host:6379", "eva", "@:/?#%&", 0},
    {"redis://eva:a:b@host", "host:6379", "eva", "a:b", 0},
    {"redis://eva:a@b@host", "host:6379", "eva", "a@b", 0},
    {"redis://eva:%C3%A9%01@host", "host:6379", "eva", "\xc3\xa9\x01", 0},
    {"redis://host?", "host:6379", NULL, NULL, 0},
    {"redis://host?db=4", "host:6379", NULL, NULL, 4},
    {"redis://host/3?database=4", "host:6379", NULL, NULL, 4},
    {"redis://host?db=3&db=4&", "host:6379", NULL, NULL, 4},
    {"redis://host/3?%64b=%34", "host:6379", NULL, NULL, 4},
    {"redis://host?user=eva&password=s%26cret", "host:6379", "eva", "s&cret", 0},
    {"unix:///run/redis.sock", "/run/redis.sock", NULL, NULL, 0},
    {"unix:///run/redis.sock?db=2", "/run/redis.sock", NULL, NULL, 2},
    {"unix://eva:secret@/run/redis.sock", "/run/redis.sock", "eva", "secret", 0},
    {"unix://:se/cret@/run/redis.sock", "/run/redis.sock", NULL, "se/cret", 0},
    {"unix:///run/a%20b%3F.sock", "/run/a b?.sock", NULL, NULL, 0},
    {"unix:///run/a:b.sock", "/run/a:b.sock", NULL, NULL, 0},
};

static void good_urls_are_parsed(void **state)
{
    (void)state;
    setting s;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (read_url(&s, good[i].url) != PODLINK_OK)
            fail_msg("%s: %s", good[i].url, s.err.message);
        expect_text(good[i].url, s.config.address.text, good[i].address);
        expect_text(good[i].url, s.config.login.user, good[i].user);
        expect_text(good[i].url, s.config.login.password, good[i].password);
        assert_int_equal(s.config.login.database, good[i].database);
        assert_int_equal(s.config.address.is_unix, good[i].url[0] == 'u');
        end(&s);
    }
}

/* The message names the mistake. */
static const struct {
    const char *url;
    const char *names;
} bad[] = {
    {"", "redis://"},
    {"host", "redis://"},
    {"host:6379", "redis://"},
    {"//host", "redis://"},
    {"://host", "redis://"},
    {"http://host", "redis://"},
    {"redis:/host", "redis://"},
    {" redis://host", "redis://"},
    {"redis+tls://host", "redis://"},
    {"REDIS://host", "redis://"},
    {"redis://host,other", "list of hosts"},
    {"redis://:secret@host:1,other:2/3", "list of hosts"},
    {"redis://", "host"},
    {"redis:///0", "host"},
    {"redis://:1", "host"},
    {"redis://eva:secret@", "host"},
    {"redis://eva:secret@:1", "host"},
    {"redis://[]", "host"},
    {"redis://[::1", "IPv6"},
    {"redis://[::1]x", "IPv6"},
    {"redis://::1", "host"},
    {"redis://host:", "port"},
    {"redis://host:0", "port"},
    {"redis://host:65536", "port"},
    {"redis://host:-1", "port"},
    {"redis://host:a", "port"},
    {"redis://host:1:2", "port"},
    {"redis://host:01", "port"},
    {"redis://[::1]:", "port"},
    {"redis://host/x", "database"},
    {"redis://host/-1", "database"},
    {"redis://host/1/2", "database"},
    {"redis://host//", "database"},
    {"redis://host/2147483648", "database"},
    {"redis://host/1#fragment", "database"},
    {"redis://eva@host", "password"},
    {"redis://eva:@host", "password"},
    {"redis://:@host", "password"},
    {"redis://eva:%@host", "password"},
    {"redis://eva:%4@host", "password"},
    {"redis://eva:%4x@host", "password"},
    {"redis://eva:%x4@host", "password"},
    {"redis://eva:a%00b@host", "password"},
    {"redis://%zz:secret@host", "user"},
    {"redis://ho%st", "host"},
    {"redis://ho%00st", "host"},
    {"redis://host/%zz", "database"},
    {"redis://host?db", "query"},
    {"redis://host?&db=1", "query"},
    {"redis://host?=1", "option"},
    {"redis://host?colour=red", "option 1 of the query"},
    {"redis://host?DB=1", "option"},
    {"redis://host?credentials=secret", "option 1 of the query"},
    {"redis://host?url=secret", "option 1 of the query"},
    {"redis://host?scripts=lua", "scripts must be evalsha or functions"},
    {"redis://host?read_from=secret", "read_from must be master or replica"},
    {"redis://host?db=%zz", "query"},
    {"redis://host?client_name=a%20b", "client_name"},
    {"redis://host?client_name=", "client_name"},
    {"redis://host?password=", "password"},
    {"unix://", "path"},
    {"unix://run/redis.sock", "path"},
    {"unix://eva:secret@run", "path"},
    {"unix:///run/%zz", "path"},
};

static void bad_urls_are_refused(void **state)
{
    (void)state;
    setting s;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        podlink_status status = read_url(&s, bad[i].url);
        if (status != PODLINK_EINVAL)
            fail_msg("%s: %s", bad[i].url, podlink_status_name(status));
        if (!strstr(s.err.message, bad[i].names))
            fail_msg("%s: the message does not name the %s: %s", bad[i].url, bad[i].names, s.err.message);
        assert_null(strstr(s.err.message, "secret"));
        assert_int_equal(s.err.delivery, PODLINK_NOT_SENT);
    }
}

/* --- lengths
 * ----------------------------------------------------------------------------------------------------------- */

static podlink_status read_long(setting *s, const char *before, size_t length, const char *after)
{
    char url[4096];
    size_t used = (size_t)snprintf(url, sizeof url, "%s", before);
    memset(url + used, 'a', length);
    snprintf(url + used + length, sizeof url - used - length, "%s", after);
    return read_url(s, url);
}

static void each_part_has_a_maximum_length(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *after;
        size_t most; /* 0: no maximum; a longer one is refused, not truncated */
        const char *names;
    } rows[] = {
        {"redis://", "", PL_HOST_MAX, "host"},    {"unix:///", "", PL_UNIX_PATH_MAX - 1, "path"},
        {"redis://", ":secret@host", 0, "user"},  {"redis://:", "@host", 0, "password"},
        {"redis://host?client_name=", "", 0, ""}, {"redis://host?", "=1", 0, ""},
    };
    setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].most > 0) {
            assert_int_equal(read_long(&s, rows[i].before, rows[i].most, rows[i].after), PODLINK_OK);
            end(&s);
        }
        size_t length = rows[i].most > 0 ? rows[i].most + 1 : 2000;
        assert_int_equal(read_long(&s, rows[i].before, length, rows[i].after), PODLINK_EINVAL);
        assert_non_null(strstr(s.err.message, rows[i].names));
    }
}

/* --- messages ------------------------------------------------------------------------------------------------------
 */

/* A password that was not percent-encoded, although it should have been. */
static void a_message_never_shows_a_part_of_the_password(void **state)
{
    (void)state;
    static const char *const passwords[] = {"tail/secret",
                                            "tail?secret",
                                            "tail#secret",
                                            "12?secret",
                                            "12?secret=1",
                                            "12?secret&other=1",
                                            "12?%73ecret=%zz",
                                            "12/secret",
                                            "12/secret?secret",
                                            "%secret",
                                            "[secret",
                                            "[::1]secret",
                                            "12?client_name=\x01secret",
                                            "12?db=secret",
                                            "12?call_timeout_ms=secret",
                                            "12?secret_option=1",
                                            "secret",
                                            "12?password=&secret=1"};
    static const char *const before[] = {
        "redis://eva:", "redis://:", "unix://eva:", "redis://[::1]:", "rediss://eva:", "redis:/eva:"};
    static const char *const after[] = {"@host", "@host:x", "@host/x", "@", "@[::1", "@/run/socket?db=x", ""};
    setting s;
    char url[256];
    for (size_t i = 0; i < COUNT_OF(passwords); i++)
        for (size_t b = 0; b < COUNT_OF(before); b++)
            for (size_t a = 0; a < COUNT_OF(after); a++) {
                snprintf(url, sizeof url, "%s%s%s", before[b], passwords[i], after[a]);
                if (read_url(&s, url) == PODLINK_OK)
                    end(&s);
                else if (strstr(s.err.message, "secret"))
                    fail_msg("%s: %s", url, s.err.message);
            }
}

static void expect_one_plain_line(const char *url, const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7F)
            fail_msg("%s: byte %02x in: %s", url, (unsigned char)*at, text);
}

/* Messages and logs show parts of a URL: no line ends, no control sequences. */
static void a_message_is_one_line_of_plain_text(void **state)
{
    (void)state;
    static const char *const urls[] = {"redis://host?a%0ab=1",
                                       "redis://host?%1b[2J=1",
                                       "redis://ho%0ast",
                                       "redis://ho%1b[2Jst",
                                       "redis://ho\nst",
                                       "unix:///run/%0a",
                                       "unix:///run/%1b[2J.sock",
                                       "redis://host/%0a",
                                       "redis://host:%0a",
                                       "redis://eva%0a:secret@ho",
                                       "redis://host?client_name=%0a"};
    setting s;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        podlink_status status = read_url(&s, urls[i]);
        expect_one_plain_line(urls[i], status == PODLINK_OK ? s.config.address.text : s.err.message);
        if (status == PODLINK_OK)
            end(&s);
    }
}

/* systemd names instances like that. A path begins with '/', credentials do not. */
static void the_path_of_a_socket_can_contain_an_at_sign(void **state)
{
    (void)state;
    setting s;
    if (read_url(&s, "unix:///run/redis@main/redis.sock") != PODLINK_OK)
        fail_msg("%s", s.err.message);
    assert_string_equal(s.config.address.text, "/run/redis@main/redis.sock");
    assert_null(s.config.login.user);
    end(&s);
    assert_int_equal(read_url(&s, "unix://eva:secret@/run/redis%40main.sock"), PODLINK_OK);
    assert_string_equal(s.config.address.text, "/run/redis@main.sock");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_are_parsed),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(each_part_has_a_maximum_length),
        cmocka_unit_test(a_message_never_shows_a_part_of_the_password),
        cmocka_unit_test(a_message_is_one_line_of_plain_text),
        cmocka_unit_test(the_path_of_a_socket_can_contain_an_at_sign),
    };
    return RUN_TESTS("url", tests);
}
