/* Status codes and the error that tells what became of a call. */
#ifndef PODLINK_STATUS_H
#define PODLINK_STATUS_H

#include <podlink/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Every status, once: X(name, value, text). The enum, podlink_status_text() and the man page come from this table.
 *  0 is success; a positive status is an answer that is no failure; a negative one is a failure. */
#define PODLINK_STATUS_MAP(X)                                                                                          \
    X(OK, 0, "done")                                                                                                   \
    X(REFUSED, 1, "refused: a persistent link to another pod stands")                                                  \
    X(NOT_LINKED, 2, "there is no such link")                                                                          \
    X(NOT_FOUND, 3, "there is no such state, or no pod that qualifies")                                                \
    X(EINVAL, -1, "an argument is not valid")                                                                          \
    X(ENOMEM, -2, "out of memory")                                                                                     \
    X(ECLOSED, -3, "the client is closed")                                                                             \
    X(EFORKED, -4, "the client belongs to the parent process")                                                         \
    X(ERESOLVE, -5, "the server's name cannot be resolved")                                                            \
    X(ECONNECT, -6, "cannot connect to the server")                                                                    \
    X(ETIMEDOUT, -7, "the deadline has passed")                                                                        \
    X(ECONNLOST, -8, "the connection was lost")                                                                        \
    X(EPROTOCOL, -9, "the server sent what is not RESP, or what nobody asked for")                                     \
    X(EAUTH, -10, "the server refuses the credentials")                                                                \
    X(ENOPERM, -11, "the server's ACL does not permit this")                                                           \
    X(EREADONLY, -12, "the server is a read-only replica")                                                             \
    X(ELOADING, -13, "the server is loading its data")                                                                 \
    X(EMASTERDOWN, -14, "the replica has lost its master")                                                             \
    X(ECLUSTERDOWN, -15, "the cluster is down")                                                                        \
    X(ETRYAGAIN, -16, "the slot is being moved, try again")                                                            \
    X(EREDIRECT, -17, "another node serves this key")                                                                  \
    X(EBUSY, -18, "the server is busy with a script")                                                                  \
    X(EOOM, -19, "the server has reached its memory limit")                                                            \
    X(EWRONGTYPE, -20, "the key holds another type")                                                                   \
    X(ENOSCRIPT, -21, "the server does not hold the script")                                                           \
    X(ESERVER, -22, "the server answered with an error")                                                               \
    X(ECORRUPT, -23, "the stored value is not a pod")                                                                  \
    X(EREPLY, -24, "the reply has an unexpected shape")                                                                \
    X(ESCRIPT, -25, "no script is registered under this name")                                                         \
    X(EEXIST, -26, "a script is already registered under this name")                                                   \
    X(EUNSUPPORTED, -27, "this is not supported here")                                                                 \
    X(ETLS, -28, "TLS: the server is not trusted, or does not accept us")

typedef enum podlink_status {
#define X(name, value, text) PODLINK_##name = (value),
    PODLINK_STATUS_MAP(X)
#undef X
} podlink_status;

/** What became of a call that did not succeed. */
typedef enum podlink_delivery {
    PODLINK_NOT_SENT = 0, /* the server has not seen it and never will: safe to repeat */
    PODLINK_ANSWERED = 1, /* the server answered; with an error it changed nothing */
    PODLINK_UNKNOWN = 2   /* sent, at least in part, and no answer: it may have run, or may still run */
} podlink_delivery;

/** The details of a failure. Owned by the caller, who may pass NULL instead; set by every call that takes one, also on
 *  success (then status is PODLINK_OK and the texts are empty). Holds no secret. */
typedef struct podlink_error {
    podlink_status status;
    podlink_delivery delivery;
    char server[256];  /* the server's own words, escaped and perhaps cut; "" where it said nothing */
    char message[512]; /* one line: what failed, where and why */
} podlink_error;

/** The text of a status, never NULL ("unknown status" for a number that is none). Static; any thread. */
PODLINK_API const char *podlink_status_text(podlink_status status);

/** The name of a status, for example "PODLINK_ETIMEDOUT", never NULL. Static; any thread. */
PODLINK_API const char *podlink_status_name(podlink_status status);

/** "not sent", "answered" or "unknown". Static; any thread. */
PODLINK_API const char *podlink_delivery_text(podlink_delivery delivery);

#ifdef __cplusplus
}
#endif
#endif
