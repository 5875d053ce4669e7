/* SPDX-License-Identifier: MIT */
/* Each operation against each fault of a server: the right status and delivery, within the deadline, without a leaked
 * descriptor; and the client works again with a healthy server. */
#include "operation_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LONG_MS = 3000, /* a deadline that is never reached */
    SHORT_MS = 60,  /* a deadline that is reached, for silent servers */
    LATE_MS = 50,   /* no call ends later than this after its deadline */
    RETRIES = 1,
    COME_BACK_MS = 1000, /* calls succeed again within this time after the server has recovered */
    TRIES = 3            /* a loaded machine can be late once; a wrong deadline is late each time */
};

/* ---- the faults ---- */

enum fault_kind {
    FAULT_LIE,      /* the text */
    FAULT_HALF,     /* half of the right reply */
    FAULT_TOO_MANY, /* the right reply, and the text */
    FAULT_SHAPE,    /* the text, a valid reply of another type */
    FAULT_ABSENT    /* there is no server */
};

struct fault {
    const char *name; /* "<operation> meets a server that <name>" */
    enum fault_kind kind;
    enum fault_stage stage; /* NEVER: that of the operation */
    const char *text;
    size_t length; /* 0: NUL-terminated */
    enum fault_end then;
    bool repeats;
    bool is_silent; /* takes the whole deadline */
    podlink_status status;
    podlink_delivery delivery;
};

static const char binary_garbage[] = {'\0', '\xff', '\r', '\n', '\x80', '*', '1', '\r', '\n'};

#define NESTED_12  "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
#define NESTED_48  NESTED_12 NESTED_12 NESTED_12 NESTED_12
#define NESTED_144 NESTED_48 NESTED_48 NESTED_48

#define SAYS(t)      .text = (t)
#define AT_ACCEPT    .stage = FAULT_AT_ACCEPT
#define AT_HANDSHAKE .stage = FAULT_AT_HANDSHAKE
#define NOT_SENT(s)  .status = PODLINK_##s, .delivery = PODLINK_NOT_SENT
#define UNKNOWN(s)   .status = PODLINK_##s, .delivery = PODLINK_UNKNOWN
#define ANSWERED(s)  .status = PODLINK_##s, .delivery = PODLINK_ANSWERED
#define SILENT       .then = FAULT_GOES_SILENT, .is_silent = true
#define CLOSES       .then = FAULT_CLOSES
#define VANISHES     .then = FAULT_RESETS
/* The server's error, always and once. */
#define ERROR(n, t, s)                                                                                                 \
    {                                                                                                                  \
        n " always", SAYS("-" t "\r\n"), .repeats = true, ANSWERED(s)                                                  \
    }

/* The exact texts of Redis: another text is taken for the error of a script itself. */
#define MASTERDOWN "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
#define BUSY       "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
#define READONLY_IN_SCRIPT                                                                                             \
    "READONLY You can't write against a read only replica. script: 0123456789abcdef0123456789abcdef01234567, on "      \
    "@user_script:1."

