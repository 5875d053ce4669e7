/* Running a call to its end: attempts over its commands, each to the node that serves it, retries with backoff,
 * redirects; all inside one deadline. */
#ifndef PL_CLIENT_CALL_H
#define PL_CLIENT_CALL_H

#include "client/client.h"

#include <stdint.h>

/** A node where the latest attempt met NOSCRIPT, and how many scripts had been loaded there before. */
typedef struct pl_missing {
    pl_node *node;
    uint32_t loads;
} pl_missing;

/** More of them are found by the next attempt. */
enum { PL_MISSING_MAX = 8 };

/** One call of the user's, which may take several requests. It is inside the client from begin to finish. */
typedef struct pl_call {
    podlink_client *client;
    uint32_t epoch_number;  /* of the epoch */
    pl_node *node;          /* that the latest command went to; NULL before */
    pl_shared_conn *shared; /* that it has entered there; NULL: none */
    pl_node *asked;         /* where the next attempt goes, after ASKING; NULL: as the view tells */
    int64_t began;
    int64_t deadline;
    const pl_node *redirected_by; /* the node whose redirect a script of the user's has followed last; NULL: none */
    bool may_repeat; /* the caller has not forbidden it */
    uint32_t acks;   /* replicas that are to have what was written */
    int64_t acks_timeout_ms;
    uint32_t acked;      /* how many have: the fewest of all nodes written to; UINT32_MAX while none was asked */
    uint32_t *acked_out; /* NULL: the caller does not want to know */
    pl_missing missing[PL_MISSING_MAX];
    uint32_t missing_count;
    podlink_error failure; /* of the request that is running: why its commands are pending */
} pl_call;

/** Checks the call, and that the client is ours and open. pl_call_finish() must follow where it succeeds.
 *  @return PODLINK_OK; EINVAL, EFORKED, ECLOSED: err is set */
podlink_status pl_call_begin(pl_call *active, podlink_client *client, const podlink_call *call, podlink_error *err);

/** Runs attempts of a request until all is completed, or no more may be tried, or a command lacks its script
 *  (request->is_script_missing): then the caller loads it where call->lacking tells, and runs again. */
void pl_call_run_attempts(pl_call *call, pl_request *request);

/** Runs attempts of a request on one node, whatever the slots of its commands are. */
void pl_call_run_attempts_on(pl_call *call, pl_node *node, pl_request *request);

/** Settles what is pending, counts, logs and traces the request. @return request->status */
podlink_status pl_call_conclude(pl_call *call, pl_request *request);

/** The call has ended. */
void pl_call_finish(pl_call *call);

/** All of it, for commands that need no script. */
podlink_status pl_call_run(podlink_client *client, pl_request *request, const podlink_call *call, podlink_error *err);

#endif
