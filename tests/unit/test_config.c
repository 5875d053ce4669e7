/* SPDX-License-Identifier: MIT */
/* The configuration of a client, from its options and URL. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "config/config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct setting {
    test_heap memory;
    podlink_options options;
    pl_config config;
    podlink_error err;
} setting;

static void begin(setting *s)
{
    memset(s, 0, sizeof *s);
    test_heap_init(&s->memory);
    podlink_options_init(&s->options);
    s->options.allocator = &s->memory.allocator;
}

static podlink_status init(setting *s)
{
    podlink_status status = pl_config_init(&s->config, &s->options, &s->err);
    if (status != PODLINK_OK) {
        assert_int_equal(s->err.status, status);
        assert_int_equal(s->err.delivery, PODLINK_NOT_SENT);
        assert_int_equal(s->memory.blocks, 0);
    }
    return status;
}

static void end(setting *s)
{
    pl_config_fini(&s->config);
    test_heap_expect_empty(&s->memory, "config");
}

static void the_defaults_are_the_documented_ones(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    assert_int_equal(s.options.size, sizeof s.options);
    assert_int_equal(init(&s), PODLINK_OK);
    assert_string_equal(s.config.address.text, "127.0.0.1:6379");
    assert_null(s.config.login.user);
    assert_null(s.config.login.password);
    assert_null(s.config.login.client_name);
    assert_int_equal(s.config.login.database, 0);
    assert_int_equal(s.config.shared_connections, 2);
    assert_int_equal(s.config.retries, 3);
    assert_int_equal(s.config.dial_timeout_ms, 5000);
    assert_int_equal(s.config.call_timeout_ms, 3000);
    assert_int_equal(s.config.reply_max_bytes, 512 * 1024 * 1024);
    assert_int_equal(s.config.kind, PL_SINGLE);
    assert_int_equal(s.config.seed_count, 1);
    assert_int_equal(s.config.read_from, PODLINK_READ_MASTER);
    assert_int_equal(s.config.sentinel_tls, 0);
    assert_int_equal(s.config.credentials_max_age_ms, -1);
    assert_int_equal(s.config.topology_refresh_ms, 60000);
    assert_int_equal(s.config.cluster_node_timeout_ms, 15000);
    assert_true(s.config.tls.verifies);
    assert_false(pl_config_uses_tls(&s.config));
    assert_int_equal(s.options.script_loading, PODLINK_LOAD_ON_OPEN);
    assert_int_equal(s.options.log_level, PODLINK_LOG_INFO);
    end(&s);
}

/* An older program has fewer fields, a newer one more. */
static void option_structs_of_any_size_are_accepted(void **state)
{
    (void)state;
    struct {
        podlink_options options;
        char more[64];
    } larger;
    memset(&larger, 'x', sizeof larger);
    podlink_options_init_sized(&larger.options, sizeof larger);
    assert_int_equal(larger.options.size, sizeof larger);
    for (size_t i = 0; i < sizeof larger.more; i++)
        assert_int_equal(larger.more[i], 0);
    char *smaller =
        malloc(offsetof(podlink_options, user)); /* exact, so that a sanitizer finds a read beyond the end */
    podlink_options_init_sized((podlink_options *)smaller, offsetof(podlink_options, user));
    size_t size;
    memcpy(&size, smaller, sizeof size);
    assert_int_equal(size, offsetof(podlink_options, user));
    free(smaller);
}

