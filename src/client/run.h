/* Running a call to its end: passes over its commands, each to the node that serves it, retries with backoff,
 * redirects; all inside one deadline. */
#ifndef PL_CLIENT_RUN_H
#define PL_CLIENT_RUN_H

#include "client/client.h"

#include <stdint.h>

/** A node where the latest pass met NOSCRIPT, and how many scripts had been loaded there before. */
typedef struct pl_lacking {
    pl_node *node;
    uint32_t loads;
} pl_lacking;

/** More of them are found by the next pass. */
enum { PL_LACKING_MAX = 8 };

/** One call of the user's, which may take several requests. It is inside the client from begin to finish. */
typedef struct pl_run {
    podlink_client *client;
    uint32_t epoch_number;  /* of the epoch */
    pl_node *node;          /* that the latest command went to; NULL before */
    pl_shared_conn *shared; /* that it has entered there; NULL: none */
    pl_node *asked;         /* where the next pass goes, after ASKING; NULL: as the view tells */
    int64_t began;
    int64_t deadline;
    bool may_repeat; /* the caller has not forbidden it */
    uint32_t acks;   /* replicas that are to have what was written */
    int64_t acks_timeout_ms;
    uint32_t acked;      /* how many have: the fewest of all nodes written to; UINT32_MAX while none was asked */
    uint32_t *acked_out; /* NULL: the caller does not want to know */
    pl_lacking lacking[PL_LACKING_MAX];
    uint32_t lacking_count;
} pl_run;

/** Checks the call, and that the client is ours and open. pl_run_finish() must follow where it succeeds.
 *  @return PODLINK_OK; EINVAL, EFORKED, ECLOSED: err is set */
podlink_status pl_run_begin(pl_run *run, podlink_client *client, const podlink_call *call, podlink_error *err);

/** Runs passes of an request until all is completed, or no more may be tried, or a command lacks its script
 *  (request->lacks_script): then the caller loads it where run->lacking tells, and runs again. */
void pl_run_passes(pl_run *run, pl_request *request);

/** Runs passes of an request on one node, whatever the slots of its commands are. */
void pl_run_passes_on(pl_run *run, pl_node *node, pl_request *request);

/** The view, which has a server at least: found out, where it has none.
 *  @return PODLINK_OK, or why none could be found. Blocks until the run's deadline at most. */
podlink_status pl_run_find_servers(pl_run *run, const pl_view **view, podlink_error *err);

/** Settles what is pending, counts, logs and traces the request. @return request->status */
podlink_status pl_run_end(pl_run *run, pl_request *request);

/** The call has ended. */
void pl_run_finish(pl_run *run);

/** All of it, for commands that need no script. */
podlink_status pl_run_exchange(podlink_client *client, pl_request *request, const podlink_call *call,
                               podlink_error *err);

#endif
