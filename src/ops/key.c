/* The four keys. */
#include "ops/key.h"

#include "deployment/slot.h"

#include <string.h>

static const char prefix[] = "sf:{";

pl_key pl_key_link(pl_name ns, pl_name uid, pl_name service)
{
    return (pl_key){.kind = ":lk:", .ns = ns, .subject = uid, .suffix = service};
}

pl_key pl_key_index(pl_name ns, pl_name uid)
{
    return (pl_key){.kind = ":lk:", .ns = ns, .subject = uid};
}

pl_key pl_key_state(pl_name ns, pl_name service)
{
    return (pl_key){.kind = ":state:", .ns = ns, .subject = service};
}

pl_key pl_key_workload(pl_name ns, pl_name service)
{
    return (pl_key){.kind = ":workload:", .ns = ns, .subject = service};
}

uint16_t pl_key_slot(const pl_key *key)
{
    uint16_t crc = pl_slot_crc(0, key->ns.text, key->ns.length);
    crc = pl_slot_crc(crc, key->kind, strlen(key->kind));
    return pl_slot_of_crc(pl_slot_crc(crc, key->subject.text, key->subject.length));
}

static void put_text(const pl_key *key, pl_buffer *out)
{
    pl_buffer_put(out, prefix, sizeof prefix - 1);
    pl_buffer_put(out, key->ns.text, key->ns.length);
    pl_buffer_put(out, key->kind, strlen(key->kind));
    pl_buffer_put(out, key->subject.text, key->subject.length);
    pl_buffer_put(out, "}", 1);
    if (key->suffix.length > 0)
        pl_buffer_put(out, key->suffix.text, key->suffix.length);
}

void pl_key_put(const pl_key *key, pl_buffer *out)
{
    size_t length =
        sizeof prefix - 1 + key->ns.length + strlen(key->kind) + key->subject.length + 1 + key->suffix.length;
    pl_resp_begin(out, length);
    put_text(key, out);
    pl_resp_end(out);
}

size_t pl_key_text(const pl_key *key, char *out)
{
    pl_buffer buffer = {.bytes = out, .capacity = PL_KEY_MAX};
    put_text(key, &buffer);
    return buffer.length;
}
