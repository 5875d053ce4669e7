/* SPDX-License-Identifier: MIT */
/* Events of sentinels. The payload is one of
 *     master <name> <host> <port> ...
 *     slave|sentinel <name> <host> <port> @ <master's name> <host> <port> ...
 * or, of +switch-master alone, <name> <old host> <old port> <new host> <new port>. */
#include "deployment/sentinel_event.h"

#include "base/number.h"
#include "deployment/peer_address.h"

#include <string.h>

enum { WORDS_MAX = 8 };

typedef struct word {
    const char *at;
    size_t length;
} word;

static const struct {
    const char *channel; /* a name that ends with '*' is a prefix */
    pl_sentinel_event_kind kind;
} channels[] = {
    {"+sdown", PL_SENTINEL_DOWN},
    {"+odown", PL_SENTINEL_DOWN},
    {"-sdown", PL_SENTINEL_UP},
    {"-odown", PL_SENTINEL_UP},
    {"+try-failover", PL_SENTINEL_FAILOVER},
    {"+elected-leader", PL_SENTINEL_FAILOVER},
    {"+selected-slave", PL_SENTINEL_FAILOVER},
    {"+failover-*", PL_SENTINEL_FAILOVER},
    {"+promoted-slave", PL_SENTINEL_PROMOTED},
    {"+switch-master", PL_SENTINEL_SWITCH},
    {"-failover-abort-*", PL_SENTINEL_ABORTED},
};

static word word_of(const podlink_reply *element)
{
    word w = {0};
    w.at = podlink_reply_text(element, &w.length);
    return w;
}

static bool is_word(word w, const char *expected)
{
    return w.length == strlen(expected) && memcmp(w.at, expected, w.length) == 0;
}

static bool is_channel(word channel, const char *pattern)
{
    const size_t length = strlen(pattern);
    if (pattern[length - 1] != '*')
        return is_word(channel, pattern);
    return channel.length >= length - 1 && memcmp(channel.at, pattern, length - 1) == 0;
}

static pl_sentinel_event_kind kind_of(word channel)
{
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (is_channel(channel, channels[i].channel))
            return channels[i].kind;
    return PL_SENTINEL_OTHER;
}

/* The first words; missing ones are empty. */
static void split(word payload, word words[WORDS_MAX])
{
    const char *at = payload.at, *end = payload.at + payload.length;
    for (int i = 0; i < WORDS_MAX; i++) {
        const char *blank = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;
        words[i] = (word){at, (size_t)((blank ? blank : end) - at)};
        at = blank ? blank + 1 : end;
    }
}

static bool read_address(const word host_and_port[2], pl_address *address)
{
    int64_t port;
    const word *host = &host_and_port[0];
    return pl_number_parse(host_and_port[1].at, host_and_port[1].length, &port) &&
           pl_peer_address_read(host->at, host->length, port, NULL, address) == PL_PEER_ADDRESS_OK;
}

static bool read_switch(const word words[WORDS_MAX], const char *master_name, pl_sentinel_event *event)
{
    event->role = PL_SENTINEL_OF_MASTER;
    return is_word(words[0], master_name) && read_address(&words[1], &event->old) &&
           read_address(&words[3], &event->address);
}

static bool read_subject(const word words[WORDS_MAX], const char *master_name, pl_sentinel_event *event)
{
    if (is_word(words[0], "master")) {
        event->role = PL_SENTINEL_OF_MASTER;
        return is_word(words[1], master_name) && read_address(&words[2], &event->address);
    }
    if (!is_word(words[0], "slave") && !is_word(words[0], "sentinel"))
        return false;
    event->role = is_word(words[0], "slave") ? PL_SENTINEL_OF_REPLICA : PL_SENTINEL_OF_SENTINEL;
    return is_word(words[4], "@") && is_word(words[5], master_name) && read_address(&words[2], &event->address);
}

void pl_sentinel_event_read(const podlink_reply *message, const char *master_name, pl_sentinel_event *event)
{
    event->kind = PL_SENTINEL_OTHER;
    if (podlink_reply_count(message) != 4)
        return;
    const word type = word_of(podlink_reply_at(message, 0));
    const word channel = word_of(podlink_reply_at(message, 2)), payload = word_of(podlink_reply_at(message, 3));
    if (!type.at || !channel.at || !payload.at || !is_word(type, "pmessage"))
        return;
    word words[WORDS_MAX];
    const pl_sentinel_event_kind kind = kind_of(channel);
    split(payload, words);
    if (kind == PL_SENTINEL_SWITCH ? read_switch(words, master_name, event) : read_subject(words, master_name, event))
        event->kind = kind;
}