/* --- numbers -------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    int64_t least;
    int64_t most;
    bool may_be_unlimited;
} numbers[] = {
    {"database", 0, INT32_MAX, false},
    {"shared_connections", 1, 64, false},
    {"retries", 0, 100, false},
    {"dial_timeout_ms", 1, INT32_MAX, false},
    {"call_timeout_ms", 1, INT32_MAX, true},
    {"reply_max_bytes", 65536, INT64_C(1) << 40, false},
    {"dedicated_max", 1, 4096, false},
    {"pool_wait_ms", 1, INT32_MAX, true},
    {"idle_timeout_ms", 1, INT32_MAX, true},
    {"max_lifetime_ms", 1, INT32_MAX, true},
    {"silence_timeout_ms", 0, INT32_MAX, true},
    {"timeouts_max", 1, 1000, false},
    {"spin_us", 0, 1000, false},
    {"credentials_max_age_ms", 1, INT32_MAX, true},
    {"topology_refresh_ms", 1, INT32_MAX, true},
    {"cluster_node_timeout_ms", 1, INT32_MAX, false},
};

static podlink_status open_with(setting *s, const char *name, const char *value)
{
    char url[256];
    begin(s);
    snprintf(url, sizeof url, "redis://host?%s=%s", name, value);
    s->options.url = url;
    podlink_status status = init(s);
    if (status == PODLINK_OK)
        end(s);
    else if (strncmp(s->err.message, name, strlen(name)) != 0)
        fail_msg("%s=%s: the message does not name it: %s", name, value, s->err.message);
    return status;
}

static void expect_number(const char *name, int64_t value, podlink_status expected)
{
    setting s;
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    podlink_status status = open_with(&s, name, text);
    if (status != expected)
        fail_msg("%s=%s: %s", name, text, podlink_status_name(status));
}

static void each_number_has_its_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const char *name = numbers[i].name;
        expect_number(name, numbers[i].least, PODLINK_OK);
        expect_number(name, numbers[i].most, PODLINK_OK);
        expect_number(name, numbers[i].most + 1, PODLINK_EINVAL);
        expect_number(name, -1, numbers[i].may_be_unlimited ? PODLINK_OK : PODLINK_EINVAL);
        expect_number(name, -2, PODLINK_EINVAL);
        expect_number(name, INT64_MAX, PODLINK_EINVAL);
        expect_number(name, INT64_MIN, PODLINK_EINVAL);
        if (numbers[i].least > 0)
            expect_number(name, numbers[i].least - 1, PODLINK_EINVAL);
    }
}

static void text_that_is_not_a_number_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"", "a", "1s", "1.5", "%20", "01", "0x10", "99999999999999999999"};
    setting s;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (size_t k = 0; k < COUNT_OF(values); k++)
            assert_int_equal(open_with(&s, numbers[i].name, values[k]), PODLINK_EINVAL);
}

static void the_fields_have_the_same_ranges(void **state)
{
    (void)state;
    setting s;
#define EXPECT(field, value, expected)                                                                                 \
    do {                                                                                                               \
        begin(&s);                                                                                                     \
        s.options.field = (value);                                                                                     \
        podlink_status status = init(&s);                                                                              \
        assert_int_equal(status, (expected));                                                                          \
        if (status == PODLINK_OK)                                                                                      \
            end(&s);                                                                                                   \
        else                                                                                                           \
            assert_memory_equal(s.err.message, #field, sizeof #field - 1);                                             \
    } while (0)
    EXPECT(database, -1, PODLINK_EINVAL);
    EXPECT(database, INT32_MAX, PODLINK_OK);
    EXPECT(shared_connections, 0, PODLINK_EINVAL);
    EXPECT(shared_connections, 64, PODLINK_OK);
    EXPECT(shared_connections, 65, PODLINK_EINVAL);
    EXPECT(shared_connections, UINT32_MAX, PODLINK_EINVAL);
    EXPECT(retries, 0, PODLINK_OK);
    EXPECT(retries, 101, PODLINK_EINVAL);
    EXPECT(dial_timeout_ms, 0, PODLINK_EINVAL);
    EXPECT(dial_timeout_ms, -1, PODLINK_EINVAL);
    EXPECT(call_timeout_ms, 0, PODLINK_EINVAL);
    EXPECT(call_timeout_ms, -1, PODLINK_OK);
    EXPECT(call_timeout_ms, -2, PODLINK_EINVAL);
    EXPECT(reply_max_bytes, 0, PODLINK_EINVAL);
    EXPECT(reply_max_bytes, 65535, PODLINK_EINVAL);
    EXPECT(reply_max_bytes, SIZE_MAX, PODLINK_EINVAL);
    EXPECT(reply_max_bytes, (size_t)1 << 40, PODLINK_OK);
    EXPECT(tls_verify, 2, PODLINK_EINVAL);
    EXPECT(tls_verify, -1, PODLINK_EINVAL);
    EXPECT(sentinel_tls, 2, PODLINK_EINVAL);
    EXPECT(sentinel_tls, -2, PODLINK_EINVAL);
    EXPECT(sentinel_tls, 0, PODLINK_OK);
    EXPECT(credentials_max_age_ms, 0, PODLINK_EINVAL);
    EXPECT(credentials_max_age_ms, 1, PODLINK_OK);
    EXPECT(topology_refresh_ms, 0, PODLINK_EINVAL);
    EXPECT(topology_refresh_ms, -1, PODLINK_OK);
    EXPECT(cluster_node_timeout_ms, 0, PODLINK_EINVAL);
    EXPECT(cluster_node_timeout_ms, 1, PODLINK_OK);
    EXPECT(read_from, (podlink_read_from)2, PODLINK_EINVAL);
    EXPECT(read_from, PODLINK_READ_REPLICA, PODLINK_OK);
    EXPECT(script_backend, (podlink_script_backend)2, PODLINK_EINVAL);
    EXPECT(client_name, "two words", PODLINK_EINVAL);
    EXPECT(client_name, "gr\xc3\xbc\xc3\x9f", PODLINK_EINVAL);
    EXPECT(client_name, "a\x7f", PODLINK_EINVAL);
    EXPECT(client_name, "!plain~", PODLINK_OK);
#undef EXPECT
}

/* --- texts -----------------------------------------------------------------------------------------------------------
 */

