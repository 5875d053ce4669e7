/* Every operation of the public API once, as a closure: for what has to hold for all of them. */
#ifndef PODLINK_TESTS_OPERATION_CALLS_H
#define PODLINK_TESTS_OPERATION_CALLS_H

#include "api.h"
#include "faulty_server.h"

#include <stdbool.h>

/** The arguments that an operation has; it takes what it needs. */
struct operation_input {
    const char *ns;
    const char *service;
    const char *uid;
    int32_t pod;
    int64_t seconds; /* persist_s or keep_s */
    int64_t max_age_ms;
    podlink_routing routing;
    const podlink_call *call;
};

/** Arguments that are all valid, and have no call. */
extern const struct operation_input operation_valid;

enum operation_field {
    FIELD_NS = 1,
    FIELD_SERVICE = 2,
    FIELD_UID = 4,
    FIELD_POD = 8,
    FIELD_SECONDS = 16,
    FIELD_AGE = 32,
    FIELD_ROUTING = 64
};

enum { FIELDS_OF_LINK = FIELD_NS | FIELD_SERVICE | FIELD_UID, FIELDS_OF_SERVICE = FIELD_NS | FIELD_SERVICE };

enum { BATCH_ITEMS = 3 };

struct operation {
    const char *name; /* as its function, without "podlink_" */
    /* Checks its out parameters, too: after a failure there is nothing to free, and no pod. Frees what it got. */
    podlink_status (*run)(podlink_client *client, const struct operation_input *input, podlink_error *err);
    unsigned fields;
    const char *item; /* what stands before the message of a bad argument: "items[1]: " where it is a batch */
    bool is_repeatable;
    bool has_script;

    /* How a lying server deals with it. */
    enum fault_stage stage;
    size_t commands;            /* how many of that stage one call sends */
    size_t fault_at;            /* the one that gets the lie */
    const char *const *replies; /* ends with NULL */
    podlink_status of_integer;  /* what ":7" in place of the right reply comes to */
    podlink_status of_empty;    /* "*0" */
    podlink_status of_nil;      /* "$-1" */
};

/** All operations, the one that opens a client first: its run is NULL. */
const struct operation *operations(size_t *count);

/** Options with which all of them can be run: the script of script_run is registered, and nothing is sent at the open.
 */
podlink_options operation_options(const char *url);

#endif
