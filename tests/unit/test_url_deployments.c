/* SPDX-License-Identifier: MIT */
/* URLs of sentinels and clusters: lists of hosts, the name of the master, and TLS by the scheme. */
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

/* All seeds, with spaces between them. */
static void expect_seeds(const char *url, const pl_config *config, const char *expected)
{
    char all[1024] = "";
    for (size_t i = 0; i < config->seed_count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", config->seeds[i].text);
    expect_text(url, all, expected);
    expect_text(url, config->address.text, config->seeds[0].text);
}

static const struct {
    const char *url;
    pl_deployment_kind kind;
    bool has_tls;
    bool sentinel_tls;
    const char *seeds;
    const char *master;
    const char *user;
    const char *password;
    int32_t database;
} good[] = {
    {"redis://h", PL_SINGLE, false, false, "h:6379", NULL, NULL, NULL, 0},
    {"rediss://h", PL_SINGLE, true, false, "h:6379", NULL, NULL, NULL, 0},
    {"rediss://eva:secret@[::1]:7/3", PL_SINGLE, true, false, "[::1]:7", NULL, "eva", "secret", 3},
    {"unix:///s", PL_SINGLE, false, false, "/s", NULL, NULL, NULL, 0},
    {"sentinel://h/m", PL_SENTINEL, false, false, "h:26379", "m", NULL, NULL, 0},
    {"sentinel://h/m/", PL_SENTINEL, false, false, "h:26379", "m", NULL, NULL, 0},
    {"sentinel://h/m/5", PL_SENTINEL, false, false, "h:26379", "m", NULL, NULL, 5},
    {"sentinel://a,b:1,[::1],[::2]:3/my%2Dmaster", PL_SENTINEL, false, false, "a:26379 b:1 [::1]:26379 [::2]:3",
     "my-master", NULL, NULL, 0},
    {"sentinel://a?master_name=m", PL_SENTINEL, false, false, "a:26379", "m", NULL, NULL, 0},
    {"sentinel://a/m?master_name=n&db=2", PL_SENTINEL, false, false, "a:26379", "n", NULL, NULL, 2},
    {"sentinel://eva:sec,ret@a,b/m", PL_SENTINEL, false, false, "a:26379 b:26379", "m", "eva", "sec,ret", 0},
    {"sentinel+tls://a/m", PL_SENTINEL, true, true, "a:26379", "m", NULL, NULL, 0},
    {"sentinel+tls://a/m?sentinel_tls=0", PL_SENTINEL, true, false, "a:26379", "m", NULL, NULL, 0},
    {"sentinel+tls://a/m?sentinel_tls=-1", PL_SENTINEL, true, true, "a:26379", "m", NULL, NULL, 0},
    {"sentinel://a/m?sentinel_tls=1", PL_SENTINEL, false, true, "a:26379", "m", NULL, NULL, 0},
    {"sentinel://a/m?tls_ca_file=/ca&sentinel_tls=1", PL_SENTINEL, false, true, "a:26379", "m", NULL, NULL, 0},
    {"cluster://h", PL_CLUSTER, false, false, "h:6379", NULL, NULL, NULL, 0},
    {"cluster://h/", PL_CLUSTER, false, false, "h:6379", NULL, NULL, NULL, 0},
    {"cluster://h/0", PL_CLUSTER, false, false, "h:6379", NULL, NULL, NULL, 0},
    {"cluster://:se@cret@a:1,[::1]:2,c", PL_CLUSTER, false, false, "a:1 [::1]:2 c:6379", NULL, NULL, "se@cret", 0},
    {"cluster://a,a", PL_CLUSTER, false, false, "a:6379 a:6379", NULL, NULL, NULL, 0},
    {"cluster+tls://a?tls_verify=0", PL_CLUSTER, true, false, "a:6379", NULL, NULL, NULL, 0},
};

static void good_deployment_urls_are_parsed(void **state)
{
    (void)state;
    setting s;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const pl_config *config = &s.config;
        if (read_url(&s, good[i].url) != PODLINK_OK)
            fail_msg("%s: %s", good[i].url, s.err.message);
        assert_int_equal(config->kind, good[i].kind);
        assert_int_equal(config->tls_enabled, good[i].has_tls);
        assert_int_equal(config->sentinel_tls, good[i].sentinel_tls);
        assert_int_equal(pl_config_uses_tls(config), good[i].has_tls || good[i].sentinel_tls);
        expect_seeds(good[i].url, config, good[i].seeds);
        expect_text(good[i].url, config->master_name, good[i].master);
        expect_text(good[i].url, config->login.user, good[i].user);
        expect_text(good[i].url, config->login.password, good[i].password);
        assert_int_equal(config->login.database, good[i].database);
        end(&s);
    }
}