static const struct fault faults[] = {
    {"is not there", FAULT_ABSENT, NOT_SENT(ECONNECT)},

    {"accepts and never answers", AT_ACCEPT, SILENT, NOT_SENT(ETIMEDOUT)},
    {"closes at once", AT_ACCEPT, CLOSES, NOT_SENT(ECONNLOST)},
    {"vanishes at once", AT_ACCEPT, VANISHES, NOT_SENT(ECONNLOST)},
    {"has too many clients", AT_ACCEPT, SAYS("-ERR max number of clients reached\r\n"), CLOSES, NOT_SENT(ECONNECT)},
    {"is in protected mode", AT_ACCEPT, SAYS("-DENIED Redis is running in protected mode\r\n"), CLOSES,
     NOT_SENT(ESERVER)},
    {"speaks HTTP", AT_ACCEPT, SAYS("HTTP/1.1 400 Bad Request\r\n\r\n"), CLOSES, NOT_SENT(EPROTOCOL)},

    {"refuses the password", AT_HANDSHAKE, SAYS("-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
     .repeats = true, NOT_SENT(EAUTH)},
    {"asks for a password", AT_HANDSHAKE, SAYS("-NOAUTH Authentication required.\r\n"), .repeats = true,
     NOT_SENT(EAUTH)},
    {"answers no handshake", AT_HANDSHAKE, SILENT, NOT_SENT(ETIMEDOUT)},
    {"closes in the handshake", AT_HANDSHAKE, SAYS("+PO"), CLOSES, NOT_SENT(ECONNLOST)},
    {"answers the handshake once too often", AT_HANDSHAKE, SAYS("+PONG\r\n+PONG\r\n"), NOT_SENT(EPROTOCOL)},

    {"closes without an answer", CLOSES, UNKNOWN(ECONNLOST)},
    {"vanishes without an answer", VANISHES, UNKNOWN(ECONNLOST)},
    {"closes in mid-reply", FAULT_HALF, CLOSES, UNKNOWN(ECONNLOST)},
    {"vanishes in mid-reply", FAULT_HALF, VANISHES, UNKNOWN(ECONNLOST)},
    {"does not answer", SILENT, UNKNOWN(ETIMEDOUT)},
    {"falls silent in mid-reply", FAULT_HALF, SILENT, UNKNOWN(ETIMEDOUT)},
    {"sends garbage", SAYS("this is no RESP\r\n"), UNKNOWN(EPROTOCOL)},
    {"sends binary garbage", .text = binary_garbage, .length = sizeof binary_garbage, UNKNOWN(EPROTOCOL)},
    {"sends a negative length of a string", SAYS("$-5\r\n"), UNKNOWN(EPROTOCOL)},
    {"sends a negative length of an array", SAYS("*-5\r\n"), UNKNOWN(EPROTOCOL)},
    {"sends a length that is no number", SAYS("$1x\r\nab\r\n"), UNKNOWN(EPROTOCOL)},
    {"sends a length beyond 64 bits", SAYS("$99999999999999999999\r\n"), UNKNOWN(EPROTOCOL)},
    {"sends an array beyond 64 bits", SAYS("*99999999999999999999\r\n"), UNKNOWN(EPROTOCOL)},
    {"nests 144 levels deep", SAYS(NESTED_144 ":1\r\n"), ANSWERED(EREPLY)},
    {"nests without end", SAYS(NESTED_144), SILENT, UNKNOWN(ETIMEDOUT)},
    {"announces 2 GB of text and falls silent", SAYS("$2000000000\r\n"), SILENT, UNKNOWN(ETIMEDOUT)},
    {"announces 2 billion elements and falls silent", SAYS("*2000000000\r\n"), SILENT, UNKNOWN(ETIMEDOUT)},
    {"sends a reply too many", FAULT_TOO_MANY, SAYS(":1\r\n"), ANSWERED(OK)},
    {"sends half a reply too many", FAULT_TOO_MANY, SAYS("$100\r\nhalf"), ANSWERED(OK)},

    {"answers by an integer", FAULT_SHAPE, SAYS(":7\r\n"), .repeats = true, ANSWERED(EREPLY)},
    {"answers by an empty array", FAULT_SHAPE, SAYS("*0\r\n"), .repeats = true, ANSWERED(EREPLY)},
    {"answers by nil", FAULT_SHAPE, SAYS("$-1\r\n"), .repeats = true, ANSWERED(EREPLY)},

    ERROR("says ERR", "ERR something is wrong", ESERVER),
    ERROR("says WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong kind of value", EWRONGTYPE),
    ERROR("says WRONGTYPE as before 7.0",
          "ERR Error running script (call to f_0123): @user_script:3: WRONGTYPE Operation against a key", EWRONGTYPE),
    ERROR("says NOPERM", "NOPERM this user has no permissions", ENOPERM),
    ERROR("says NOAUTH", "NOAUTH Authentication required.", EAUTH),
    ERROR("says READONLY", READONLY_IN_SCRIPT, EREADONLY),
    ERROR("says OOM", "OOM command not allowed when used memory > 'maxmemory'.", EOOM),
    ERROR("says MOVED", "MOVED 1234 127.0.0.1:1", EREDIRECT),
    ERROR("says ASK", "ASK 1234 127.0.0.1:1", EREDIRECT),
    ERROR("says LOADING", "LOADING Redis is loading the dataset in memory", ELOADING),
    ERROR("says MASTERDOWN", MASTERDOWN, EMASTERDOWN),
    ERROR("says CLUSTERDOWN", "CLUSTERDOWN The cluster is down", ECLUSTERDOWN),
    ERROR("says TRYAGAIN", "TRYAGAIN Multiple keys request during rehashing of slot", ETRYAGAIN),
    ERROR("says BUSY", BUSY, EBUSY),
    ERROR("says NOSCRIPT", "NOSCRIPT No matching script.", ENOSCRIPT),
};

/* Temporary errors: after one of them the call is repeated and succeeds. */
static const struct fault passing[] = {
    {"says LOADING once", SAYS("-LOADING Redis is loading the dataset in memory\r\n")},
    {"says MASTERDOWN once", SAYS("-" MASTERDOWN "\r\n")},
    {"says CLUSTERDOWN once", SAYS("-CLUSTERDOWN The cluster is down\r\n")},
    {"says TRYAGAIN once", SAYS("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")},
    {"says BUSY once", SAYS("-" BUSY "\r\n")},
    {"says NOSCRIPT once", SAYS("-NOSCRIPT No matching script.\r\n")},
};

enum { FAULT_COUNT = COUNT_OF(faults), PASSING_COUNT = COUNT_OF(passing) };

/* ---- one operation and one fault ---- */

/* Of the running test; the teardown stops it after a failure. */
static struct faulty_server *server;
static podlink_client *client;

static int end(void **state)
{
    (void)state;
    podlink_client_free(client);
    faulty_server_stop(server);
    client = NULL;
    server = NULL;
    return 0;
}

struct cell {
    const struct operation *operation;
    const struct fault *fault;
    char name[96];
};

static const char *truth_of(const struct operation *operation)
{
    if (operation->stage == FAULT_AT_LOAD)
        return "*0\r\n"; /* reply to the last command of a load, the question for permissions */
    return operation->replies[operation->fault_at > 0 && operation->replies[1] ? 1 : 0];
}

/* The bytes of the wrong reply. */
static const char *text_of(const struct cell *cell, char room[512])
{
    const struct fault *fault = cell->fault;
    const char *truth = truth_of(cell->operation);
    if (fault->kind == FAULT_HALF) {
        snprintf(room, 512, "%.*s", (int)strlen(truth) - 3, truth);
        return room;
    }
    if (fault->kind == FAULT_TOO_MANY) {
        snprintf(room, 512, "%s%s", truth, fault->text);
        return room;
    }
    return fault->text;
}

static struct fault_plan plan_of(const struct cell *cell, char room[512])
{
    const struct fault *fault = cell->fault;
    struct fault_plan plan = {.stage = fault->stage,
                              .at = 0,
                              .reply = text_of(cell, room),
                              .length = fault->length,
                              .then = fault->then,
                              .repeats = fault->repeats};
    if (plan.stage == FAULT_NEVER) {
        plan.stage = cell->operation->stage;
        plan.at = fault->kind == FAULT_TOO_MANY ? cell->operation->commands - 1 : cell->operation->fault_at;
    }
    return plan;
}

static podlink_status expected_of(const struct cell *cell)
{
    const struct fault *fault = cell->fault;
    if (fault->kind != FAULT_SHAPE)
        return fault->status;
    switch (fault->text[0]) {
    case ':':
        return cell->operation->of_integer;
    case '*':
        return cell->operation->of_empty;
    default:
        return cell->operation->of_nil;
    }
}

static podlink_options options_of(const struct cell *cell, const char *url, int64_t deadline_ms)
{
    podlink_options options = operation_options(url);
    options.retries = RETRIES;
    options.call_timeout_ms = deadline_ms;
    options.silence_timeout_ms = -1; /* else the janitor could come before the deadline */
    if (!cell->operation->run)
        options.script_loading = PODLINK_LOAD_ON_OPEN;
    return options;
}

/* Runs the operation. The client was opened before, or the operation opens it. */
static podlink_status run(const struct cell *cell, const podlink_options *options, const podlink_call *call,
                          podlink_error *err)
{
    struct operation_input input = operation_valid;
    input.call = call;
    if (cell->operation->run)
        return cell->operation->run(client, &input, err);
    podlink_client_free(client);
    podlink_client *opened = (podlink_client *)&opened;
    podlink_status status = podlink_client_open(options, &opened, err);
    client = opened;
    assert_int_equal(client == NULL, status != PODLINK_OK);
    return status;
}

static void check_end(const struct cell *cell, podlink_status status, const podlink_error *err)
{
    const podlink_status expected = expected_of(cell);
    if (expected < 0)
        assert_failure(expected, cell->fault->delivery, status, err);
    else
        assert_status(expected, status, err);
    if (expected < 0 && cell->fault->text && cell->fault->text[0] == '-')
        assert_holds(cell->fault->text, err->server);
    if (expected < 0)
        assert_null(strchr(err->message, '\n'));
}

/* The server is healthy from now on: calls succeed as soon as the client may dial again. */
static void assert_comes_back(const struct cell *cell, podlink_options *options)
{
    const podlink_call patient = {.size = sizeof patient, .timeout_ms = LONG_MS};
    const struct timespec step = {.tv_nsec = 1000000};
    const int64_t began = api_now_ns();
    podlink_error err;
    podlink_status status;
    options->call_timeout_ms = LONG_MS;
    faulty_server_recover(server);
    while ((status = run(cell, options, &patient, &err)) != PODLINK_OK) {
        if (api_now_ns() - began > COME_BACK_MS * INT64_C(1000000))
            break;
        nanosleep(&step, NULL);
    }
    assert_status(PODLINK_OK, status, &err);
}

/* Not longer with a sanitizer: hundreds of tests wait for their deadline. */
static int64_t deadline_of(const struct fault *fault)
{
    return (SANITIZED ? 1 : api_slowness()) * (fault->is_silent ? SHORT_MS : LONG_MS);
}

/* @return how late it was, in ms */
static int64_t face(const struct cell *cell)
{
    char room[512];
    const int descriptors = api_descriptors();
    const bool is_absent = cell->fault->kind == FAULT_ABSENT;
    struct fault_plan plans[2] = {plan_of(cell, room), plan_of(cell, room)};
    plans[1].at = 0; /* where a repetition begins */
    const int64_t deadline_ms = deadline_of(cell->fault);
    server = faulty_server_start(FAKE_UNIX, plans, 2, cell->operation->replies);
    podlink_options options =
        options_of(cell, is_absent ? "unix:///nonexistent/socket" : faulty_server_url(server), deadline_ms);
    podlink_error err = {.status = PODLINK_OK};
    if (cell->operation->run)
        client = api_open_with(&options);

    const struct api_watch watch = api_watch_start();
    podlink_status status = run(cell, &options, NULL, &err);
    const int64_t late_ms = api_late_ms(&watch, deadline_ms);
    check_end(cell, status, &err);
    if (!is_absent)
        assert_comes_back(cell, &options);
    end(NULL);
    assert_int_equal(api_descriptors(), descriptors);
    return late_ms;
}

static void the_operation_reports_the_fault(void **state)
{
    int64_t late_ms = 0;
    for (int i = 0; i < TRIES; i++) {
        late_ms = face(*state);
        if (late_ms <= LATE_MS * api_slowness())
            return;
    }
    fail_msg("late by %lld ms", (long long)late_ms);
}

/* ---- temporary errors ---- */

static void the_operation_recovers_from_the_fault(void **state)
{
    const struct cell *cell = *state;
    char room[512];
    const struct fault_plan plans[2] = {plan_of(cell, room), {.stage = FAULT_NEVER}};
    server = faulty_server_start(FAKE_UNIX, plans, 2, cell->operation->replies);
    const podlink_options options = options_of(cell, faulty_server_url(server), LONG_MS);
    podlink_error err;
    if (cell->operation->run)
        client = api_open_with(&options);
    assert_status(PODLINK_OK, run(cell, &options, NULL, &err), &err);
    const podlink_stats stats = api_stats(client);
    assert_true(stats.dials <= 2);
    assert_int_equal(stats.retries + stats.noscript_repairs, 1);
    end(NULL);
}

/* A repeatable operation survives a lost connection, unless the caller forbids repetition. */
static void one_lost_connection(const struct operation *operation, uint32_t flags, podlink_status expected)
{
    const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .at = operation->fault_at, .then = FAULT_CLOSES},
                                       {.stage = FAULT_NEVER}};
    server = faulty_server_start(FAKE_UNIX, plans, 2, operation->replies);
    const podlink_options options = operation_options(faulty_server_url(server));
    client = api_open_with(&options);
    const podlink_call call = {.size = sizeof call, .flags = flags};
    struct operation_input input = operation_valid;
    podlink_error err;
    input.call = &call;
    podlink_status status = operation->run(client, &input, &err);
    if (status != expected)
        print_error("%s\n", operation->name);
    if (expected == PODLINK_OK)
        assert_status(PODLINK_OK, status, &err);
    else
        assert_failure(expected, PODLINK_UNKNOWN, status, &err);
    assert_true(faulty_server_connections(server) <= 2);
    end(NULL);
}

