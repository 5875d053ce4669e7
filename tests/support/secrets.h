/* Passwords that are easily known again, and a look at all that a client tells: log, trace, events and errors. */
#ifndef PODLINK_TESTS_SECRETS_H
#define PODLINK_TESTS_SECRETS_H

#include "api.h"

#define SECRET_OF_SERVERS   "canary-of-servers-0123456789"
#define SECRET_OF_SENTINELS "canary-of-sentinels-9876543210"
#define SECRET_WRONG        "canary-that-is-wrong-0123456789"

/** Has a client with these options tell everything, in the thread that calls it and ticks: it has no other. */
void secrets_listen(podlink_options *options);

/** Checks that nothing that was told since then, nor err (unless NULL), has a part of one of the above. */
void secrets_look(const podlink_error *err);

/** How many events there were since then. */
int secrets_events(void);

#endif
