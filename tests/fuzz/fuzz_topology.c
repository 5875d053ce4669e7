/* SPDX-License-Identifier: MIT */
/* Any replies as what a cluster's nodes and sentinels tell, and any words as a redirect: read or refused, and what was
 * read is whole. */
#include "deployment/cluster_slots.h"
#include "deployment/redirect.h"
#include "deployment/sentinel_event.h"
#include "deployment/sentinel_reply.h"
#include "resp/reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES = 4, REPLY_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pl_heap heap;
static pl_address asked;

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static void check_address(const pl_address *address)
{
    expect(!address->is_unix && address->port > 0);
    expect(address->host[0] != '\0' && memchr(address->host, '\0', sizeof address->host));
    for (const char *at = address->text; *at; at++)
        expect(*at > ' ' && *at <= '~');
}

static void check_map(const pl_slot_map *map)
{
    uint32_t due = 0; /* replicas of the latest master */
    for (uint32_t i = 0; i < map->node_count; i++) {
        check_address(&map->nodes[i].address);
        expect(map->nodes[i].is_master == (due == 0));
        due = due == 0 ? map->nodes[i].replica_count : due - 1;
        for (uint32_t k = 0; k < i && map->node_count < 100; k++)
            expect(!pl_address_equals(&map->nodes[i].address, &map->nodes[k].address));
    }
    expect(due == 0 && map->node_count > 0);
    for (uint16_t slot = 0; slot < PL_SLOTS; slot++) {
        const uint16_t node = pl_slot_map_master(map, slot);
        expect(node == PL_NO_NODE || (node < map->node_count && map->nodes[node].is_master));
    }
}

/* A slot moves to each of the nodes, and to one that is new. */
static void move_slots(const pl_slot_map *map)
{
    for (uint32_t i = 0; i <= map->node_count && i < 8; i++) {
        const pl_address *to = i < map->node_count ? &map->nodes[i].address : &asked;
        pl_slot_map *moved = pl_slot_map_with(map, (uint16_t)(i * 2000), to);
        if (moved) {
            check_map(moved);
            const uint16_t master = pl_slot_map_master(moved, (uint16_t)(i * 2000));
            expect(pl_address_equals(&moved->nodes[master].address, to));
        }
        pl_slot_map_free(moved);
    }
}

static void read_cluster(const podlink_reply *reply)
{
    pl_slot_map *map;
    podlink_error err;
    const podlink_status status = pl_slot_map_read(&heap, reply, &asked, &map, &err);
    expect((status == PODLINK_OK) == (map != NULL));
    if (!map) {
        expect(err.status == status && err.message[0] != '\0');
        return;
    }
    check_map(map);
    move_slots(map);
    pl_slot_map_free(map);
}

static void read_sentinel(const podlink_reply *reply)
{
    podlink_error err;
    pl_sentinel_master master;
    pl_sentinel_event event;
    pl_address addresses[ADDRESSES];
    size_t count;
    if (pl_sentinel_master_read(reply, &asked, &master, &err) == PODLINK_OK) {
        check_address(&master.address);
        expect(master.config_epoch >= 0 && master.down_after_ms >= 0 && master.sentinels > 0);
    }
    if (pl_sentinel_address_read(reply, &asked, &addresses[0], &err) == PODLINK_OK)
        check_address(&addresses[0]);
    expect(pl_sentinel_replicas_read(reply, &asked, addresses, ADDRESSES, &count, &err) == PODLINK_OK || count == 0);
    for (size_t i = 0; i < count; i++)
        check_address(&addresses[i]);
    expect(pl_sentinel_others_read(reply, &asked, addresses, ADDRESSES, &count, &err) == PODLINK_OK || count == 0);
    for (size_t i = 0; i < count; i++)
        check_address(&addresses[i]);
    pl_sentinel_event_read(reply, "mymaster", &event);
    if (event.kind != PL_SENTINEL_OTHER)
        check_address(&event.address);
}

/* In a block of just that size, so that a byte read beyond it is found out. */
static void read_words(const uint8_t *data, size_t size)
{
    pl_redirect redirect;
    char *exact = malloc(size > 0 ? size : 1);
    if (size > 0)
        memcpy(exact, data, size);
    if (pl_redirect_read(exact, size, &asked, &redirect) == PL_REDIRECT_TO) {
        check_address(&redirect.address);
        expect(redirect.slot < PL_SLOTS);
    }
    expect(pl_slot_of(exact, size) < PL_SLOTS);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_reader reader;
    pl_reader_input input = {(const char *)data, (const char *)data + size};
    pl_heap_init(&heap, NULL);
    pl_address_tcp(&asked, "asked.example.org", 6379);
    read_words(data, size);
    pl_reader_init(&reader, &heap, REPLY_MAX);
    while (input.at < input.end && pl_reader_next(&reader, &input) == PL_READ_REPLY) {
        const podlink_reply *root = pl_reply_root(&reader.reply);
        if (!root)
            continue;
        read_cluster(root);
        read_sentinel(root);
    }
    pl_reader_fini(&reader);
    return 0;
}
