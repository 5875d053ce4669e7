/* The states of services and their workloads. */
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
    PODLINK_DRAINING = 2, /* denies new users */
    PODLINK_SHUTTING_DOWN = 3
} podlink_routing;

/** "unavailable", "ready", "draining" or "shutting-down"; "unknown" for another number. Static; any thread. */
PODLINK_API const char *podlink_routing_text(podlink_routing routing);

/** A service of a namespace. Names as in podlink_link. Borrowed until the call returns. */
typedef struct podlink_service {
    const char *ns;
    const char *name;
} podlink_service;

/** The state of one pod. */
typedef struct podlink_state {
    int32_t pod;
    podlink_routing routing;
    int64_t load;         /* lower is better; may be negative */
    int64_t timestamp_ms; /* since 1970, by the clock of the server that stored it */
} podlink_state;

typedef struct podlink_states {
    size_t count;
    size_t skipped;             /* entries that could not be read */
    const podlink_state *items; /* in ascending order of pods */
} podlink_states;

/* What <podlink/link.h> says of its functions holds here too. max_age_ms is 0 (any age) or 1..2^53; states are compared
 * with the server's clock. */

/** Stores a pod's state, stamped with the server's clock. Repeated by the library only if it was not sent: a repeated
 *  one could undo a later state. */
PODLINK_API podlink_status podlink_state_set(podlink_client *client, const podlink_service *service, int32_t pod,
                                             int64_t load, podlink_routing routing, const podlink_call *call,
                                             podlink_error *err);

/** The state of one pod.
 *  @param state  out
 *  @return PODLINK_OK; PODLINK_NOT_FOUND; PODLINK_ECORRUPT where it cannot be read. Harmless to repeat. */
PODLINK_API podlink_status podlink_state_get(podlink_client *client, const podlink_service *service, int32_t pod,
                                             podlink_state *state, const podlink_call *call, podlink_error *err);

/** The states of all pods, however old. Allocates the list. What cannot be read is skipped and counted.
 *  @param states  out: owned by the caller, podlink_free(); NULL on failure. Harmless to repeat. */
PODLINK_API podlink_status podlink_state_list(podlink_client *client, const podlink_service *service,
                                              podlink_states **states, const podlink_call *call, podlink_error *err);

/** The live pods: those whose state is new enough, whatever their routing. Otherwise as podlink_state_list(); the
 * server skips what it cannot read, and skipped counts what only this library cannot. */
PODLINK_API podlink_status podlink_state_live(podlink_client *client, const podlink_service *service,
                                              int64_t max_age_ms, podlink_states **states, const podlink_call *call,
                                              podlink_error *err);

/** The best pod: the ready one of least load whose state is new enough; among equals the lowest.
 *  @param pod  out: PODLINK_NO_POD where none qualifies
 *  @return PODLINK_OK; PODLINK_NOT_FOUND. Harmless to repeat. */
PODLINK_API podlink_status podlink_state_best(podlink_client *client, const podlink_service *service,
                                              int64_t max_age_ms, int32_t *pod, const podlink_call *call,
                                              podlink_error *err);

/** One element of a batch of states. */
typedef struct podlink_state_item {
    podlink_service service;
    int32_t pod;
    podlink_routing routing;
    int64_t load;
    podlink_status status;     /* out */
    podlink_delivery delivery; /* out */
} podlink_state_item;

/** Stores n states, pipelined; as the batches of <podlink/link.h>. */
PODLINK_API podlink_status podlink_state_set_batch(podlink_client *client, podlink_state_item *items, size_t count,
                                                   const podlink_call *call, podlink_error *err);

/** Stores the workload state of a service: any text of at most 1 MiB. Repeated by the library only if it was not sent:
 * a repeated one could undo a later state. */
PODLINK_API podlink_status podlink_workload_set(podlink_client *client, const podlink_service *service,
                                                const char *state, const podlink_call *call, podlink_error *err);

/** A workload state; bytes, followed by a NUL that does not count. */
typedef struct podlink_workload {
    const char *state; /* NULL where the service has none */
    size_t length;
} podlink_workload;

typedef struct podlink_workloads {
    size_t count; /* as many as were asked for, in that order */
    const podlink_workload *items;
} podlink_workloads;

/** The workload state of a service. Allocates.
 *  @param workloads  out: one item; owned by the caller, podlink_free(); NULL on failure
 *  @return PODLINK_OK; PODLINK_NOT_FOUND (the item's state is NULL). Harmless to repeat. */
PODLINK_API podlink_status podlink_workload_get(podlink_client *client, const podlink_service *service,
                                                podlink_workloads **workloads, const podlink_call *call,
                                                podlink_error *err);

/** The workload states of many services of a namespace, pipelined. Allocates.
 *  @param workloads  out: owned by the caller, podlink_free(); NULL on failure. Harmless to repeat. */
PODLINK_API podlink_status podlink_workload_get_many(podlink_client *client, const char *ns,
                                                     const char *const *services, size_t count,
                                                     podlink_workloads **workloads, const podlink_call *call,
                                                     podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
