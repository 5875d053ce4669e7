/* SPDX-License-Identifier: MIT */
/* MOVED and ASK. */
#include "deployment/redirect.h"

#include "base/number.h"
#include "deployment/peer_address.h"
#include "deployment/slot.h"

#include <string.h>

typedef struct text {
    const char *at;
    size_t left;
} text;

/* Takes a word and the blank behind it. False if no blank follows. */
static bool take_word(text *words, const char **word, size_t *length)
{
    const char *blank = words->left > 0 ? memchr(words->at, ' ', words->left) : NULL;
    if (!blank)
        return false;
    *word = words->at;
    *length = (size_t)(blank - words->at);
    words->left -= *length + 1;
    words->at = blank + 1;
    return true;
}

static bool is_word(const char *word, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(word, expected, length) == 0;
}

pl_redirect_kind pl_redirect_read(const char *words, size_t length, const pl_address *asked, pl_redirect *redirect)
{
    text rest = {words, length};
    const char *word;
    size_t size;
    int64_t slot, port;
    if (!take_word(&rest, &word, &size))
        return PL_REDIRECT_NONE;
    const bool asks = is_word(word, size, "ASK");
    if (!asks && !is_word(word, size, "MOVED"))
        return PL_REDIRECT_NONE;
    if (!take_word(&rest, &word, &size) || !pl_number_parse(word, size, &slot) || slot < 0 || slot >= PL_SLOTS)
        return PL_REDIRECT_NONE;
    const char *colon = rest.left > 0 ? memrchr(rest.at, ':', rest.left) : NULL;
    if (!colon)
        return PL_REDIRECT_NONE;
    size = (size_t)(colon - rest.at);
    if (!pl_number_parse(colon + 1, rest.left - size - 1, &port))
        return PL_REDIRECT_NONE;
    redirect->asks = asks;
    redirect->slot = (uint16_t)slot;
    const pl_peer_address kind = pl_peer_address_read(rest.at, size, port, asked, &redirect->address);
    return kind == PL_PEER_ADDRESS_OK        ? PL_REDIRECT_TO
           : kind == PL_PEER_ADDRESS_UNKNOWN ? PL_REDIRECT_UNKNOWN
                                             : PL_REDIRECT_NONE;
}

bool pl_redirect_names(const char *words, const pl_address *asked, const pl_address *address)
{
    pl_redirect redirect;
    return pl_redirect_read(words, strlen(words), asked, &redirect) == PL_REDIRECT_TO &&
           pl_address_equals(&redirect.address, address);
}
