/* SPDX-License-Identifier: MIT */
/* Passwords that are easy to recognise, and a check of everything that a client reports: log, trace, events and
 * errors. */
#ifndef PODLINK_TESTS_SECRETS_H
#define PODLINK_TESTS_SECRETS_H

#include "api.h"

#define SECRET_OF_SERVERS   "canary-of-servers-0123456789"
#define SECRET_OF_SENTINELS "canary-of-sentinels-9876543210"
#define SECRET_WRONG        "canary-that-is-wrong-0123456789"

/** Makes a client with these options report everything, in the thread that calls and ticks it: it has no other. */
void secrets_record(podlink_options *options);

/** Checks that no report since then, nor err (unless NULL), contains a part of a password above. */
void secrets_check(const podlink_error *err);

/** How many events there have been since then. */
int secrets_events(void);

#endif
