/* SPDX-License-Identifier: MIT */
/* The credentials of a callback: validated, copied, and wiped. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "conn/credentials.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 65536 };

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_login login;
    podlink_credentials given;
    podlink_error err;
} setting;

static const char *user_to_give;
static const char *password_to_give;
static int answer;

static int give(void *context, podlink_credentials *into)
{
    setting *s = context;
    if (user_to_give || password_to_give)
        s->err.status = podlink_credentials_set(into, user_to_give, password_to_give);
    return answer;
}

static podlink_status ask(setting *s, const char *user, const char *password)
{
    memset(s, 0, sizeof *s);
    test_heap_init(&s->memory);
    pl_heap_init(&s->heap, &s->memory.allocator);
    user_to_give = user;
    password_to_give = password;
    const pl_credentials_source source = {give, s};
    return pl_credentials_ask(&s->given, &source, &s->heap, &s->login, &s->err);
}

static void end(setting *s)
{
    pl_credentials_wipe(&s->given);
    test_heap_expect_empty(&s->memory, "credentials");
}

static void the_login_has_the_callbacks_credentials(void **state)
{
    (void)state;
    setting s;
    char password[] = "secret";
    assert_int_equal(ask(&s, "eva", password), PODLINK_OK);
    memset(password, 'x', strlen(password));
    assert_string_equal(s.login.user, "eva");
    assert_string_equal(s.login.password, "secret");
    end(&s);
    assert_int_equal(ask(&s, NULL, "secret"), PODLINK_OK);
    assert_null(s.login.user);
    end(&s);
}

static void the_login_is_unchanged_without_a_callback(void **state)
{
    (void)state;
    setting s = {.login = {.user = "eva", .password = "secret"}};
    const pl_credentials_source nobody = {0};
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    assert_int_equal(pl_credentials_ask(&s.given, &nobody, &s.heap, &s.login, &s.err), PODLINK_OK);
    assert_string_equal(s.login.password, "secret");
    end(&s);
}

static void each_text_has_a_maximum_length(void **state)
{
    (void)state;
    static char text[LONGEST + 2];
    setting s;
    memset(text, 'x', LONGEST);
    assert_int_equal(ask(&s, text, text), PODLINK_OK);
    end(&s);
    text[LONGEST] = 'x';
    assert_int_equal(ask(&s, "eva", text), PODLINK_EINVAL);
    end(&s);
    assert_int_equal(ask(&s, text, "secret"), PODLINK_EINVAL);
    end(&s);
    assert_int_equal(ask(&s, "", "secret"), PODLINK_EINVAL);
    end(&s);
    assert_int_equal(ask(&s, "eva", ""), PODLINK_EINVAL);
    end(&s);
    assert_int_equal(ask(&s, "eva", NULL), PODLINK_EINVAL);
    end(&s);
    assert_int_equal(ask(&s, NULL, NULL), PODLINK_EAUTH);
    end(&s);
}

static void a_failing_callback_is_reported_with_its_number(void **state)
{
    (void)state;
    setting s;
    answer = -42;
    assert_int_equal(ask(&s, "eva", "secret"), PODLINK_EAUTH);
    assert_int_equal(s.err.delivery, PODLINK_NOT_SENT);
    assert_string_equal(s.err.message, "the credentials callback failed with -42");
    end(&s);
    answer = 0;
}

static void a_failed_allocation_gives_no_credentials(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        setting s;
        memset(&s, 0, sizeof s);
        test_heap_init(&s.memory);
        test_heap_fail_at(&s.memory, n, 1);
        pl_heap_init(&s.heap, &s.memory.allocator);
        user_to_give = "eva";
        password_to_give = "secret";
        const pl_credentials_source source = {give, &s};
        assert_int_equal(pl_credentials_ask(&s.given, &source, &s.heap, &s.login, &s.err), PODLINK_ENOMEM);
        assert_null(s.given.user);
        assert_null(s.given.password);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_login_has_the_callbacks_credentials),
        cmocka_unit_test(the_login_is_unchanged_without_a_callback),
        cmocka_unit_test(each_text_has_a_maximum_length),
        cmocka_unit_test(a_failing_callback_is_reported_with_its_number),
        cmocka_unit_test(a_failed_allocation_gives_no_credentials),
    };
    return RUN_TESTS("credentials", tests);
}