static void an_empty_text_is_refused(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    s.options.password = "";
    assert_int_equal(init(&s), PODLINK_EINVAL);
    assert_non_null(strstr(s.err.message, "password"));
    begin(&s);
    s.options.password = "p";
    s.options.user = "";
    assert_int_equal(init(&s), PODLINK_EINVAL);
    assert_non_null(strstr(s.err.message, "user"));
    begin(&s);
    s.options.client_name = "";
    assert_int_equal(init(&s), PODLINK_EINVAL);
    assert_non_null(strstr(s.err.message, "client_name"));
}

static void a_user_needs_a_password(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    s.options.user = "eva";
    assert_int_equal(init(&s), PODLINK_EINVAL);
    assert_non_null(strstr(s.err.message, "password"));
    begin(&s);
    s.options.user = "eva";
    s.options.url = "redis://:secret@host";
    assert_int_equal(init(&s), PODLINK_OK);
    assert_string_equal(s.config.login.user, "eva");
    assert_string_equal(s.config.login.password, "secret");
    end(&s);
}

static void the_url_wins_over_the_fields(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    s.options.url = "redis://u:p@host:1/7?client_name=n&retries=9";
    s.options.user = "field";
    s.options.password = "field";
    s.options.client_name = "field";
    s.options.database = 1;
    s.options.retries = 1;
    assert_int_equal(init(&s), PODLINK_OK);
    assert_string_equal(s.config.login.user, "u");
    assert_string_equal(s.config.login.password, "p");
    assert_string_equal(s.config.login.client_name, "n");
    assert_int_equal(s.config.login.database, 7);
    assert_int_equal(s.config.retries, 9);
    end(&s);
}

static void all_texts_are_copied(void **state)
{
    (void)state;
    setting s;
    char url[] = "redis://host:1", user[] = "eva", password[] = "secret", name[] = "me";
    begin(&s);
    s.options.url = url;
    s.options.user = user;
    s.options.password = password;
    s.options.client_name = name;
    assert_int_equal(init(&s), PODLINK_OK);
    memset(url, 'x', strlen(url));
    memset(user, 'x', strlen(user));
    memset(password, 'x', strlen(password));
    memset(name, 'x', strlen(name));
    assert_string_equal(s.config.address.text, "host:1");
    assert_string_equal(s.config.login.user, "eva");
    assert_string_equal(s.config.login.password, "secret");
    assert_string_equal(s.config.login.client_name, "me");
    end(&s);
}

/* --- combinations of options ----------------------------------------------------------------------------------------
 */

static void refused(setting *s, const char *names)
{
    assert_int_equal(init(s), PODLINK_EINVAL);
    if (strncmp(s->err.message, names, strlen(names)) != 0)
        fail_msg("the message does not name %s: %s", names, s->err.message);
}

static int no_credentials(void *context, podlink_credentials *into)
{
    (void)context;
    (void)into;
    return 1;
}

static void credentials_have_a_single_source(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    s.options.credentials = no_credentials;
    s.options.credentials_context = &s;
    assert_int_equal(init(&s), PODLINK_OK);
    assert_true(s.config.credentials == no_credentials);
    assert_ptr_equal(s.config.credentials_context, &s);
    end(&s);
    begin(&s);
    s.options.credentials = no_credentials;
    s.options.password = "p";
    refused(&s, "credentials");
    begin(&s);
    s.options.credentials = no_credentials;
    s.options.url = "redis://eva:p@host";
    refused(&s, "credentials");
    begin(&s);
    s.options.credentials = no_credentials;
    s.options.url = "redis://host?user=eva";
    refused(&s, "credentials");
}

/* The same options are tried with each scheme, with TLS and without. */
static void tls_options_need_tls(void **state)
{
    (void)state;
    static const char *const clear[] = {"redis://h", "unix:///s", "sentinel://h/m", "cluster://h"};
    setting s;
    for (size_t i = 0; i < COUNT_OF(clear); i++) {
        begin(&s);
        s.options.url = clear[i];
        s.options.tls_ca_file = "/ca.pem";
        refused(&s, "tls_ca_file");
        begin(&s);
        s.options.url = clear[i];
        s.options.tls_verify = 0;
        refused(&s, "tls_verify");
    }
    static const char *const secure[] = {"rediss://h", "sentinel+tls://h/m", "cluster+tls://h",
                                         "sentinel://h/m?sentinel_tls=1"};
    for (size_t i = 0; i < COUNT_OF(secure); i++) {
        begin(&s);
        s.options.url = secure[i];
        s.options.tls_ca_file = "/ca.pem";
        s.options.tls_ca_dir = "/cas";
        s.options.tls_cert_file = "/cert.pem";
        s.options.tls_key_file = "/key.pem";
        s.options.tls_server_name = "redis.internal";
        s.options.tls_verify = 0;
        assert_int_equal(init(&s), PODLINK_OK);
        assert_string_equal(s.config.tls.ca_file, "/ca.pem");
        assert_string_equal(s.config.tls.ca_dir, "/cas");
        assert_string_equal(s.config.tls.cert_file, "/cert.pem");
        assert_string_equal(s.config.tls.key_file, "/key.pem");
        assert_string_equal(s.config.tls.server_name, "redis.internal");
        assert_false(s.config.tls.verifies);
        end(&s);
    }
}

