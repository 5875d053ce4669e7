/* Verbs whose input is many lines: reading, checking, sending in chunks, telling each line's outcome. What a line holds
 * and which call it becomes is the verb's. */
#ifndef CLI_BULK_H
#define CLI_BULK_H

#include "cli_session.h"

#include <stdbool.h>
#include <stddef.h>

/** What came of one item. */
typedef struct cli_outcome {
    podlink_status status;
    podlink_delivery delivery;
} cli_outcome;

/** How a verb treats its lines. Items lie in one array, as the batch calls of the library want them. */
typedef struct cli_bulk {
    const char *fields; /* for messages: "UID POD" */
    size_t fields_min;
    size_t fields_max;
    size_t item_size;

    /** Asks the server something harmless with what all lines have in common: is that valid, is a server there? */
    podlink_status (*check)(const cli_session *session, const void *context, podlink_error *error);

    /** Fills an item. The fields live as long as it. @return false: problem says what is wrong. */
    bool (*read)(const cli_session *session, const void *context, char **fields, size_t count, void *item,
                 cli_problem *problem);

    podlink_status (*send)(podlink_client *client, void *items, size_t count, const podlink_call *call,
                           podlink_error *error);
    cli_outcome (*outcome)(const void *item);

    /** Prints an item whose outcome is no failure. */
    void (*print_text)(const void *item);

    /** What the item was asked for and has got, as JSON: added to an object that has a status. */
    void (*add_json)(const cli_session *session, const void *item, json_t *object);
} cli_bulk;

/** Reads standard input to its end and executes each line.
 *  @param context  passed to check and read
 *  @return the highest exit code of all lines. */
int cli_bulk_run(cli_session *session, const cli_bulk *bulk, const void *context);

#endif
