/* SPDX-License-Identifier: MIT */
/* The four keys. */
#include "ops/key.h"

#include "deployment/slot.h"

#include <string.h>

static const char prefix[] = "sf:{";

static const pl_name link_kind = {":lk:", 4};
static const pl_name state_kind = {":state:", 7};
static const pl_name workload_kind = {":workload:", 10};

pl_key pl_key_link(pl_name ns, pl_name uid, pl_name service)
{
    return (pl_key){.kind = link_kind, .ns = ns, .subject = uid, .suffix = service};
}

pl_key pl_key_index(pl_name ns, pl_name uid)
{
    return (pl_key){.kind = link_kind, .ns = ns, .subject = uid};
}

pl_key pl_key_state(pl_name ns, pl_name service)
{
    return (pl_key){.kind = state_kind, .ns = ns, .subject = service};
}

pl_key pl_key_workload(pl_name ns, pl_name service)
{
    return (pl_key){.kind = workload_kind, .ns = ns, .subject = service};
}

uint16_t pl_key_slot(const pl_key *key)
{
    uint16_t crc = pl_slot_crc(0, key->ns.text, key->ns.length);
    crc = pl_slot_crc(crc, key->kind.text, key->kind.length);
    return pl_slot_of_crc(pl_slot_crc(crc, key->subject.text, key->subject.length));
}

static char *put(char *at, pl_name part)
{
    memcpy(at, part.text, part.length);
    return at + part.length;
}

/* @return the end */
static char *put_text(const pl_key *key, char *at)
{
    memcpy(at, prefix, sizeof prefix - 1);
    at = put(at + sizeof prefix - 1, key->ns);
    at = put(at, key->kind);
    at = put(at, key->subject);
    *at++ = '}';
    return key->suffix.length > 0 ? put(at, key->suffix) : at;
}

void pl_key_put(const pl_key *key, pl_buffer *out)
{
    pl_resp_begin(out, sizeof prefix + key->ns.length + key->kind.length + key->subject.length + key->suffix.length);
    out->length = (size_t)(put_text(key, out->bytes + out->length) - out->bytes);
    pl_resp_end(out);
}

size_t pl_key_text(const pl_key *key, char *out)
{
    return (size_t)(put_text(key, out) - out);
}
