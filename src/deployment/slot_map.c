/* SPDX-License-Identifier: MIT */
/* Which node serves which slot. */
#include "deployment/slot_map.h"

#include <string.h>

/* A map with room for nodes, none of which is set, and for slots, which are not set either. */
static pl_slot_map *make(const pl_heap *heap, size_t capacity, bool has_slots)
{
    pl_slot_map *map = NULL;
    const size_t slots_at = sizeof *map + capacity * sizeof *map->nodes;
    if (capacity <= PL_SLOT_NODES_MAX)
        map = pl_heap_alloc(heap, slots_at + (has_slots ? PL_SLOTS * sizeof *map->slots : 0));
    if (map) {
        map->heap = heap;
        map->node_count = 0;
        map->slots = has_slots ? (uint16_t *)((char *)map + slots_at) : NULL;
    }
    return map;
}

pl_slot_map *pl_slot_map_new(const pl_heap *heap, size_t node_count)
{
    pl_slot_map *map = make(heap, node_count, true);
    if (!map)
        return NULL;
    map->node_count = (uint32_t)node_count;
    memset(map->slots, 0xFF, PL_SLOTS * sizeof *map->slots); /* PL_NO_NODE */
    return map;
}

void pl_slot_map_free(pl_slot_map *map)
{
    if (map)
        pl_heap_free(map->heap, map);
}

static uint32_t find(const pl_slot_map *map, const pl_address *address)
{
    uint32_t at = 0;
    while (at < map->node_count && !pl_address_equals(&map->nodes[at].address, address))
        at++;
    return at;
}

pl_slot_map *pl_slot_map_single(const pl_heap *heap, const pl_address *address, const pl_address *replicas,
                                size_t count)
{
    pl_slot_map *map = make(heap, count < PL_SLOT_NODES_MAX ? count + 1 : SIZE_MAX, false);
    if (!map)
        return NULL;
    map->nodes[0] = (pl_slot_node){.address = *address, .is_master = true};
    map->node_count = 1;
    for (size_t i = 0; i < count; i++)
        if (find(map, &replicas[i]) == map->node_count)
            map->nodes[map->node_count++] = (pl_slot_node){.address = replicas[i]};
    map->nodes[0].replica_count = map->node_count - 1;
    return map;
}

/* --- a slot that has moved --------------------------------------------------------------------------------------- */

/* Removes a replica from its master; the nodes behind it move up. */
static void take_out(pl_slot_map *map, uint32_t at)
{
    uint32_t master = at;
    while (!map->nodes[master].is_master)
        master--;
    map->nodes[master].replica_count--;
    map->node_count--;
    memmove(&map->nodes[at], &map->nodes[at + 1], (map->node_count - at) * sizeof *map->nodes);
    for (uint32_t slot = 0; slot < PL_SLOTS; slot++)
        if (map->slots[slot] != PL_NO_NODE && map->slots[slot] > at)
            map->slots[slot]--;
}

pl_slot_map *pl_slot_map_with(const pl_slot_map *map, uint16_t slot, const pl_address *address)
{
    uint32_t at = find(map, address);
    pl_slot_map *made = make(map->heap, at < map->node_count ? map->node_count : (size_t)map->node_count + 1, true);
    if (!made)
        return NULL;
    made->node_count = map->node_count;
    for (uint32_t i = 0; i < PL_SLOTS; i++)
        made->slots[i] = pl_slot_map_master(map, (uint16_t)i);
    memcpy(made->nodes, map->nodes, map->node_count * sizeof *made->nodes);
    if (at < made->node_count && !made->nodes[at].is_master) {
        take_out(made, at);
        at = made->node_count;
    }
    if (at == made->node_count)
        made->nodes[made->node_count++] = (pl_slot_node){.address = *address, .is_master = true};
    made->slots[slot] = (uint16_t)at;
    return made;
}
