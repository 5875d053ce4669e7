/* SPDX-License-Identifier: MIT */
/* Links: which pod of a service serves a user. */
#ifndef PODLINK_LINK_H
#define PODLINK_LINK_H

#include <podlink/client.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PODLINK_NO_POD         (-1) /* there is no link, or no pod */
#define PODLINK_UNREADABLE_POD (-2) /* the stored value is not a pod */
#define PODLINK_POD_MAX        INT32_MAX
#define PODLINK_FOREVER        INT64_C(-1) /* persistent: the link does not expire */
#define PODLINK_PERSIST_MAX    INT32_MAX   /* seconds */

/** The name of a link: a user (uid) and a service in a namespace. Each name is 1 to 512 bytes of UTF-8 without control
 *  characters, '{' and '}'; ns also without ':'. An invalid name is PODLINK_EINVAL: err names the argument and what is
 *  wrong with it. The strings must stay valid until the call returns. */
typedef struct podlink_link {
    const char *ns;
    const char *service;
    const char *uid;
} podlink_link;

/* This holds for all functions below. They return PODLINK_OK, a positive status where it is documented, or a failure:
 * PODLINK_EINVAL (nothing was sent), ECORRUPT (the stored value is not a pod; err has the key and the escaped value),
 * or another status of <podlink/status.h>. err->delivery says what happened to the call. They block until the deadline
 * of the call at most, may be called by any thread, and allocate nothing unless they say so. call and err may be NULL.
 * "Harmless to repeat" is explained under Retries in <podlink/client.h>. A pod is 0..2^31-1. persist_s is
 * PODLINK_FOREVER or 1..2^31-1 seconds. */

/** Sets a link, whatever the uid was linked to. A stored value that is not a pod is replaced, too.
 *  @param previous  out, may be NULL: the pod before, PODLINK_NO_POD, or PODLINK_UNREADABLE_POD
 *  Not harmless to repeat: the second run would report our own pod as previous. */
PODLINK_API podlink_status podlink_link_set(podlink_client *client, const podlink_link *link, int32_t pod,
                                            int64_t persist_s, int32_t *previous, const podlink_call *call,
                                            podlink_error *err);

/** Sets a link if there is none. An existing link does not change, nor does its expiry.
 *  @param in_force  out, may be NULL: the pod that the uid is linked to now, this pod or another
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_link_set_if_absent(podlink_client *client, const podlink_link *link, int32_t pod,
                                                      int64_t persist_s, int32_t *in_force, const podlink_call *call,
                                                      podlink_error *err);

/** Sets a link unless there is a persistent link to another pod.
 *  @param in_force  out, may be NULL: the pod that the uid is linked to now
 *  @param previous  out, may be NULL: after PODLINK_OK the pod before, PODLINK_NO_POD or PODLINK_UNREADABLE_POD; after
 *                   PODLINK_REFUSED the same as in_force
 *  @return PODLINK_OK: the link is set; PODLINK_REFUSED: the other link stays. Harmless to repeat; after a repetition
 *  previous may be our own pod. */
PODLINK_API podlink_status podlink_link_try_set(podlink_client *client, const podlink_link *link, int32_t pod,
                                                int64_t persist_s, int32_t *in_force, int32_t *previous,
                                                const podlink_call *call, podlink_error *err);

/** Gets the pod that a uid is linked to.
 *  @param pod  out: PODLINK_NO_POD if there is no link
 *  @return PODLINK_OK; PODLINK_NOT_LINKED. Harmless to repeat. */
PODLINK_API podlink_status podlink_link_get(podlink_client *client, const podlink_link *link, int32_t *pod,
                                            const podlink_call *call, podlink_error *err);

/** Like podlink_link_get(), but a temporary link counts as no link. */
PODLINK_API podlink_status podlink_link_get_if_persistent(podlink_client *client, const podlink_link *link,
                                                          int32_t *pod, const podlink_call *call, podlink_error *err);