static void repeatable_operations_survive_a_lost_connection(void **state)
{
    (void)state;
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 0; i < count; i++) {
        if (!all[i].run || all[i].stage != FAULT_AT_COMMAND)
            continue;
        one_lost_connection(&all[i], 0, all[i].is_repeatable ? PODLINK_OK : PODLINK_ECONNLOST);
        one_lost_connection(&all[i], PODLINK_NO_REPEAT, PODLINK_ECONNLOST);
    }
}

/* ---- tests outside the matrix ---- */

static void assert_takes_at_most(const struct api_watch *watch, int64_t deadline_ms)
{
    const int64_t late_ms = api_late_ms(watch, deadline_ms);
    if (late_ms > LATE_MS * api_slowness())
        fail_msg("late by %lld ms, with a deadline of %lld", (long long)late_ms, (long long)deadline_ms);
}

static void a_refused_connection_is_reported_with_its_address(void **state)
{
    (void)state;
    char url[64], address[32];
    const uint16_t port = api_closed_port();
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)port);
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    const podlink_options options = operation_options(url);
    client = api_open_with(&options);
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++) {
        podlink_error err = {.status = PODLINK_OK};
        const struct api_watch watch = api_watch_start();
        podlink_status status = all[i].run(client, &operation_valid, &err);
        assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, status, &err);
        assert_holds(err.message, address);
        assert_takes_at_most(&watch, 1000); /* three pauses, not the deadline of three seconds */
    }
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.connections, 0);
    assert_int_equal(stats.dials, stats.dial_failures);
    assert_int_equal(stats.bytes_sent, 0);
}

