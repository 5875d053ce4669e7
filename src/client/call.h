/* SPDX-License-Identifier: MIT */
/* A call from start to end: attempts on the node that serves its commands, retries with backoff, redirects, within one
 * deadline. */
#ifndef PL_CLIENT_CALL_H
#define PL_CLIENT_CALL_H

#include "client/client.h"

#include <stdint.h>

/** A node where the latest attempt met NOSCRIPT, and its pl_node_loads() before the attempt. */
typedef struct pl_missing {
    pl_node *node;
    uint32_t loads;
} pl_missing;

/** The next attempt finds the rest. */
enum { PL_MISSING_MAX = 8 };

/** One call of the user; it may need several requests. It is inside the epoch from begin to finish. */
typedef struct pl_call {
    podlink_client *client;
    uint32_t epoch_number;
    pl_node *node;          /* of the latest attempt; NULL before the first one */
    pl_shared_conn *shared; /* the connection that it has entered there; NULL: none */
    pl_node *asked;         /* of the next attempt, after ASKING; NULL: route by the view */
    int64_t began;
    int64_t deadline;
    const pl_node *redirected_by; /* the node whose redirect a script of the user's has followed last; NULL: none */
    bool may_repeat;              /* unless the caller has forbidden it */
    uint32_t acks;                /* how many replicas are to have the writes */
    int64_t acks_timeout_ms;
    uint32_t acked; /* how many have them: the minimum over all nodes written to; UINT32_MAX: WAIT was not sent yet */
    uint32_t *acked_out; /* for the caller; NULL: not wanted */
    pl_missing missing[PL_MISSING_MAX];
    uint32_t missing_count;
    podlink_error failure; /* of the request that is running: why its commands are pending */
} pl_call;

/** Checks the call, that the client is open, and that this is its process. If it succeeds, pl_call_finish() follows.
 *  @return PODLINK_OK; EINVAL, EFORKED, ECLOSED: err is set */
podlink_status pl_call_begin(pl_call *active, podlink_client *client, const podlink_call *call, podlink_error *err);

/** Runs attempts until all commands are completed, or no retry is allowed, or a script is missing
 *  (request->is_script_missing): then the caller loads it on the nodes in call->missing, and calls this again. */
void pl_call_run_attempts(pl_call *call, pl_request *request);

/** Runs attempts on one node, regardless of slots. */
void pl_call_run_attempts_on(pl_call *call, pl_node *node, pl_request *request);

/** Completes pending commands with their reason; counts, logs and traces the request. @return request->status */
podlink_status pl_call_conclude(pl_call *call, pl_request *request);

/** Ends the call. */
void pl_call_finish(pl_call *call);

/** A whole call, for a request without scripts. */
podlink_status pl_call_run(podlink_client *client, pl_request *request, const podlink_call *call, podlink_error *err);

#endif
