/* SPDX-License-Identifier: MIT */
/* Each operation of the public API as a function with the same signature: for rules that hold for all operations. */
#ifndef PODLINK_TESTS_OPERATION_CALLS_H
#define PODLINK_TESTS_OPERATION_CALLS_H

#include "api.h"
#include "faulty_server.h"

#include <stdbool.h>

/** The arguments of an operation. Each uses those that it needs. */
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

/** Valid arguments, without a podlink_call. */
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
    const char *name; /* as the function, without "podlink_" */
    /* Checks the out parameters as well: after a failure there is nothing to free, and no pod. Frees the results. */
    podlink_status (*run)(podlink_client *client, const struct operation_input *input, podlink_error *err);
    unsigned fields;
    const char *item; /* prefix of the message for a bad argument: "items[1]: " for a batch */
    bool is_repeatable;
    bool has_script;

    /* How a faulty server treats it. */
    enum fault_stage stage;
    size_t commands;            /* how many commands of that stage one call sends */
    size_t fault_at;            /* the index of the command that gets the wrong reply */
    const char *const *replies; /* ends with NULL */
    podlink_status of_integer;  /* the status if ":7" replaces the right reply */
    podlink_status of_empty;    /* "*0" */
    podlink_status of_nil;      /* "$-1" */
};

/** All operations. The first one opens a client: its run is NULL. */
const struct operation *operations(size_t *count);

/** Options with which all operations can run: the script of script_run is registered, and the open sends nothing. */
podlink_options operation_options(const char *url);

#endif
