/* SPDX-License-Identifier: MIT */
/* Replies of a sentinel: flat lists of names and values. */
#include "deployment/sentinel_reply.h"

#include "base/error.h"
#include "base/number.h"
#include "deployment/peer_address.h"
#include "resp/reply.h"

#include <string.h>

typedef struct text {
    const char *at; /* NULL: there is none */
    size_t length;
} text;

static text text_of(const podlink_reply *element)
{
    text t = {0};
    t.at = podlink_reply_text(element, &t.length);
    return t;
}

static bool is_text(text t, const char *expected)
{
    return t.at && t.length == strlen(expected) && memcmp(t.at, expected, t.length) == 0;
}

static bool has_pairs(const podlink_reply *pairs)
{
    return podlink_reply_count(pairs) > 0 && podlink_reply_count(pairs) % 2 == 0;
}

static text value_of(const podlink_reply *pairs, const char *name)
{
    const podlink_reply *element = pl_reply_first(pairs);
    for (size_t left = podlink_reply_count(pairs) / 2; left > 0; left--) {
        const podlink_reply *value = pl_reply_after(element);
        if (is_text(text_of(element), name))
            return text_of(value);
        element = pl_reply_after(value);
    }
    return (text){0};
}

static bool is_count(const podlink_reply *pairs, const char *name, int64_t *count)
{
    const text value = value_of(pairs, name);
    return value.at && pl_number_parse(value.at, value.length, count) && *count >= 0;
}

/* Whether a comma-separated list contains the flag. */
static bool has_flag(text flags, const char *flag)
{
    const char *at = flags.at, *end = flags.at + flags.length;
    while (at) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        if (is_text((text){at, (size_t)((comma ? comma : end) - at)}, flag))
            return true;
        at = comma ? comma + 1 : NULL;
    }
    return false;
}

static bool is_out_of_reach(text flags)
{
    return has_flag(flags, "s_down") || has_flag(flags, "o_down") || has_flag(flags, "disconnected");
}

static bool read_address(text host, text port, pl_address *address)
{
    int64_t number;
    return host.at && port.at && pl_number_parse(port.at, port.length, &number) &&
           pl_peer_address_read(host.at, host.length, number, NULL, address) == PL_PEER_ADDRESS_OK;
}

static podlink_status refuse(const pl_address *asked, const char *command, const char *fault, podlink_error *err)
{
    return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "SENTINEL %s on %s: %s", command, asked->text, fault);
}

podlink_status pl_sentinel_master_read(const podlink_reply *reply, const pl_address *asked, pl_sentinel_master *master,
                                       podlink_error *err)
{
    static const char command[] = "MASTER";
    if (!has_pairs(reply))
        return refuse(asked, command, "no list of names and values", err);
    if (!read_address(value_of(reply, "ip"), value_of(reply, "port"), &master->address))
        return refuse(asked, command, "no address", err);
    if (!is_count(reply, "config-epoch", &master->config_epoch))
        return refuse(asked, command, "no config-epoch", err);
    if (!is_count(reply, "down-after-milliseconds", &master->down_after_ms))
        return refuse(asked, command, "no down-after-milliseconds", err);
    if (!is_count(reply, "num-other-sentinels", &master->sentinels) || master->sentinels > INT32_MAX)
        return refuse(asked, command, "no num-other-sentinels", err);
    master->sentinels++;
    const text flags = value_of(reply, "flags");
    if (!flags.at)
        return refuse(asked, command, "no flags", err);
    master->is_down = is_out_of_reach(flags);
    master->is_failing_over = has_flag(flags, "failover_in_progress");
    return PODLINK_OK;
}

podlink_status pl_sentinel_address_read(const podlink_reply *reply, const pl_address *asked, pl_address *address,
                                        podlink_error *err)
{
    const text host = text_of(podlink_reply_at(reply, 0)), port = text_of(podlink_reply_at(reply, 1));
    if (podlink_reply_count(reply) == 2 && read_address(host, port, address))
        return PODLINK_OK;
    return refuse(asked, "GET-MASTER-ADDR-BY-NAME", "no address", err);
}

/* --- lists ------------------------------------------------------------------------------------------------------- */

/* A replica that is syncing, or has lost its master, has no data or old data. */
static bool is_replica_fit(const podlink_reply *pairs)
{
    return is_text(value_of(pairs, "master-link-status"), "ok");
}

static bool is_always_fit(const podlink_reply *pairs)
{
    (void)pairs;
    return true;
}

typedef struct list {
    const char *command;
    bool (*is_fit)(const podlink_reply *pairs);
    pl_address *addresses;
    size_t capacity;
    size_t *count;
} list;

static podlink_status read_list(const podlink_reply *reply, const pl_address *asked, const list *l, podlink_error *err)
{
    *l->count = 0;
    size_t read = 0;
    if (podlink_reply_type_of(reply) != PODLINK_REPLY_ARRAY)
        return refuse(asked, l->command, "no list", err);
    const podlink_reply *pairs = pl_reply_first(reply);
    for (size_t left = podlink_reply_count(reply); left > 0; left--, pairs = pl_reply_after(pairs)) {
        pl_address address;
        if (!has_pairs(pairs))
            return refuse(asked, l->command, "no list of names and values", err);
        if (!read_address(value_of(pairs, "ip"), value_of(pairs, "port"), &address))
            return refuse(asked, l->command, "no address", err);
        const text flags = value_of(pairs, "flags");
        if (read < l->capacity && flags.at && !is_out_of_reach(flags) && l->is_fit(pairs))
            l->addresses[read++] = address;
    }
    *l->count = read;
    return PODLINK_OK;
}

podlink_status pl_sentinel_replicas_read(const podlink_reply *reply, const pl_address *asked, pl_address *addresses,
                                         size_t capacity, size_t *count, podlink_error *err)
{
    const list replicas = {"REPLICAS", is_replica_fit, addresses, capacity, count};
    return read_list(reply, asked, &replicas, err);
}

podlink_status pl_sentinel_others_read(const podlink_reply *reply, const pl_address *asked, pl_address *addresses,
                                       size_t capacity, size_t *count, podlink_error *err)
{
    const list sentinels = {"SENTINELS", is_always_fit, addresses, capacity, count};
    return read_list(reply, asked, &sentinels, err);
}
