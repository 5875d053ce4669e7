/* Linking users to pods. */
#ifndef PODLINK_LINK_H
#define PODLINK_LINK_H

#include <podlink/client.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PODLINK_NO_POD         (-1) /* no link, no pod */
#define PODLINK_UNREADABLE_POD (-2) /* a value stood there that is no pod, and was replaced */
#define PODLINK_POD_MAX        INT32_MAX
#define PODLINK_FOREVER        INT64_C(-1) /* a persistent link: it does not expire */
#define PODLINK_PERSIST_MAX    INT32_MAX   /* seconds */

/** Who is linked for which service. Each name is 1 to 512 bytes of UTF-8 without control characters, '{' or '}', and ns
 *  (the namespace) has no ':' either. Borrowed until the call returns. Errors name the argument and what is wrong. */
typedef struct podlink_link {
    const char *ns;
    const char *service;
    const char *uid;
} podlink_link;

/* Common to all functions of this page: they return PODLINK_OK, an answer (positive) where it is documented, or a
 * failure: PODLINK_EINVAL (nothing sent), ECORRUPT (err tells the key and the escaped value), or another of
 * <podlink/status.h>, and err->delivery says what became of the call. They block until the call's deadline at most, may
 * be called by any thread, and allocate nothing unless they say so. call and err may be NULL. persist_s is
 * PODLINK_FOREVER or 1..2^31-1 seconds; a pod is 0..2^31-1. */

/** Links a uid to a pod, whatever stood there; what stood there even if it is no pod.
 *  @param previous  out, may be NULL: the pod before, PODLINK_NO_POD, or PODLINK_UNREADABLE_POD
 *  Repeated by the library only if it was not sent, since the second run's previous pod would be our own. */
PODLINK_API podlink_status podlink_link_set(podlink_client *client, const podlink_link *link, int32_t pod,
                                            int64_t persist_s, int32_t *previous, const podlink_call *call,
                                            podlink_error *err);

/** Links a uid to a pod where it has no link; an existing link stays as it is, its expiry too.
 *  @param in_force  out, may be NULL: the pod that the uid is linked to now, this one or the other
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_link_set_if_absent(podlink_client *client, const podlink_link *link, int32_t pod,
                                                      int64_t persist_s, int32_t *in_force, const podlink_call *call,
                                                      podlink_error *err);

/** Links a uid to a pod unless a persistent link to another pod stands.
 *  @param in_force  out, may be NULL: the pod that the uid is linked to now
 *  @param previous  out, may be NULL: where taken, the pod before, PODLINK_NO_POD or PODLINK_UNREADABLE_POD; where
 *                   refused, the pod in force
 *  @return PODLINK_OK: taken; PODLINK_REFUSED: the other link stands. Harmless to repeat; a repeated one may tell our
 *  own pod as previous. */
PODLINK_API podlink_status podlink_link_try_set(podlink_client *client, const podlink_link *link, int32_t pod,
                                                int64_t persist_s, int32_t *in_force, int32_t *previous,
                                                const podlink_call *call, podlink_error *err);

/** The pod that a uid is linked to.
 *  @param pod  out: PODLINK_NO_POD where there is no link
 *  @return PODLINK_OK; PODLINK_NOT_LINKED. Harmless to repeat. */
PODLINK_API podlink_status podlink_link_get(podlink_client *client, const podlink_link *link, int32_t *pod,
                                            const podlink_call *call, podlink_error *err);

/** The pod that a uid is linked to, if that link is persistent; otherwise as podlink_link_get(). */
PODLINK_API podlink_status podlink_link_get_if_persistent(podlink_client *client, const podlink_link *link,
                                                          int32_t *pod, const podlink_call *call, podlink_error *err);

/** Removes a link, whichever pod it is to.
 *  @param keep_s  PODLINK_FOREVER: the link is deleted at once; 1..2^31-1: it stays as a temporary one for so long
 *  @return PODLINK_OK; PODLINK_NOT_LINKED. Repeated by the library only if it was not sent. */
PODLINK_API podlink_status podlink_link_remove(podlink_client *client, const podlink_link *link, int64_t keep_s,
                                               const podlink_call *call, podlink_error *err);

/** Removes a link if it is to that pod; otherwise as podlink_link_remove().
 *  @return PODLINK_OK; PODLINK_NOT_LINKED: there is none, or it is to another pod. */
PODLINK_API podlink_status podlink_link_remove_if_pod(podlink_client *client, const podlink_link *link, int32_t pod,
                                                      int64_t keep_s, const podlink_call *call, podlink_error *err);

/** Links a uid to the best pod of the service where it has no link: gets the link; else asks for the ready pod of least
 *  load and sets it if absent. Of many that do so at the same time, all get the same pod.
 *  @param max_age_ms  how old a pod's state may be; 0: any age
 *  @param in_force    out: PODLINK_NO_POD where no pod qualifies
 *  @return PODLINK_OK; PODLINK_NOT_FOUND: no link, and no pod qualifies. One to three round trips. Harmless to
 *  repeat. */
PODLINK_API podlink_status podlink_link_compute(podlink_client *client, const podlink_link *link, int64_t persist_s,
                                                int64_t max_age_ms, int32_t *in_force, const podlink_call *call,
                                                podlink_error *err);

/** A persistent link of a uid. */
typedef struct podlink_service_link {
    const char *service;
    int32_t pod; /* PODLINK_UNREADABLE_POD where the index holds what is no pod */
} podlink_service_link;

typedef struct podlink_service_links {
    size_t count;
    const podlink_service_link *items; /* in no order */
} podlink_service_links;

/** All persistent links of a uid. Allocates the list.
 *  @param links  out: owned by the caller, podlink_free(); NULL on failure, but for ECORRUPT, where it is complete and
 *                err tells the first entry that is no pod
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_link_services(podlink_client *client, const char *ns, const char *uid,
                                                 podlink_service_links **links, const podlink_call *call,
                                                 podlink_error *err);

/** One element of a batch: in, what is asked; out, what came of it. */
typedef struct podlink_link_item {
    podlink_link link;
    int32_t pod;               /* in: set, set if absent */
    int64_t persist_s;         /* in: set, set if absent; remove: keep_s */
    podlink_status status;     /* out, as the single call returns it */
    podlink_delivery delivery; /* out */
    int32_t result;            /* out: set: previous pod; set if absent: pod in force; get: pod; else PODLINK_NO_POD */
} podlink_link_item;

/* Batches: n operations, pipelined, each with its own result; those on one key take effect in the order given. Every
 * item is checked before a byte is sent: one that is not valid fails them all with PODLINK_EINVAL, and err names it
 * (items[7]: ...). Returns PODLINK_OK where each item has a status that is no failure, else the status of the first
 * that failed, and err tells which it is. The deadline is that of the whole batch. n is at most 2^31-1; 0 is done at
 * once. */

PODLINK_API podlink_status podlink_link_set_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                                  const podlink_call *call, podlink_error *err);
PODLINK_API podlink_status podlink_link_set_if_absent_batch(podlink_client *client, podlink_link_item *items,
                                                            size_t count, const podlink_call *call, podlink_error *err);
PODLINK_API podlink_status podlink_link_get_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                                  const podlink_call *call, podlink_error *err);
PODLINK_API podlink_status podlink_link_remove_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                                     const podlink_call *call, podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
