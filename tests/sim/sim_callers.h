/* SPDX-License-Identifier: MIT */
/* The callers of the library: calls of all kinds, each with its token, and checks of the answers. */
#ifndef PODLINK_TESTS_SIM_CALLERS_H
#define PODLINK_TESTS_SIM_CALLERS_H

#include <podlink/client.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct callers_profile {
    uint32_t calls_each;
    int64_t think_most;      /* between two calls */
    int64_t call_timeout_ms; /* the client's */
    int64_t pool_wait_ms;
    int64_t dial_timeout_ms;
    uint32_t session_one_in; /* of the calls uses a session; 0: none */
    uint32_t auth_one_in;    /* of the calls reauthenticates; 0: none */
    uint32_t tries_again;    /* a caller that gets no session tries again at once, so often */
    uint32_t patient_one_in; /* of the calls has no limit; 0: none */
    uint32_t dedicated_max;
    bool fails_memory;     /* messages may be lost */
    bool is_calm;          /* there are no faults */
    uint32_t padding_most; /* bytes beside the token */
} callers_profile;

/** Whether a caller has had a session: the ledger's sums leave those calls out. */
bool callers_had_sessions(void);

/** The client must live until every caller has returned. */
void callers_begin(podlink_client *client, const callers_profile *profile);

/** A fiber: makes its calls and returns. */
void callers_run(void *ignored);

/** How many have returned. */
uint32_t callers_done(void);

/** Sends PINGs until one succeeds. It must within a second after the faults have ended. */
void callers_probe(void *ignored);

/** Closes the client while calls are running. @param wait_ms  for podlink_client_close() */
void callers_close(int64_t wait_ms, int64_t dial_timeout_ms);
bool callers_are_closed(void);

#endif
