/* SPDX-License-Identifier: MIT */
/* Writers. The n-th write of thread t has the uid "t-n" and the pod n, so a key alone shows what its value must be. */
#include "writers.h"

#include "ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NS_IN_S = 1000000000, UID_SIZE = 24, STATUSES = 40, SLOTS = 16384 };

#define NAMESPACE "chaos"
#define SERVICE   "game"

static void uid_of(char uid[UID_SIZE], unsigned writer, size_t n)
{
    snprintf(uid, UID_SIZE, "%u-%zu", writer, n);
}

/* CRC16 of Redis Cluster, bit by bit, independent of the library's own. */
unsigned writers_slot(unsigned writer, size_t n)
{
    char uid[UID_SIZE], tag[64];
    unsigned crc = 0;
    uid_of(uid, writer, n);
    snprintf(tag, sizeof tag, NAMESPACE ":lk:%s", uid);
    for (const char *at = tag; *at; at++) {
        crc ^= (unsigned)(unsigned char)*at << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc % SLOTS;
}

/* ---- writing ---- */

static void keep(struct writer *writer, const struct write *write)
{
    const size_t n = atomic_load_explicit(&writer->count, memory_order_relaxed);
    writer->writes[n] = *write;
    atomic_store_explicit(&writer->count, n + 1, memory_order_release);
}

static podlink_call call_of(const struct writers *w, uint32_t *acked)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.timeout_ms = w->timeout_ms;
    call.acks = w->acks;
    call.acks_timeout_ms = w->acks_timeout_ms;
    call.acked = acked;
    return call;
}

static void write_link(struct writer *writer, size_t n)
{
    char uid[UID_SIZE];
    uint32_t acked = 0;
    podlink_error err;
    const podlink_call call = call_of(writer->all, &acked);
    struct write write = {.began_ns = api_now_ns()};
    uid_of(uid, writer->number, n);
    const podlink_link link = {NAMESPACE, SERVICE, uid};
    write.status =
        (int16_t)podlink_link_set(writer->all->client, &link, (int32_t)n, PODLINK_FOREVER, &write.result, &call, &err);
    write.ended_ns = api_now_ns();
    write.delivery = (uint8_t)(write.status < 0 ? err.delivery : PODLINK_ANSWERED);
    write.acked = (uint8_t)acked;
    keep(writer, &write);
}

static void write_count(struct writer *writer, size_t n)
{
    char uid[UID_SIZE], key[64];
    uint32_t acked = 0;
    podlink_error err;
    podlink_reply *reply = NULL;
    int64_t value = 0;
    const podlink_call call = call_of(writer->all, &acked);
    struct write write = {.began_ns = api_now_ns()};
    uid_of(uid, writer->number, n);
    snprintf(key, sizeof key, "c:{" NAMESPACE ":lk:%s}", uid);
    const char *const argv[] = {"INCR", key};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1};
    write.status = (int16_t)podlink_command_run(writer->all->client, &command, &call, &reply, &err);
    write.ended_ns = api_now_ns();
    write.delivery = (uint8_t)(write.status < 0 ? err.delivery : PODLINK_ANSWERED);
    write.acked = (uint8_t)acked;
    if (write.status == PODLINK_OK && podlink_reply_integer(reply, &value) == PODLINK_OK)
        write.result = (int32_t)value;
    podlink_reply_free(reply);
    keep(writer, &write);
}

static void write_batch(struct writer *writer, size_t n)
{
    char uids[WRITERS_BATCH][UID_SIZE];
    podlink_link_item items[WRITERS_BATCH];
    uint32_t acked = 0;
    const podlink_call call = call_of(writer->all, &acked);
    const int64_t began_ns = api_now_ns();
    for (size_t i = 0; i < WRITERS_BATCH; i++) {
        uid_of(uids[i], writer->number, n + i);
        items[i] = (podlink_link_item){
            .link = {NAMESPACE, SERVICE, uids[i]}, .pod = (int32_t)(n + i), .persist_s = PODLINK_FOREVER};
    }
    podlink_link_set_batch(writer->all->client, items, WRITERS_BATCH, &call, NULL);
    const int64_t ended_ns = api_now_ns();
    for (size_t i = 0; i < WRITERS_BATCH; i++) {
        const struct write write = {.began_ns = began_ns,
                                    .ended_ns = ended_ns,
                                    .result = items[i].result,
                                    .status = (int16_t)items[i].status,
                                    .delivery = (uint8_t)items[i].delivery,
                                    .acked = (uint8_t)acked};
        keep(writer, &write);
    }
}

