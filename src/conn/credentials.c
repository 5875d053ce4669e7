/* SPDX-License-Identifier: MIT */
/* User and password of a connection, fetched from the host's callback. One copy is kept, for the time of the handshake.
 */
#include "conn/credentials.h"

#include "base/error.h"

#include <string.h>

enum { LONGEST = 64 * 1024 }; /* a signed token may be long */

static void wipe_text(const pl_heap *heap, char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    pl_heap_free(heap, *text);
    *text = NULL;
}

static podlink_status set(podlink_credentials *into, const char *user, const char *password)
{
    const size_t user_length = user ? strnlen(user, LONGEST + 1) : 0;
    const size_t length = password ? strnlen(password, LONGEST + 1) : 0;
    if (length == 0 || length > LONGEST || user_length > LONGEST || (user && user_length == 0))
        return PODLINK_EINVAL;
    if (user && !(into->user = pl_heap_copy(into->heap, user, user_length)))
        return PODLINK_ENOMEM;
    into->password = pl_heap_copy(into->heap, password, length);
    return into->password ? PODLINK_OK : PODLINK_ENOMEM;
}

podlink_status podlink_credentials_set(podlink_credentials *into, const char *user, const char *password)
{
    pl_credentials_wipe(into);
    into->status = set(into, user, password);
    if (into->status != PODLINK_OK)
        pl_credentials_wipe(into);
    return into->status;
}

void pl_credentials_wipe(podlink_credentials *given)
{
    wipe_text(given->heap, &given->user);
    wipe_text(given->heap, &given->password);
}

/* Checks the answer of a callback that reported success. */
static podlink_status check(const podlink_credentials *given, podlink_error *err)
{
    if (given->status == PODLINK_ENOMEM)
        return pl_error_no_memory(err);
    if (given->status != PODLINK_OK)
        return pl_error_invalid(err,
                                "the credentials callback gave a user or a password that is empty or longer than "
                                "%d bytes",
                                LONGEST);
    if (!given->password)
        return pl_error_set(err, PODLINK_EAUTH, PODLINK_NOT_SENT, "the credentials callback gave no password");
    return PODLINK_OK;
}

static bool are_equal(const podlink_credentials *a, const podlink_credentials *b)
{
    const bool is_same_user = a->user && b->user ? strcmp(a->user, b->user) == 0 : a->user == b->user;
    return is_same_user && strcmp(a->password, b->password) == 0;
}

bool pl_credentials_renew(podlink_credentials *given, const pl_credentials_source *source, pl_login *login)
{
    podlink_credentials newer = {.heap = given->heap};
    podlink_error ignored;
    if (!source->ask)
        return false;
    if (source->ask(source->context, &newer) != 0 || check(&newer, &ignored) != PODLINK_OK ||
        are_equal(given, &newer)) {
        pl_credentials_wipe(&newer);
        return false;
    }
    pl_credentials_wipe(given);
    *given = newer;
    login->user = given->user;
    login->password = given->password;
    return true;
}

podlink_status pl_credentials_ask(podlink_credentials *given, const pl_credentials_source *source, const pl_heap *heap,
                                  pl_login *login, podlink_error *err)
{
    *given = (podlink_credentials){.heap = heap};
    if (!source->ask)
        return PODLINK_OK;
    const int failure = source->ask(source->context, given);
    podlink_status status = failure == 0 ? check(given, err)
                                         : pl_error_set(err, PODLINK_EAUTH, PODLINK_NOT_SENT,
                                                        "the credentials callback failed with %d", failure);
    login->user = given->user;
    login->password = given->password;
    return status;
}
