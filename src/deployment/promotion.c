/* SPDX-License-Identifier: MIT */
/* What has changed in a cluster from one map to the next. */
#include "deployment/promotion.h"

static uint32_t find(const pl_slot_map *map, const pl_address *address)
{
    uint32_t at = 0;
    while (at < map->node_count && !pl_address_equals(&map->nodes[at].address, address))
        at++;
    return at;
}

/* The replicas of a master are directly behind it. */
static uint32_t master_of(const pl_slot_map *map, uint32_t node)
{
    while (!map->nodes[node].is_master)
        node--;
    return node;
}

/* Whether a slot has moved from one node to the other. */
static bool has_taken(const pl_slot_map *before, uint32_t from, const pl_slot_map *after, uint32_t to)
{
    for (uint32_t slot = 0; slot < PL_SLOTS; slot++)
        if (pl_slot_map_master(before, (uint16_t)slot) == from && pl_slot_map_master(after, (uint16_t)slot) == to)
            return true;
    return false;
}

uint16_t pl_promotion_of(const pl_slot_map *before, const pl_slot_map *after, uint32_t node)
{
    if (!after->nodes[node].is_master)
        return PL_NO_NODE;
    const uint32_t then = find(before, &after->nodes[node].address);
    if (then == before->node_count || before->nodes[then].is_master)
        return PL_NO_NODE;
    const uint32_t master = master_of(before, then);
    return has_taken(before, master, after, node) ? (uint16_t)master : PL_NO_NODE;
}

/* --- equality ---------------------------------------------------------------------------------------------------- */

static const pl_address *address_of(const pl_slot_map *map, uint16_t node)
{
    return node == PL_NO_NODE ? NULL : &map->nodes[node].address;
}

static bool is_same_node(const pl_slot_map *one, const pl_slot_map *other, uint32_t node)
{
    const uint32_t there = find(other, &one->nodes[node].address);
    return there < other->node_count && one->nodes[node].is_master == other->nodes[there].is_master &&
           pl_address_equals(&one->nodes[master_of(one, node)].address, &other->nodes[master_of(other, there)].address);
}

static bool are_slots_equal(const pl_slot_map *one, const pl_slot_map *other)
{
    uint16_t mine = PL_NO_NODE, theirs = PL_NO_NODE; /* of the previous slot: most slots have the same master */
    for (uint32_t slot = 0; slot < PL_SLOTS; slot++) {
        const uint16_t a = pl_slot_map_master(one, (uint16_t)slot), b = pl_slot_map_master(other, (uint16_t)slot);
        if (a == mine && b == theirs)
            continue;
        const pl_address *at = address_of(one, mine = a), *there = address_of(other, theirs = b);
        if (!at != !there || (at && !pl_address_equals(at, there)))
            return false;
    }
    return true;
}

bool pl_slot_maps_equal(const pl_slot_map *one, const pl_slot_map *other)
{
    if (one->node_count != other->node_count)
        return false;
    for (uint32_t i = 0; i < one->node_count; i++)
        if (!is_same_node(one, other, i))
            return false;
    return are_slots_equal(one, other);
}
