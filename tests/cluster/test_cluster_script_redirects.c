/* SPDX-License-Identifier: MIT */
/* A script of one's own in a cluster: what it returns as a redirect is not followed, what a node says is. */
#include "cluster_links.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PASSWORD "a-password-that-stays-in-the-cluster"

static struct test_cluster *cluster;
static podlink_client *client;
static podlink_error err;

/* A port on which nobody of the cluster listens, and that sees who connects. */
static int trap;
static unsigned trap_port;

static void open_trap(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    trap = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(trap, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(trap, 16), 0);
    assert_int_equal(getsockname(trap, (struct sockaddr *)&address, &size), 0);
    trap_port = ntohs(address.sin_port);
}

static void assert_nobody_came(void)
{
    struct pollfd waiting = {.fd = trap, .events = POLLIN};
    assert_int_equal(poll(&waiting, 1, 20), 0);
}

static podlink_status run(const char *const words[], podlink_reply **reply)
{
    size_t count = 0;
    while (words[count])
        count++;
    const podlink_command command = {.argv = words, .argc = count, .key_index = 3};
    return podlink_command_run(client, &command, NULL, reply, &err);
}

static int64_t counter(const char *key)
{
    podlink_reply *reply = NULL;
    int64_t value = 0;
    const char *const words[] = {"GETDEL", key, NULL};
    const podlink_command command = {.argv = words, .argc = 2, .key_index = 1};
    assert_status(PODLINK_OK, podlink_command_run(client, &command, NULL, &reply, &err), &err);
    if (podlink_reply_type_of(reply) != PODLINK_REPLY_NIL)
        assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    podlink_reply_free(reply);
    return value;
}

static void assert_final(const char *key, const char *text)
{
    char source[256];
    podlink_error first;
    snprintf(source, sizeof source, "redis.call('INCR', KEYS[1]) return redis.error_reply('%s')", text);
    const podlink_status status = run((const char *const[]){"EVAL", source, "1", key, NULL}, NULL);
    first = err;
    const int64_t times = counter(key);
    if (times != 1 || status >= 0 || first.delivery != PODLINK_ANSWERED)
        fail_msg("\"%s\": ran %d times, %s, %s", text, (int)times, podlink_status_name(status),
                 podlink_delivery_text(first.delivery));
    assert_nobody_came();
}

static unsigned port_of(size_t node)
{
    return test_server_port(test_cluster_node(cluster, node));
}

static const char *key_on(size_t node, char key[32])
{
    for (unsigned i = 0; i == 0 || test_cluster_owner_index(cluster, test_cluster_slot(cluster, key)) != node; i++)
        snprintf(key, 32, "counter-%u", i);
    return key;
}

static void a_redirect_that_a_script_returns_is_not_followed(void **state)
{
    (void)state;
    char key[32], text[128];
    const unsigned slot = test_cluster_slot(cluster, key_on(0, key));
    static const char *const forms[] = {"MOVED %u 127.0.0.1:%u", "ASK %u 127.0.0.1:%u"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, forms[i], slot, trap_port);
        assert_final(key, text);
        snprintf(text, sizeof text, forms[i], slot + 1, port_of(1)); /* a node of the cluster, but not this slot */
        assert_final(key, text);
        snprintf(text, sizeof text, forms[i], slot, port_of(0)); /* the node that ran it */
        assert_final(key, text);
        snprintf(text, sizeof text, forms[i], slot, port_of(1)); /* a node that does not serve this slot */
        assert_final(key, text);
    }
    assert_final(key, "MOVED 1 ?:0");
    assert_final(key, "MOVED 1 :0");
    assert_final(key, "TRYAGAIN the other door");
    assert_final(key, "CLUSTERDOWN of the game");
}

static void assert_counts(const char *key, int64_t expected)
{
    podlink_reply *reply = NULL;
    int64_t value = 0;
    const podlink_status status =
        run((const char *const[]){"EVAL", "return redis.call('INCR', KEYS[1])", "1", key, NULL}, &reply);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, expected);
    podlink_reply_free(reply);
}

static void a_script_follows_its_slot(void **state)
{
    (void)state;
    char key[32];
    const unsigned slot = test_cluster_slot(cluster, key_on(0, key));
    assert_counts(key, 1);
    assert_true(test_cluster_move(cluster, slot, 1));
    assert_counts(key, 2);
    assert_true(test_cluster_move_begin(cluster, slot, 2));
    assert_true(test_cluster_move_key(cluster, key, 2));
    assert_counts(key, 3); /* by ASK */
    assert_true(test_cluster_move_end(cluster, slot, 2));
    assert_counts(key, 4);
}

static int start(void **state)
{
    (void)state;
    const struct test_cluster_plan plan = {.password = PASSWORD};
    cluster = test_cluster_start(&plan);
    if (!cluster)
        return -1;
    podlink_options options = api_options(test_cluster_url(cluster));
    options.password = PASSWORD;
    client = api_open_with(&options);
    open_trap();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    close(trap);
    podlink_client_free(client);
    test_cluster_stop(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_that_a_script_returns_is_not_followed),
        cmocka_unit_test(a_script_follows_its_slot),
    };
    return RUN_TESTS_BETWEEN("cluster script redirects", tests, start, stop);
}