/** Gets the time that a link has left. Does not read the stored value: one that is not a pod counts as a link.
 *  @param seconds  out: 1 or more, rounded up; PODLINK_FOREVER if the link is persistent; 0 if there is no link
 *  @return PODLINK_OK; PODLINK_NOT_LINKED. Harmless to repeat. */
PODLINK_API podlink_status podlink_link_ttl(podlink_client *client, const podlink_link *link, int64_t *seconds,
                                            const podlink_call *call, podlink_error *err);

/** Removes a link, whichever pod it is to.
 *  @param keep_s  PODLINK_FOREVER: delete the link at once; 1..2^31-1: make it temporary, it expires after so many
 *                 seconds
 *  @return PODLINK_OK; PODLINK_NOT_LINKED. Not harmless to repeat: the second run would find no link. */
PODLINK_API podlink_status podlink_link_remove(podlink_client *client, const podlink_link *link, int64_t keep_s,
                                               const podlink_call *call, podlink_error *err);

/** Like podlink_link_remove(), but only if the link is to this pod.
 *  @return PODLINK_OK; PODLINK_NOT_LINKED: there is no link, or it is to another pod, or its value is not a pod. */
PODLINK_API podlink_status podlink_link_remove_if_pod(podlink_client *client, const podlink_link *link, int32_t pod,
                                                      int64_t keep_s, const podlink_call *call, podlink_error *err);

/** Gets the link of a uid. If there is none, asks for the best pod of the service (podlink_state_best()) and sets the
 *  link if it is still absent. Callers that do this at the same time all get the same pod.
 *  @param max_age_ms  0: any age; 1..2^53: pods with an older state do not qualify
 *  @param in_force    out: PODLINK_NO_POD if no pod qualifies
 *  @return PODLINK_OK; PODLINK_NOT_FOUND: there is no link, and no pod qualifies. One to three round trips. Harmless
 *  to repeat. */
PODLINK_API podlink_status podlink_link_compute(podlink_client *client, const podlink_link *link, int64_t persist_s,
                                                int64_t max_age_ms, int32_t *in_force, const podlink_call *call,
                                                podlink_error *err);

/** A persistent link of a uid, from its index. */
typedef struct podlink_service_link {
    const char *service;
    int32_t pod; /* PODLINK_UNREADABLE_POD if the value in the index is not a pod */
} podlink_service_link;

typedef struct podlink_service_links {
    size_t count;
    const podlink_service_link *items; /* in no order */
} podlink_service_links;

/** Gets all persistent links of a uid. Allocates the list.
 *  @param links  out: owned by the caller, podlink_free(); NULL on failure. Exception: with PODLINK_ECORRUPT the list
 *                is complete, and err describes the first entry that is not a pod
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_link_services(podlink_client *client, const char *ns, const char *uid,
                                                 podlink_service_links **links, const podlink_call *call,
                                                 podlink_error *err);

/** One operation of a batch: its arguments (in) and its result (out). */
typedef struct podlink_link_item {
    podlink_link link;
    int32_t pod;               /* in: set, set if absent */
    int64_t persist_s;         /* in: set, set if absent; remove: keep_s */
    podlink_status status;     /* out: what the single call would return */
    podlink_delivery delivery; /* out */
    int32_t result;            /* out: set: previous pod; set if absent: pod in force; get: pod; else PODLINK_NO_POD */
} podlink_link_item;

/* Batches: count operations in one pipeline, each with its own result. Operations on one key run in the order of the
 * array. All items are checked before a byte is sent: if one is invalid, nothing is sent, the batch returns
 * PODLINK_EINVAL, and err names the item (items[7]: ...). Returns PODLINK_OK if no item failed, else the status of the
 * first item that failed, which err names. The deadline is for the whole batch. count is at most 2^31-1; 0 returns
 * PODLINK_OK at once. */

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