static void sleep_until(int64_t ns)
{
    const struct timespec until = {ns / NS_IN_S, ns % NS_IN_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* A thread that was delayed does not catch up: the rate is never exceeded. */
static void *write_on(void *argument)
{
    static void (*const ways[])(struct writer *, size_t) = {write_link, write_count, write_batch};
    struct writer *writer = argument;
    struct writers *w = writer->all;
    const int64_t step = w->rate > 0 ? (int64_t)NS_IN_S * w->threads / w->rate : 0;
    int64_t next = api_now_ns();
    while (!atomic_load_explicit(&w->stops, memory_order_relaxed)) {
        const size_t before = writer->count;
        if (before + WRITERS_BATCH > WRITES_MAX)
            break;
        ways[writer->writing](writer, before);
        next += step * (int64_t)(writer->count - before);
        const int64_t now = api_now_ns();
        if (next > now)
            sleep_until(next);
        else
            next = now;
    }
    return NULL;
}

/* ---- threads ---- */

static enum writing writing_of(const struct writers *w, unsigned number)
{
    return w->only_links || number % 4 < 2 ? WRITES_LINKS : number % 4 == 2 ? WRITES_COUNTS : WRITES_BATCHES;
}

struct writers *writers_start(const struct writers *like)
{
    struct writers *w = calloc(1, sizeof *w);
    assert_non_null(w);
    memcpy(w, like, offsetof(struct writers, each));
    for (unsigned i = 0; i < w->threads; i++) {
        struct writer *writer = &w->each[i];
        writer->all = w;
        writer->number = i;
        writer->writing = writing_of(w, i);
        writer->writes = calloc(WRITES_MAX, sizeof *writer->writes);
        assert_non_null(writer->writes);
        assert_int_equal(pthread_create(&writer->thread, NULL, write_on, writer), 0);
    }
    return w;
}

void writers_stop(struct writers *w)
{
    if (atomic_exchange(&w->stops, true))
        return;
    for (unsigned i = 0; i < w->threads; i++)
        pthread_join(w->each[i].thread, NULL);
}

void writers_free(struct writers *w)
{
    if (!w)
        return;
    writers_stop(w);
    for (unsigned i = 0; i < w->threads; i++)
        free(w->each[i].writes);
    free(w);
}

/* ---- windows ---- */

void windows_init(struct windows *windows)
{
    memset(windows, 0, sizeof *windows);
    pthread_mutex_init(&windows->lock, NULL);
}

void windows_fini(struct windows *windows)
{
    pthread_mutex_destroy(&windows->lock);
}

void windows_add(struct windows *windows, int64_t from_ns, int64_t until_ns)
{
    pthread_mutex_lock(&windows->lock);
    if (windows->count < WINDOWS_MAX)
        windows->each[windows->count++] = (struct window){from_ns, until_ns};
    pthread_mutex_unlock(&windows->lock);
}

size_t windows_count(struct windows *windows)
{
    pthread_mutex_lock(&windows->lock);
    const size_t count = windows->count;
    pthread_mutex_unlock(&windows->lock);
    return count;
}

/* ---- progress ---- */

size_t writers_count(const struct writers *w)
{
    size_t count = 0;
    for (unsigned i = 0; i < w->threads; i++)
        count += atomic_load_explicit(&w->each[i].count, memory_order_acquire);
    return count;
}

struct progress {
    const struct writers *w;
    size_t wanted;
    size_t seen[WRITERS_MAX];
    size_t ok;
};

static bool has_progressed(void *context)
{
    struct progress *p = context;
    for (unsigned i = 0; i < p->w->threads; i++) {
        const struct writer *writer = &p->w->each[i];
        const size_t count = atomic_load_explicit(&writer->count, memory_order_acquire);
        for (; p->seen[i] < count; p->seen[i]++)
            p->ok += writer->writes[p->seen[i]].status >= 0;
    }
    return p->ok >= p->wanted;
}

bool writers_go_on(struct writers *w, size_t more, int64_t ms)
{
    struct progress progress = {.w = w, .wanted = more};
    for (unsigned i = 0; i < w->threads; i++)
        progress.seen[i] = atomic_load_explicit(&w->each[i].count, memory_order_acquire);
    return ask_until(has_progressed, &progress, ms);
}

/* ---- outcomes ---- */

int64_t writers_first_success(const struct writers *w, int64_t after_ns, const bool *slots)
{
    int64_t first = -1;
    for (unsigned i = 0; i < w->threads; i++) {
        const size_t count = atomic_load_explicit(&w->each[i].count, memory_order_acquire);
        for (size_t n = 0; n < count; n++) {
            const struct write *write = &w->each[i].writes[n];
            if (write->status >= 0 && write->ended_ns > after_ns && (!slots || slots[writers_slot(i, n)]) &&
                (first < 0 || write->ended_ns < first))
                first = write->ended_ns;
        }
    }
    return first;
}

size_t writers_acked(const struct writers *w, int64_t from_ns, int64_t until_ns, size_t *ok)
{
    size_t acked = 0;
    *ok = 0;
    for (unsigned i = 0; i < w->threads; i++) {
        const size_t count = atomic_load_explicit(&w->each[i].count, memory_order_acquire);
        for (size_t n = 0; n < count; n++) {
            const struct write *write = &w->each[i].writes[n];
            if (write->status < 0 || write->began_ns < from_ns || write->began_ns > until_ns)
                continue;
            (*ok)++;
            acked += write->acked >= w->acks;
        }
    }
    return acked;
}

int64_t writers_longest_gap(const struct writers *w, int64_t from_ns, int64_t until_ns)
{
    int64_t longest = 0;
    for (unsigned i = 0; i < w->threads; i++) {
        int64_t last = from_ns;
        const size_t count = atomic_load_explicit(&w->each[i].count, memory_order_acquire);
        for (size_t n = 0; n < count; n++) {
            const struct write *write = &w->each[i].writes[n];
            if (write->status < 0 || write->ended_ns < from_ns || write->ended_ns > until_ns)
                continue;
            longest = write->ended_ns - last > longest ? write->ended_ns - last : longest;
            last = write->ended_ns;
        }
        longest = until_ns - last > longest ? until_ns - last : longest;
    }
    return longest;
}

/* ---- the content of the servers ---- */

enum { NOTHING = -1, UNREADABLE = -2 };

/* What the servers have of one write. */
struct held {
    int32_t link;
    int32_t index;
    int32_t count;
};

struct holdings {
    struct held *each[WRITERS_MAX];
    size_t other;
};

/* Everything that a server has, as a flat list: a key, and its value or that of the hash's only field. */
static const char dump[] = "local out = {} "
                           "for _, key in ipairs(redis.call('KEYS', '*')) do "
                           "  local value = '' "
                           "  if redis.call('TYPE', key).ok == 'hash' then "
                           "    local fields = redis.call('HGETALL', key) "
                           "    if #fields == 2 and fields[1] == '" SERVICE "' then value = fields[2] end "
                           "  else value = redis.call('GET', key) end "
                           "  out[#out + 1] = key "
                           "  out[#out + 1] = value "
                           "end "
                           "return out";

static int32_t number_in(const char *text)
{
    char *end = NULL;
    const long number = strtol(text, &end, 10);
    return end == text || *end != '\0' || number < 0 ? UNREADABLE : (int32_t)number;
}

/* The place for the value of a key, or NULL. */
static int32_t *place_of(const struct writers *w, struct holdings *held, const char *key)
{
    unsigned writer = 0, n = 0;
    int end = 0;
    const bool is_count = key[0] == 'c';
    const int read = is_count ? sscanf(key, "c:{" NAMESPACE ":lk:%u-%u}%n", &writer, &n, &end)
                              : sscanf(key, "sf:{" NAMESPACE ":lk:%u-%u}%n", &writer, &n, &end);
    if (read != 2 || end == 0 || writer >= w->threads || n >= w->each[writer].count)
        return NULL;
    struct held *place = &held->each[writer][n];
    if (key[end] == '\0')
        return is_count ? &place->count : &place->index;
    return strcmp(key + end, SERVICE) == 0 ? &place->link : NULL;
}

static void read_server(const struct writers *w, struct holdings *held, const struct test_server *server)
{
    redisContext *redis = ask_open(server);
    assert_non_null(redis);
    const struct timeval limit = {60, 0}; /* it reads the whole data set */
    assert_int_equal(redisSetTimeout(redis, limit), REDIS_OK);
    redisReply *reply = redisCommand(redis, "EVAL %s 0", dump);
    if (!reply || reply->type != REDIS_REPLY_ARRAY)
        fail_msg("reading the content of a server: %s", reply ? reply->str : redis->errstr);
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        int32_t *place = place_of(w, held, reply->element[i]->str);
        if (place)
            *place = number_in(reply->element[i + 1]->str);
        else
            held->other++;
    }
    freeReplyObject(reply);
    redisFree(redis);
}

/* The distance from the nearest window; 0: inside one. */
static int64_t outside_windows(const struct writers *w, int64_t ns)
{
    int64_t least = INT64_MAX;
    const size_t count = windows_count(w->windows);
    for (size_t i = 0; i < count; i++) {
        const struct window *window = &w->windows->each[i];
        const int64_t before = window->from_ns - ns, behind = ns - window->until_ns;
        const int64_t outside = before > behind ? before : behind;
        least = outside < least ? outside : least;
    }
    return least > 0 ? least : 0;
}

static void count_lost(const struct writers *w, const struct write *write, bool acked, struct outcome *o)
{
    o->lost++;
    o->lost_acked += acked;
    const int64_t outside_ns = outside_windows(w, write->ended_ns);
    o->outside_ns = outside_ns > o->outside_ns ? outside_ns : o->outside_ns;
    o->lost_outside += outside_ns > w->tolerance_ns;
    if (o->first_lost_ns == 0 || write->ended_ns < o->first_lost_ns)
        o->first_lost_ns = write->ended_ns;
    if (write->ended_ns > o->last_lost_ns)
        o->last_lost_ns = write->ended_ns;
}

static void compare(const struct writers *w, const struct writer *writer, size_t n, const struct held *held,
                    struct outcome *o)
{
    const struct write *write = &writer->writes[n];
    const bool counts = writer->writing == WRITES_COUNTS;
    const bool is_there = counts ? held->count != NOTHING : held->link != NOTHING;
    const bool is_right = counts ? held->count == 1 : held->link == (int32_t)n;
    const bool acked = w->acks > 0 && write->acked >= w->acks;
    o->writes++;
    o->torn += held->link != held->index;
    if (is_there && !is_right)
        o->doubled += counts, o->other += !counts;
    if (write->status >= 0) {
        o->ok++;
        o->acked += acked;
        o->doubled += counts ? write->result != 1 : write->result != PODLINK_NO_POD;
        if (!is_there)
            count_lost(w, write, acked, o);
    } else if (write->delivery == PODLINK_UNKNOWN) {
        o->unknown++;
    } else {
        o->failed++;
        o->phantoms += is_there;
    }
}

struct outcome writers_compare(struct writers *w, struct test_server *const *masters, size_t count)
{
    struct outcome o = {0};
    struct holdings held = {0};
    for (unsigned i = 0; i < w->threads; i++) {
        held.each[i] = calloc(w->each[i].count + 1, sizeof *held.each[i]);
        assert_non_null(held.each[i]);
        for (size_t n = 0; n < w->each[i].count; n++)
            held.each[i][n] = (struct held){NOTHING, NOTHING, NOTHING};
    }
    for (size_t i = 0; i < count; i++)
        read_server(w, &held, masters[i]);
    o.other = held.other;
    for (unsigned i = 0; i < w->threads; i++) {
        for (size_t n = 0; n < w->each[i].count; n++)
            compare(w, &w->each[i], n, &held.each[i][n], &o);
        free(held.each[i]);
    }
    return o;
}

static void print_statuses(const struct writers *w)
{
    size_t counts[STATUSES][3] = {{0}};
    char line[1024] = "";
    int length = 0;
    for (unsigned i = 0; i < w->threads; i++) {
        for (size_t n = 0; n < w->each[i].count; n++) {
            const struct write *write = &w->each[i].writes[n];
            if (write->status < 0 && -write->status < STATUSES && write->delivery < 3)
                counts[-write->status][write->delivery]++;
        }
    }
    for (int status = 1; status < STATUSES; status++) {
        for (int delivery = 0; delivery < 3; delivery++) {
            if (counts[status][delivery] > 0 && length < (int)sizeof line - 100)
                length += snprintf(line + length, sizeof line - (size_t)length, ", %s (%s) %zu",
                                   podlink_status_name((podlink_status)-status),
                                   podlink_delivery_text((podlink_delivery)delivery), counts[status][delivery]);
        }
    }
    if (length > 0)
        print_message("#   failed: %s\n", line + 2);
}

void writers_print(const struct writers *w, const struct outcome *o, const char *what)
{
    print_message("# %s: %zu writes, %zu ok, %zu unknown, %zu failed; lost %zu (%zu of them outside the windows; the "
                  "farthest by %.3f s)",
                  what, o->writes, o->ok, o->unknown, o->failed, o->lost, o->lost_outside,
                  (double)o->outside_ns / NS_IN_S);
    if (w->acks > 0)
        print_message(", with all replicas asked for %zu, lost of them %zu", o->acked, o->lost_acked);
    print_message("; doubled %zu, phantoms %zu, torn %zu, other %zu\n", o->doubled, o->phantoms, o->torn, o->other);
    if (o->lost > 0)
        print_message("#   the lost ones were acknowledged within %.3f s\n",
                      (double)(o->last_lost_ns - o->first_lost_ns) / NS_IN_S);
    for (size_t i = 0; i < windows_count(w->windows); i++)
        print_message("#   window: %.3f s\n",
                      (double)(w->windows->each[i].until_ns - w->windows->each[i].from_ns) / NS_IN_S);
    print_statuses(w);
}