static void the_name_of_the_master_can_be_an_option(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    s.options.url = "sentinel://h";
    s.options.master_name = "mymaster";
    assert_int_equal(init(&s), PODLINK_OK);
    assert_string_equal(s.config.master_name, "mymaster");
    end(&s);
    begin(&s);
    s.options.master_name = "mymaster";
    refused(&s, "master_name");
    begin(&s);
    s.options.url = "sentinel://h/m";
    s.options.sentinel_user = "sam";
    refused(&s, "sentinel_user");
}

/* --- memory ----------------------------------------------------------------------------------------------------------
 */

static void an_allocator_needs_all_three_functions(void **state)
{
    (void)state;
    setting s;
    for (int missing = 0; missing < 3; missing++) {
        begin(&s);
        podlink_allocator allocator = s.memory.allocator;
        if (missing == 0)
            allocator.allocate = NULL;
        else if (missing == 1)
            allocator.reallocate = NULL;
        else
            allocator.release = NULL;
        s.options.allocator = &allocator;
        assert_int_equal(init(&s), PODLINK_EINVAL);
        assert_non_null(strstr(s.err.message, "allocator"));
    }
}

static void a_failed_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    setting s;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        begin(&s);
        s.options.url = "sentinel+tls://u:p@host,other/m/1?client_name=n&sentinel_password=s&tls_ca_file=c";
        s.options.user = "field";
        s.options.password = "field";
        s.options.client_name = "field";
        test_heap_fail_at(&s.memory, n, 1);
        podlink_status status = init(&s);
        failed = s.memory.failed > 0;
        assert_int_equal(status, failed ? PODLINK_ENOMEM : PODLINK_OK);
    }
    end(&s);
}

/* Inspects each block that is freed. */
static void *watch_allocate(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void *watch_reallocate(void *context, void *block, size_t size)
{
    (void)context;
    return realloc(block, size);
}

static void watch_release(void *context, void *block)
{
    int *released = context;
    assert_memory_not_equal(block, "se", 2);
    ++*released;
    free(block);
}

static void a_password_is_wiped_before_it_is_freed(void **state)
{
    (void)state;
    int released = 0;
    const podlink_allocator watch = {watch_allocate, watch_reallocate, watch_release, &released};
    const int one_seed = 1;
    setting s;
    begin(&s);
    s.options.allocator = &watch;
    s.options.password = "secret in the field";
    s.options.url = "redis://:secret%20in%20the%20url@host";
    assert_int_equal(pl_config_init(&s.config, &s.options, &s.err), PODLINK_OK);
    assert_int_equal(released, 1);
    pl_config_fini(&s.config);
    assert_int_equal(released, 2 + one_seed);
    s.options.url = "redis://:secret@host/x";
    assert_int_equal(pl_config_init(&s.config, &s.options, &s.err), PODLINK_EINVAL);
    assert_int_equal(released, 2 * (2 + one_seed));
    s.options.url = "sentinel://host/name?sentinel_password=secret";
    assert_int_equal(pl_config_init(&s.config, &s.options, &s.err), PODLINK_OK);
    released = 0;
    pl_config_fini(&s.config);
    assert_int_equal(released, 3 + one_seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_the_documented_ones),
        cmocka_unit_test(option_structs_of_any_size_are_accepted),
        cmocka_unit_test(each_number_has_its_range),
        cmocka_unit_test(text_that_is_not_a_number_is_refused),
        cmocka_unit_test(the_fields_have_the_same_ranges),
        cmocka_unit_test(an_empty_text_is_refused),
        cmocka_unit_test(a_user_needs_a_password),
        cmocka_unit_test(the_url_wins_over_the_fields),
        cmocka_unit_test(all_texts_are_copied),
        cmocka_unit_test(credentials_have_a_single_source),
        cmocka_unit_test(tls_options_need_tls),
        cmocka_unit_test(the_name_of_the_master_can_be_an_option),
        cmocka_unit_test(an_allocator_needs_all_three_functions),
        cmocka_unit_test(a_failed_allocation_leaves_nothing_behind),
        cmocka_unit_test(a_password_is_wiped_before_it_is_freed),
    };
    return RUN_TESTS("config", tests);
}
