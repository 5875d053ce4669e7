/* Running a call to its end: passes, retries with backoff, all inside one deadline. */
#ifndef PL_CLIENT_RUN_H
#define PL_CLIENT_RUN_H

#include "client/client.h"

#include <stdint.h>

/** One call of the user's, which may take several exchanges. It is inside the client from begin to finish. */
typedef struct pl_run {
    podlink_client *client;
    pl_lane *lane; /* that it has entered */
    int64_t began;
    int64_t deadline;
    bool may_repeat; /* the caller has not forbidden it */
} pl_run;

/** Checks the call, and that the client is ours and open. pl_run_finish() must follow where it succeeds.
 *  @return PODLINK_OK; EINVAL, EFORKED, ECLOSED: err is set */
podlink_status pl_run_begin(pl_run *run, podlink_client *client, const podlink_call *call, podlink_error *err);

/** Runs passes of an exchange until all is settled, or no more may be tried, or a command lacks its script
 *  (exchange->lacks_script): then the caller loads it and runs again. */
void pl_run_passes(pl_run *run, pl_exchange *exchange);

/** Settles what is pending, counts, logs and traces the exchange. @return exchange->status */
podlink_status pl_run_end(pl_run *run, pl_exchange *exchange);

/** The call has ended. */
void pl_run_finish(pl_run *run);

/** All of it, for commands that need no script. */
podlink_status pl_run_exchange(podlink_client *client, pl_exchange *exchange, const podlink_call *call,
                               podlink_error *err);

#endif