/* The message names the mistake. */
static const struct {
    const char *url;
    const char *names;
} bad[] = {
    {"cluster+unknown://host", "redis://"},
    {"sentinel://h", "master_name"},
    {"sentinel://h/", "master_name"},
    {"sentinel://h//5", "master_name"},
    {"sentinel://h/m/x", "database"},
    {"sentinel://h/m/1/2", "database"},
    {"sentinel://h/a%20b", "master_name"},
    {"sentinel://h/a%0ab", "master_name"},
    {"sentinel://h/%zz", "master_name"},
    {"sentinel:///m", "host"},
    {"sentinel://a,/m", "host"},
    {"sentinel://,a/m", "host"},
    {"sentinel://a,,b/m", "host"},
    {"sentinel://a:1,:2/m", "host"},
    {"sentinel://a:1,b:x/m", "port"},
    {"sentinel://[::1,a/m", "IPv6"},
    {"sentinel://h/m?sentinel_tls=2", "sentinel_tls"},
    {"sentinel://h/m?sentinel_user=secret", "sentinel_user"},
    {"sentinel://h/m?sentinel_password=", "sentinel_password"},
    {"cluster://h/1", "database"},
    {"cluster://h?db=1", "database"},
    {"cluster://h/m", "database"},
    {"cluster://", "host"},
    {"cluster://h?master_name=m", "master_name"},
    {"redis://h?master_name=m", "master_name"},
    {"redis://h?sentinel_password=secret", "sentinel_password"},
    {"redis://h?sentinel_user=secret", "sentinel_user"},
    {"redis://h?sentinel_tls=1", "sentinel_tls"},
    {"redis://h?tls_ca_file=/ca", "tls_ca_file"},
    {"redis://h?tls_ca_dir=/ca", "tls_ca_dir"},
    {"redis://h?tls_cert_file=/c&tls_key_file=/k", "tls_"},
    {"redis://h?tls_server_name=h", "tls_server_name"},
    {"redis://h?tls_verify=0", "tls_verify"},
    {"redis://h?tls_verify=1", "tls_verify"},
    {"redis://h?tls_verify=1&db=1", "clear text"},
    {"unix:///s?tls_ca_file=/ca", "clear text"},
    {"sentinel://h/m?tls_ca_file=/ca", "clear text"},
    {"cluster://h?tls_ca_file=/ca", "clear text"},
    {"rediss://h?tls_verify=2", "tls_verify"},
    {"rediss://h?tls_verify=-1", "tls_verify"},
    {"rediss://h?tls_cert_file=/c", "tls_key_file"},
    {"rediss://h?tls_key_file=/k", "tls_cert_file"},
    {"rediss://h?tls_ca_file=", "tls_ca_file"},
    {"rediss://h?tls_server_name=a%20b", "tls_server_name"},
};

static void bad_deployment_urls_are_refused(void **state)
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

static podlink_status read_list(setting *s, int hosts)
{
    char url[1024] = "cluster://";
    for (int i = 0; i < hosts; i++)
        snprintf(url + strlen(url), sizeof url - strlen(url), "%sh%d", i ? "," : "", i);
    return read_url(s, url);
}

static void a_list_has_at_most_64_hosts(void **state)
{
    (void)state;
    setting s;
    assert_int_equal(read_list(&s, 64), PODLINK_OK);
    assert_int_equal(s.config.seed_count, 64);
    assert_string_equal(s.config.seeds[63].text, "h63:6379");
    end(&s);
    assert_int_equal(read_list(&s, 65), PODLINK_EINVAL);
    assert_non_null(strstr(s.err.message, "64 hosts"));
}

/* Options for servers count for sentinels as well, and the client has the same name on both. */
static void sentinels_have_their_own_login(void **state)
{
    (void)state;
    setting s;
    assert_int_equal(read_url(&s, "sentinel://eva:one@h/m/4?client_name=me&sentinel_user=sam&sentinel_password=two"),
                     PODLINK_OK);
    assert_string_equal(s.config.login.user, "eva");
    assert_string_equal(s.config.login.password, "one");
    assert_string_equal(s.config.sentinel_login.user, "sam");
    assert_string_equal(s.config.sentinel_login.password, "two");
    assert_string_equal(s.config.sentinel_login.client_name, "me");
    assert_int_equal(s.config.login.database, 4);
    assert_int_equal(s.config.sentinel_login.database, 0);
    end(&s);
}

/* READONLY is unknown elsewhere, or not needed. */
static void connections_to_cluster_replicas_send_readonly(void **state)
{
    static const struct {
        const char *url;
        bool says;
    } urls[] = {{"cluster://h?read_from=replica", true},
                {"cluster://h", false},
                {"sentinel://h/m?read_from=replica", false},
                {"redis://h?read_from=replica", false}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        pl_config config;
        podlink_error err;
        podlink_options options;
        podlink_options_init(&options);
        options.url = urls[i].url;
        assert_int_equal(pl_config_init(&config, &options, &err), PODLINK_OK);
        assert_int_equal(config.login.reads_replicas, urls[i].says);
        pl_config_fini(&config);
    }
}

/* A password that was not percent-encoded, although it should have been. */
static void a_message_never_shows_a_part_of_the_password(void **state)
{
    (void)state;
    static const char *const passwords[] = {"tail/secret",           "tail?secret", "tail,secret",
                                            "12?secret=1",           "12,secret:x", "12/m/secret",
                                            "12/m?secret&x=1",       "a,[secret",   "12?tls_verify=secret",
                                            "12?sentinel_secret=",   "%secret",     "12?read_from=secret",
                                            "12?sentinel_tls=secret"};
    static const char *const before[] = {"sentinel://eva:", "cluster://:", "sentinel+tls://eva:", "cluster+tls://a:"};
    static const char *const after[] = {"@a,b/m", "@a,b:x/m", "@a/m/x", "@", "@,", "@a,[::1", ""};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_deployment_urls_are_parsed),
        cmocka_unit_test(bad_deployment_urls_are_refused),
        cmocka_unit_test(a_list_has_at_most_64_hosts),
        cmocka_unit_test(sentinels_have_their_own_login),
        cmocka_unit_test(connections_to_cluster_replicas_send_readonly),
        cmocka_unit_test(a_message_never_shows_a_part_of_the_password),
    };
    return RUN_TESTS("url deployments", tests);
}