static void an_open_without_a_server_fails_within_its_deadline(void **state)
{
    (void)state;
    podlink_options options = api_options("unix:///nonexistent/socket");
    podlink_client *opened = (podlink_client *)&opened;
    podlink_error err;
    options.retries = 100;
    options.call_timeout_ms = 100;
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_client_open(&options, &opened, &err);
    assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, status, &err);
    assert_null(opened);
    assert_holds(err.message, "/nonexistent/socket");
    assert_takes_at_most(&watch, 100);
}

static void a_server_that_is_always_loading_costs_at_most_the_deadline(void **state)
{
    (void)state;
    const struct fault_plan plan = {
        .stage = FAULT_AT_COMMAND, .reply = "-LOADING Redis is loading the dataset in memory\r\n", .repeats = true};
    server = faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"+OK\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    options.retries = 100;
    client = api_open_with(&options);
    const podlink_call call = {.size = sizeof call, .timeout_ms = 150};
    const podlink_link link = {"test", "game", "user"};
    podlink_error err;
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_set(client, &link, 3, PODLINK_FOREVER, NULL, &call, &err);
    assert_failure(PODLINK_ELOADING, PODLINK_ANSWERED, status, &err);
    assert_takes_at_most(&watch, 150);
    assert_true(faulty_server_commands(server) >= 3);
    assert_true(faulty_server_commands(server) <= 30); /* it backs off */
    assert_true(faulty_server_connections(server) <= 2);
    end(NULL);
}

