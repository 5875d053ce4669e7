/* What a client was opened with. */
#include "heap.h"
#include "tap_cmocka.h"

#include "client/config.h"

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

static void the_defaults_are_those_of_the_header(void **state)
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
    assert_int_equal(s.options.script_loading, PODLINK_LOAD_ON_OPEN);
    assert_int_equal(s.options.log_level, PODLINK_LOG_INFO);
    end(&s);
}

/* An older program knows fewer fields, a newer one more. */
static void options_of_any_size_are_set(void **state)
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
    char *smaller = malloc(offsetof(podlink_options, user)); /* exact, so that a byte beyond is found out */
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

static void what_is_no_number_is_refused(void **state)
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

static void nothing_is_borrowed(void **state)
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

/* --- memory ----------------------------------------------------------------------------------------------------------
 */

static void an_allocator_has_three_functions(void **state)
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

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    setting s;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        begin(&s);
        s.options.url = "redis://u:p@host/1?client_name=n";
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

/* Looks into each block that is given back. */
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

static void a_password_is_wiped_before_its_memory_is_given_back(void **state)
{
    (void)state;
    int released = 0;
    const podlink_allocator watch = {watch_allocate, watch_reallocate, watch_release, &released};
    setting s;
    begin(&s);
    s.options.allocator = &watch;
    s.options.password = "secret in the field";
    s.options.url = "redis://:secret%20in%20the%20url@host";
    assert_int_equal(pl_config_init(&s.config, &s.options, &s.err), PODLINK_OK);
    assert_int_equal(released, 1);
    pl_config_fini(&s.config);
    assert_int_equal(released, 2);
    s.options.url = "redis://:secret@host/x";
    assert_int_equal(pl_config_init(&s.config, &s.options, &s.err), PODLINK_EINVAL);
    assert_int_equal(released, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_header),
        cmocka_unit_test(options_of_any_size_are_set),
        cmocka_unit_test(each_number_has_its_range),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(the_fields_have_the_same_ranges),
        cmocka_unit_test(an_empty_text_is_refused),
        cmocka_unit_test(a_user_needs_a_password),
        cmocka_unit_test(the_url_wins_over_the_fields),
        cmocka_unit_test(nothing_is_borrowed),
        cmocka_unit_test(an_allocator_has_three_functions),
        cmocka_unit_test(without_memory_nothing_is_left),
        cmocka_unit_test(a_password_is_wiped_before_its_memory_is_given_back),
    };
    return RUN_TESTS("config", tests);
}
