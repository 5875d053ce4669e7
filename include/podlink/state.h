/* SPDX-License-Identifier: MIT */
/* States of the pods of a service, and workload states. */
#ifndef PODLINK_STATE_H
#define PODLINK_STATE_H

#include <podlink/client.h>
#include <podlink/link.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum podlink_routing {
    PODLINK_UNAVAILABLE = 0,
    PODLINK_READY = 1,
    PODLINK_DRAINING = 2, /* serves its users, takes no new ones */
    PODLINK_SHUTTING_DOWN = 3
} podlink_routing;

/** "unavailable", "ready", "draining" or "shutting-down"; "unknown" for another number. The string is static. Any
 *  thread. */
PODLINK_API const char *podlink_routing_text(podlink_routing routing);

/** A service in a namespace. The rules for names are those of podlink_link. */
typedef struct podlink_service {
    const char *ns;
    const char *name;
} podlink_service;

/** The state of a pod. */
typedef struct podlink_state {
    int32_t pod;
    podlink_routing routing;
    int64_t load;         /* lower is better; may be negative */
    int64_t timestamp_ms; /* since 1970, on the clock of the server that stored it */
} podlink_state;

typedef struct podlink_states {
    size_t count;
    size_t skipped;             /* entries that could not be parsed */
    const podlink_state *items; /* by pod, ascending */
} podlink_states;

/* The common rules of <podlink/link.h> hold here too. max_age_ms is 0 (any age) or 1..2^53; the age of a state is
 * measured on the server's clock. */

/** Stores the state of a pod, with the server's time. Not harmless to repeat: the second run could overwrite a newer
 *  state. */
PODLINK_API podlink_status podlink_state_set(podlink_client *client, const podlink_service *service, int32_t pod,
                                             int64_t load, podlink_routing routing, const podlink_call *call,
                                             podlink_error *err);

/** Gets the state of one pod.
 *  @param state  out
 *  @return PODLINK_OK; PODLINK_NOT_FOUND; PODLINK_ECORRUPT if the stored value cannot be parsed. Harmless to repeat. */
PODLINK_API podlink_status podlink_state_get(podlink_client *client, const podlink_service *service, int32_t pod,
                                             podlink_state *state, const podlink_call *call, podlink_error *err);

/** Gets the states of all pods, whatever their age. Allocates the list. Entries that cannot be parsed are skipped and
 *  counted.
 *  @param states  out: owned by the caller, podlink_free(); NULL on failure
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_state_list(podlink_client *client, const podlink_service *service,
                                              podlink_states **states, const podlink_call *call, podlink_error *err);

/** Gets the live pods: those with a state of at most max_age_ms, whatever their routing. Otherwise like
 *  podlink_state_list(). The server skips entries that it cannot parse; skipped counts only those that the server
 *  returned and this library cannot parse. */
PODLINK_API podlink_status podlink_state_live(podlink_client *client, const podlink_service *service,
                                              int64_t max_age_ms, podlink_states **states, const podlink_call *call,
                                              podlink_error *err);

/** Gets the best pod: among the ready pods with a state of at most max_age_ms the one with the lowest load; among
 *  equals the one with the lowest number.
 *  @param pod  out: PODLINK_NO_POD if no pod qualifies
 *  @return PODLINK_OK; PODLINK_NOT_FOUND. Harmless to repeat. */
PODLINK_API podlink_status podlink_state_best(podlink_client *client, const podlink_service *service,
                                              int64_t max_age_ms, int32_t *pod, const podlink_call *call,
                                              podlink_error *err);

/** One operation of a batch of states. */
typedef struct podlink_state_item {
    podlink_service service;
    int32_t pod;
    podlink_routing routing;
    int64_t load;
    podlink_status status;     /* out */
    podlink_delivery delivery; /* out */
} podlink_state_item;

/** Stores count states in one pipeline, like the batches of <podlink/link.h>. */
PODLINK_API podlink_status podlink_state_set_batch(podlink_client *client, podlink_state_item *items, size_t count,
                                                   const podlink_call *call, podlink_error *err);

/** Stores the workload state of a service: any text of at most 1 MiB. Not harmless to repeat: the second run could
 *  overwrite a newer state. */
PODLINK_API podlink_status podlink_workload_set(podlink_client *client, const podlink_service *service,
                                                const char *state, const podlink_call *call, podlink_error *err);

/** A workload state: bytes, followed by a NUL that is not counted. */
typedef struct podlink_workload {
    const char *state; /* NULL if the service has none */
    size_t length;
} podlink_workload;

typedef struct podlink_workloads {
    size_t count; /* one per requested service, in the same order */
    const podlink_workload *items;
} podlink_workloads;

/** Gets the workload state of a service. Allocates.
 *  @param workloads  out: one item; owned by the caller, podlink_free(); NULL on failure
 *  @return PODLINK_OK; PODLINK_NOT_FOUND (the state of the item is NULL). Harmless to repeat. */
PODLINK_API podlink_status podlink_workload_get(podlink_client *client, const podlink_service *service,
                                                podlink_workloads **workloads, const podlink_call *call,
                                                podlink_error *err);

/** Gets the workload states of several services of a namespace, in one pipeline. Allocates.
 *  @param workloads  out: owned by the caller, podlink_free(); NULL on failure
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_workload_get_many(podlink_client *client, const char *ns,
                                                     const char *const *services, size_t count,
                                                     podlink_workloads **workloads, const podlink_call *call,
                                                     podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