static void a_dial_has_its_own_deadline(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_HANDSHAKE, .then = FAULT_GOES_SILENT};
    server = faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"+OK\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    options.dial_timeout_ms = 60;
    options.call_timeout_ms = LONG_MS;
    options.retries = 1;
    client = api_open_with(&options);
    podlink_error err;
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_ping(client, NULL, NULL, &err);
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, status, &err);
    assert_takes_at_most(&watch, 2 * 60 + 20);
    assert_int_equal(faulty_server_connections(server), 2);
    end(NULL);
}

/* No reset comes if the peer has lost its power: the client must give the connection up by itself. */
static void a_connection_that_stays_silent_is_closed(void **state)
{
    (void)state;
    const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .then = FAULT_GOES_SILENT}, {.stage = FAULT_NEVER}};
    server = faulty_server_start(FAKE_UNIX, plans, 2, (const char *const[]){"+PONG\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    struct api_clock clock;
    api_clock_init(&clock);
    options.clock = &clock.clock;
    client = api_open_with(&options);
    const podlink_call call = {.size = sizeof call, .timeout_ms = 50};
    podlink_error err;
    podlink_status status = podlink_ping(client, NULL, &call, &err);
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, status, &err);
    for (int i = 0; i < 10 && status != PODLINK_OK; i++) {
        clock.ahead_ns += INT64_C(60000000000);
        status = podlink_ping(client, NULL, &call, &err);
    }
    assert_status(PODLINK_OK, status, &err);
    end(NULL);
}

