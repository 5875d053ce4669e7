/* SPDX-License-Identifier: MIT */
/* Status codes, and the error that describes a failed call. */
#ifndef PODLINK_STATUS_H
#define PODLINK_STATUS_H

#include <podlink/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Every status, once: X(name, value, text). The enum, podlink_status_text() and the manual page are made from this
 *  table. 0 is success. A positive status is an answer, not a failure. A negative status is a failure. */
#define PODLINK_STATUS_MAP(X)                                                                                          \
    X(OK, 0, "done")                                                                                                   \
    X(REFUSED, 1, "refused: there is a persistent link to another pod")                                                \
    X(NOT_LINKED, 2, "there is no such link")                                                                          \
    X(NOT_FOUND, 3, "there is no such state, or no pod qualifies")                                                     \
    X(EINVAL, -1, "an argument is not valid")                                                                          \
    X(ENOMEM, -2, "out of memory")                                                                                     \
    X(ECLOSED, -3, "the client is closed")                                                                             \
    X(EFORKED, -4, "the client belongs to the parent process")                                                         \
    X(ERESOLVE, -5, "the server's name cannot be resolved")                                                            \
    X(ECONNECT, -6, "cannot connect to the server")                                                                    \
    X(ETIMEDOUT, -7, "the deadline has passed")                                                                        \
    X(ECONNLOST, -8, "the connection was lost")                                                                        \
    X(EPROTOCOL, -9, "the reply is not valid RESP, too long or unsolicited")                                           \
    X(EAUTH, -10, "the server refuses the credentials")                                                                \
    X(ENOPERM, -11, "the server's ACL does not permit this")                                                           \
    X(EREADONLY, -12, "the server is a read-only replica")                                                             \
    X(ELOADING, -13, "the server is loading its data")                                                                 \
    X(EMASTERDOWN, -14, "the replica has no connection to its master")                                                 \
    X(ECLUSTERDOWN, -15, "the cluster is down")                                                                        \
    X(ETRYAGAIN, -16, "the slot is being migrated, try again")                                                         \
    X(EREDIRECT, -17, "another node serves this key")                                                                  \
    X(EBUSY, -18, "the server is busy with a script")                                                                  \
    X(EOOM, -19, "the server has reached its memory limit")                                                            \
    X(EWRONGTYPE, -20, "the key holds a value of another type")                                                        \
    X(ENOSCRIPT, -21, "the script is not loaded on the server")                                                        \
    X(ESERVER, -22, "the server answered with an error")                                                               \
    X(ECORRUPT, -23, "the stored value is not a pod or a state")                                                       \
    X(EREPLY, -24, "the reply has an unexpected shape")                                                                \
    X(ESCRIPT, -25, "no script is registered under this name")                                                         \
    X(EEXIST, -26, "a script is already registered under this name")                                                   \
    X(EUNSUPPORTED, -27, "the server or this build does not support this")                                             \
    X(ETLS, -28, "TLS: the server is not trusted, or it rejected the client")

typedef enum podlink_status {
#define X(name, value, text) PODLINK_##name = (value),
    PODLINK_STATUS_MAP(X)
#undef X
} podlink_status;

/** What happened to a command whose call failed. */
typedef enum podlink_delivery {
    PODLINK_NOT_SENT = 0, /* the server has not received the whole command and never will: safe to repeat */
    PODLINK_ANSWERED = 1, /* the server replied. After an error reply nothing has changed, except by a script of your
                             own that wrote before it failed */
    PODLINK_UNKNOWN = 2   /* the command was sent, and there is no reply: it may have run, or may still run. If the
                             connection was lost before the last byte was sent, it is PODLINK_NOT_SENT instead */
} podlink_delivery;

/** The details of a failure. Owned by the caller, who may pass NULL instead. Every function that takes one sets it;
 *  after success status is PODLINK_OK and the texts are empty. Never contains a secret. */
typedef struct podlink_error {
    podlink_status status;
    podlink_delivery delivery;
    char server[256];  /* the server's error text, escaped, cut if too long; "" if there is none */
    char message[512]; /* one line: what failed, on which server, and why */
} podlink_error;

/** The text of a status; "unknown status" for another number; never NULL. The string is static. Any thread. */
PODLINK_API const char *podlink_status_text(podlink_status status);

/** The name of a status, for example "PODLINK_ETIMEDOUT"; never NULL. The string is static. Any thread. */
PODLINK_API const char *podlink_status_name(podlink_status status);

/** "not sent", "answered" or "unknown". The string is static. Any thread. */
PODLINK_API const char *podlink_delivery_text(podlink_delivery delivery);

#ifdef __cplusplus
}
#endif
#endif
