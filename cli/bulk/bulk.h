/* SPDX-License-Identifier: MIT */
/* Bulk verbs: reads lines, checks them, sends them in chunks and prints the outcome of each line. A verb describes its
 * lines and its batch call in a cli_bulk. */
#ifndef CLI_BULK_H
#define CLI_BULK_H

#include "cli_session.h"

#include <stdbool.h>
#include <stddef.h>

/** The outcome of one item. */
typedef struct cli_outcome {
    podlink_status status;
    podlink_delivery delivery;
} cli_outcome;

/** A bulk verb. Its items are one array, as the batch calls of the library require. */
typedef struct cli_bulk {
    const char *fields; /* for messages: "UID POD" */
    size_t fields_min;
    size_t fields_max;
    size_t item_size;

    /** Sends a harmless request with what all lines have in common: finds invalid names and a missing server early. */
    podlink_status (*check)(const cli_session *session, const void *context, podlink_error *error);

    /** Fills an item. The fields live as long as the item. @return false: problem says what is wrong. */
    bool (*read)(const cli_session *session, const void *context, char **fields, size_t count, void *item,
                 cli_problem *problem);

    podlink_status (*send)(podlink_client *client, void *items, size_t count, const podlink_call *call,
                           podlink_error *error);
    cli_outcome (*outcome)(const void *item);

    /** Prints an item that did not fail. */
    void (*print_text)(const void *item);

    /** Adds the item's request and result to a JSON object that already has the status. */
    void (*add_json)(const cli_session *session, const void *item, json_t *object);
} cli_bulk;

/** Reads standard input to its end and executes each line.
 *  @param context  passed to check and read
 *  @return the highest exit code of all lines. */
int cli_bulk_run(cli_session *session, const cli_bulk *bulk, const void *context);

#endif