static void an_idle_connection_with_an_unsolicited_reply_is_closed(void **state)
{
    (void)state;
    const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .reply = "$1\r\n3\r\n$1\r\n4\r\n"},
                                       {.stage = FAULT_NEVER}};
    server = faulty_server_start(FAKE_UNIX, plans, 2, (const char *const[]){"$1\r\n5\r\n", NULL});
    const podlink_options options = operation_options(faulty_server_url(server));
    client = api_open_with(&options);
    const podlink_link link = {"test", "game", "user"};
    podlink_error err;
    int32_t pod;
    assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 3);
    assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 5);
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.connections_lost, 1);
    assert_int_equal(stats.dials, 2);
    end(NULL);
}

static void a_reply_beyond_the_limit_fails_only_its_call(void **state)
{
    (void)state;
    enum { LIMIT = 64 * 1024, SIZE = LIMIT + 32 * 1024 };
    static char text[SIZE + 32];
    int head = snprintf(text, sizeof text, "$%d\r\n", SIZE);
    memset(text + head, 'x', SIZE);
    memcpy(text + head + SIZE, "\r\n", 3);
    const struct fault_plan plan = {.stage = FAULT_NEVER};
    server = faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){text, "+next\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    podlink_error err;
    const char *const argv[] = {"GET", "a"};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1, .repeatable = 1};
    options.reply_max_bytes = LIMIT;
    client = api_open_with(&options);
    podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
    assert_failure(PODLINK_EREPLY, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "reply_max_bytes");
    assert_status(PODLINK_OK, podlink_command_run(client, &command, NULL, NULL, &err), &err);
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.dials, 1);
    assert_int_equal(stats.connections_lost, 0);
    podlink_client_free(client);
    options.reply_max_bytes = 2 * LIMIT;
    client = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_command_run(client, &command, NULL, NULL, &err), &err);
    end(NULL);
}

