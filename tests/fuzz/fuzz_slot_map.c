/* SPDX-License-Identifier: MIT */
/* A reply of CLUSTER SLOTS made of the input: ranges, each with a few nodes of a few hosts. The map is compared with
 * one that is made in the simplest way, slot by slot; so is the map after slots have moved. */
#include "deployment/cluster_slots.h"
#include "resp/reader.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGE_SIZE = 8, RANGES = 16, TEXT_MAX = 16 * 1024, HOSTS = 12, UNKNOWN = HOSTS, ASKED, NOBODY = 0xFF };

/* Loops over all slots that say nothing of the library: their branches are not counted. */
#define UNCOVERED __attribute__((no_sanitize("coverage")))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pl_heap heap;
static pl_address asked;

/* What is expected of the reply. */
typedef struct model {
    uint8_t masters[PL_SLOTS]; /* a host's number, NOBODY */
    bool is_taken[PL_SLOTS];
    bool is_wrong; /* a range is out of bounds, or overlaps another */
    bool is_served;
} model;

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, TEXT_MAX - used, format, arguments);
    va_end(arguments);
}

static void add_node(char *text, uint8_t host)
{
    char name[16] = "";
    if (host < HOSTS)
        snprintf(name, sizeof name, "h%d", host);
    else if (host == UNKNOWN)
        snprintf(name, sizeof name, "?");
    add(text, "*2\r\n$%zu\r\n%s\r\n:%d\r\n", strlen(name), name, 6379);
}

UNCOVERED static void note_range(model *m, uint32_t first, uint32_t last, uint8_t master)
{
    if (first > last || last >= PL_SLOTS) {
        m->is_wrong = true;
        return;
    }
    for (uint32_t slot = first; slot <= last; slot++) {
        m->is_wrong |= m->is_taken[slot];
        m->is_taken[slot] = true;
        m->masters[slot] = master == UNKNOWN ? NOBODY : master;
        m->is_served |= master != UNKNOWN;
    }
}

/* Eight bytes: first and last slot, how many nodes, and three hosts. */
static void add_range(char *text, model *m, const uint8_t *bytes)
{
    const uint32_t first = (bytes[0] << 8 | bytes[1]) % (PL_SLOTS + 1);
    const uint32_t last = bytes[4] >= 128 ? first + bytes[3] : (uint32_t)(bytes[2] << 8 | bytes[3]) % (PL_SLOTS + 1);
    const unsigned nodes = 1 + bytes[4] % 3;
    add(text, "*%u\r\n:%u\r\n:%u\r\n", 2 + nodes, first, last);
    for (unsigned i = 0; i < nodes; i++)
        add_node(text, bytes[5 + i] % (ASKED + 1));
    note_range(m, first, last, bytes[5] % (ASKED + 1));
}

/* The number of a node's host. */
static uint8_t host_of(const pl_slot_node *node)
{
    return strcmp(node->address.host, asked.host) == 0 ? ASKED : (uint8_t)atoi(node->address.host + 1);
}

UNCOVERED static void expect_masters(const pl_slot_map *map, const model *m)
{
    uint8_t hosts[ASKED + 1];
    expect(map->node_count <= ASKED + 1);
    for (uint32_t i = 0; i < map->node_count; i++)
        hosts[i] = host_of(&map->nodes[i]);
    for (uint16_t slot = 0; slot < PL_SLOTS; slot++) {
        const uint16_t node = pl_slot_map_master(map, slot);
        if (node == PL_NO_NODE)
            expect(m->masters[slot] == NOBODY);
        else
            expect(node < map->node_count && map->nodes[node].is_master && hosts[node] == m->masters[slot]);
    }
}

/* Each master is followed by its replicas, and no address is there twice. */
static void expect_nodes(const pl_slot_map *map)
{
    uint32_t replicas = 0;
    for (uint32_t i = 0; i < map->node_count; i++) {
        expect(map->nodes[i].is_master == (replicas == 0));
        replicas = replicas == 0 ? map->nodes[i].replica_count : replicas - 1;
        for (uint32_t k = 0; k < i; k++)
            expect(!pl_address_equals(&map->nodes[i].address, &map->nodes[k].address));
    }
    expect(replicas == 0);
}

static void move_slots(const pl_slot_map *map, model *m, const uint8_t *bytes, size_t size)
{
    pl_slot_map *before = NULL;
    for (size_t i = 0; i + 3 <= size && i < 9; i += 3) {
        const uint16_t slot = (uint16_t)((bytes[i] << 8 | bytes[i + 1]) % PL_SLOTS);
        const uint8_t host = bytes[i + 2] % HOSTS;
        char name[16];
        pl_address to;
        snprintf(name, sizeof name, "h%d", host);
        pl_address_tcp(&to, name, 6379);
        pl_slot_map *moved = pl_slot_map_with(before ? before : map, slot, &to);
        expect(moved != NULL);
        m->masters[slot] = host;
        pl_slot_map_free(before);
        before = moved;
        expect_masters(moved, m);
        expect_nodes(moved);
    }
    pl_slot_map_free(before);
}

static void check(const podlink_reply *reply, model *m, const uint8_t *data, size_t size)
{
    podlink_error err;
    pl_slot_map *map;
    const podlink_status status = pl_slot_map_read(&heap, reply, &asked, &map, &err);
    expect(status == (m->is_wrong ? PODLINK_EREPLY : m->is_served ? PODLINK_OK : PODLINK_ECLUSTERDOWN));
    expect((map != NULL) == (status == PODLINK_OK));
    if (!map)
        return;
    expect_masters(map, m);
    expect_nodes(map);
    move_slots(map, m, data, size);
    pl_slot_map_free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static model m;
    static char text[TEXT_MAX];
    const size_t ranges = size / RANGE_SIZE < RANGES ? size / RANGE_SIZE : RANGES;
    pl_reader reader;
    pl_heap_init(&heap, NULL);
    pl_address_tcp(&asked, "asked.example.org", 6379);
    memset(&m, 0, sizeof m);
    memset(m.masters, NOBODY, sizeof m.masters);
    snprintf(text, sizeof text, "*%zu\r\n", ranges);
    for (size_t i = 0; i < ranges; i++)
        add_range(text, &m, data + i * RANGE_SIZE);
    pl_reader_init(&reader, &heap, 64 * 1024);
    pl_reader_input input = {text, text + strlen(text)};
    expect(pl_reader_next(&reader, &input) == PL_READ_REPLY && input.at == input.end);
    check(pl_reply_root(&reader.reply), &m, data, size);
    pl_reader_fini(&reader);
    return 0;
}
