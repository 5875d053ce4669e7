/* SPDX-License-Identifier: MIT */
/* A password that goes to a server leaves no copy: neither in freed memory, nor in the buffers of a connection that
 * stays open. Against a server in a thread, with an allocator that inspects its blocks. */
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_DEFINED
#define VALGRIND_MAKE_MEM_DEFINED(bytes, size) ((void)0)
#endif

#define CANARY "canary-0123456789"

typedef struct block {
    struct block *next, *prev;
    size_t size;
    size_t padding; /* aligns the bytes for any type */
} block;            /* the bytes follow */

static void *bytes_of(const block *b)
{
    return (void *)(b + 1);
}

typedef struct setting {
    stub_server *server;
    pthread_mutex_t lock;
    block all; /* the head of a ring */
    int freed; /* blocks that held the canary when they were freed */
    podlink_allocator allocator;
    char url[128];
    podlink_error err;
} setting;

/* --- the allocator ---------------------------------------------------------------------------------------------- */

static void *watched_allocate(void *context, size_t size)
{
    setting *s = context;
    block *b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    pthread_mutex_lock(&s->lock);
    b->next = s->all.next;
    b->prev = &s->all;
    b->next->prev = b->prev->next = b;
    pthread_mutex_unlock(&s->lock);
    return bytes_of(b);
}

static bool holds_canary(const block *b)
{
    VALGRIND_MAKE_MEM_DEFINED(bytes_of(b), b->size); /* padding is searched, too */
    return memmem(bytes_of(b), b->size, CANARY, sizeof CANARY - 1) != NULL;
}

static void watched_release(void *context, void *bytes)
{
    setting *s = context;
    if (!bytes)
        return;
    block *b = (block *)bytes - 1;
    pthread_mutex_lock(&s->lock);
    b->next->prev = b->prev;
    b->prev->next = b->next;
    s->freed += holds_canary(b);
    pthread_mutex_unlock(&s->lock);
    free(b);
}

static void *watched_reallocate(void *context, void *bytes, size_t size)
{
    void *moved = watched_allocate(context, size);
    if (moved && bytes) {
        const block *b = (const block *)bytes - 1;
        memcpy(moved, bytes, b->size < size ? b->size : size);
    }
    if (moved)
        watched_release(context, bytes);
    return moved;
}

/* How many blocks that are not freed contain it. */
static int held(setting *s)
{
    int count = 0;
    pthread_mutex_lock(&s->lock);
    for (const block *b = s->all.next; b != &s->all; b = b->next)
        count += holds_canary(b);
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* --- the client ------------------------------------------------------------------------------------------------- */

static void begin(setting *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->all.next = s->all.prev = &s->all;
    s->allocator = (podlink_allocator){watched_allocate, watched_reallocate, watched_release, s};
    s->server = stub_server_start(FAKE_UNIX, NULL, NULL);
    snprintf(s->url, sizeof s->url, "unix://%s", stub_server_path(s->server));
}

static podlink_client *open_with(setting *s, const char *password)
{
    podlink_client *client = NULL;
    podlink_options options;
    podlink_options_init(&options);
    options.url = s->url;
    options.password = password;
    options.allocator = &s->allocator;
    options.no_janitor_thread = 1; /* it would change memory while the test reads it */
    assert_int_equal(podlink_client_open(&options, &client, &s->err), PODLINK_OK);
    return client;
}

static void end(setting *s, podlink_client *client)
{
    podlink_client_free(client);
    stub_server_stop(s->server);
    assert_int_equal(held(s), 0);
    assert_int_equal(s->freed, 0);
    pthread_mutex_destroy(&s->lock);
}

static podlink_session *borrow(setting *s, podlink_client *client)
{
    podlink_session *session = NULL;
    assert_int_equal(podlink_session_acquire(client, NULL, &session, &s->err), PODLINK_OK);
    return session;
}

/* --- the tests -------------------------------------------------------------------------------------------------- */

static void a_password_of_the_options_is_only_in_the_options(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    podlink_client *client = open_with(&s, CANARY);
    assert_int_equal(held(&s), 1);
    assert_int_equal(podlink_client_reauthenticate(client, &s.err), PODLINK_OK);
    assert_int_equal(held(&s), 1);
    end(&s, client);
}

static void an_auth_in_a_session_leaves_no_copy(void **state)
{
    (void)state;
    setting s;
    const char *const argv[] = {"auth", "user", CANARY};
    const podlink_command command = {.argc = COUNT_OF(argv), .argv = argv};
    begin(&s);
    podlink_client *client = open_with(&s, NULL);
    podlink_session *session = borrow(&s, client);
    assert_int_equal(podlink_session_run(session, &command, NULL, NULL, &s.err), PODLINK_OK);
    assert_int_equal(held(&s), 0);
    podlink_session_release(session);
    end(&s, client);
}

/* A buffer that grows is moved. */
static void a_long_command_that_sets_a_password_leaves_no_copy(void **state)
{
    (void)state;
    setting s;
    static char padding[100 * 1000];
    const char *const argv[] = {"ACL", "SETUSER", "someone", ">" CANARY, padding, padding};
    const podlink_command command = {.argc = COUNT_OF(argv), .argv = argv};
    memset(padding, 'x', sizeof padding - 1);
    begin(&s);
    podlink_client *client = open_with(&s, NULL);
    assert_int_equal(podlink_command_run(client, &command, NULL, NULL, &s.err), PODLINK_OK);
    assert_int_equal(held(&s), 0);
    assert_int_equal(s.freed, 0);
    end(&s, client);
}

static void a_password_in_the_configuration_leaves_no_copy(void **state)
{
    (void)state;
    setting s;
    const char *const argv[] = {"CONFIG", "SET", "requirepass", CANARY};
    const podlink_command command = {.argc = COUNT_OF(argv), .argv = argv};
    begin(&s);
    podlink_client *client = open_with(&s, NULL);
    assert_int_equal(podlink_command_run(client, &command, NULL, NULL, &s.err), PODLINK_OK);
    assert_int_equal(held(&s), 0);
    end(&s, client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_of_the_options_is_only_in_the_options),
        cmocka_unit_test(an_auth_in_a_session_leaves_no_copy),
        cmocka_unit_test(a_long_command_that_sets_a_password_leaves_no_copy),
        cmocka_unit_test(a_password_in_the_configuration_leaves_no_copy),
    };
    return RUN_TESTS("secret memory", tests);
}