/* Each attempt ends a connection, with the calls of others that are in flight on it. */
static void a_reply_that_is_not_resp_is_repeated_once(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_COMMAND, .reply = "this is not RESP\r\n", .repeats = true};
    server = faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"$1\r\n5\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    options.retries = 5;
    client = api_open_with(&options);
    const char *const argv[] = {"GET", "a"};
    podlink_command command = {.argc = 2, .argv = argv, .key_index = 1, .repeatable = 1};
    podlink_error err;
    assert_failure(PODLINK_EPROTOCOL, PODLINK_UNKNOWN, podlink_command_run(client, &command, NULL, NULL, &err), &err);
    assert_int_equal(faulty_server_commands(server), 2);
    command.repeatable = 0;
    assert_failure(PODLINK_EPROTOCOL, PODLINK_UNKNOWN, podlink_command_run(client, &command, NULL, NULL, &err), &err);
    assert_int_equal(faulty_server_commands(server), 3);
    end(NULL);
}

static void a_server_that_does_not_speak_resp_is_dialled_twice(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_ACCEPT, .reply = "HTTP/1.1 400 Bad Request\r\n\r\n"};
    server = faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"+OK\r\n", NULL});
    podlink_options options = operation_options(faulty_server_url(server));
    options.retries = 5;
    client = api_open_with(&options);
    podlink_error err;
    assert_failure(PODLINK_EPROTOCOL, PODLINK_NOT_SENT, podlink_ping(client, NULL, NULL, &err), &err);
    assert_int_equal(faulty_server_connections(server), 2);
    end(NULL);
}

/* ---- the program ---- */

static const struct CMUnitTest others[] = {
    cmocka_unit_test_teardown(repeatable_operations_survive_a_lost_connection, end),
    cmocka_unit_test_teardown(a_refused_connection_is_reported_with_its_address, end),
    cmocka_unit_test_teardown(an_open_without_a_server_fails_within_its_deadline, end),
    cmocka_unit_test_teardown(a_server_that_is_always_loading_costs_at_most_the_deadline, end),
    cmocka_unit_test_teardown(a_dial_has_its_own_deadline, end),
    cmocka_unit_test_teardown(a_connection_that_stays_silent_is_closed, end),
    cmocka_unit_test_teardown(an_idle_connection_with_an_unsolicited_reply_is_closed, end),
    cmocka_unit_test_teardown(a_reply_beyond_the_limit_fails_only_its_call, end),
    cmocka_unit_test_teardown(a_reply_that_is_not_resp_is_repeated_once, end),
    cmocka_unit_test_teardown(a_server_that_does_not_speak_resp_is_dialled_twice, end),
};
enum { OTHER_COUNT = COUNT_OF(others) };

static void add(struct CMUnitTest *test, struct cell *cell, const struct operation *operation,
                const struct fault *fault, CMUnitTestFunction function)
{
    cell->operation = operation;
    cell->fault = fault;
    snprintf(cell->name, sizeof cell->name, "%s meets a server that %s", operation->name, fault->name);
    *test = (struct CMUnitTest){.name = cell->name, .test_func = function, .teardown_func = end, .initial_state = cell};
}

/* A server that loads no scripts cannot lack one. */
static bool makes_sense(const struct operation *operation, const struct fault *fault)
{
    return strcmp(fault->name, "says NOSCRIPT once") != 0 || operation->has_script;
}

/* An argument is a pattern of names: "link_set meets*". */
int main(int argc, char **argv)
{
    size_t operation_count, count = 0;
    const struct operation *all = operations(&operation_count);
    const size_t most = operation_count * (FAULT_COUNT + PASSING_COUNT) + OTHER_COUNT;
    struct CMUnitTest *tests = calloc(most, sizeof *tests);
    struct cell *cells = calloc(most, sizeof *cells);
    if (!tests || !cells)
        return 1;
    for (size_t i = 0; i < operation_count; i++) {
        for (size_t j = 0; j < FAULT_COUNT; j++, count++)
            add(&tests[count], &cells[count], &all[i], &faults[j], the_operation_reports_the_fault);
        for (size_t j = 0; j < PASSING_COUNT; j++)
            if (makes_sense(&all[i], &passing[j])) {
                add(&tests[count], &cells[count], &all[i], &passing[j], the_operation_recovers_from_the_fault);
                count++;
            }
    }
    memcpy(tests + count, others, sizeof others);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const int failed = _cmocka_run_group_tests("faults", tests, count + OTHER_COUNT, NULL, NULL);
    free(tests);
    free(cells);
    return failed == 0 ? 0 : 1;
}
