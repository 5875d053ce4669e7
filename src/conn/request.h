/* SPDX-License-Identifier: MIT */
/* A request: the commands of one caller and their outcomes. The caller owns it; its functions encode the commands and
 * take the outcomes.
 *
 * A command is pending until it is completed. It stays pending if it was not sent, if it got no answer and is harmless
 * to repeat, or if the answer says that it did not run for the moment. The caller may then send it again, and must
 * complete it in the end. */
#ifndef PL_CONN_REQUEST_H
#define PL_CONN_REQUEST_H

#include "base/buffer.h"
#include "resp/reply.h"

#include <podlink/status.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct pl_request pl_request;

#define PL_FOLLOWS_NONE UINT32_MAX
#define PL_SLOT_ANY     UINT16_MAX /* a command without a key, which any node of a cluster may serve */

/** The outcome of one command. */
typedef struct pl_outcome {
    podlink_status status; /* PODLINK_OK: reply is there */
    podlink_delivery delivery;
    pl_reply *reply;   /* borrowed; NULL: none, or it was an error */
    const char *words; /* the error text of the server; NULL: none. Borrowed */
    size_t words_length;
    const char *why;    /* the reason of a failure without such a text; borrowed */
    const char *server; /* its address; borrowed */
} pl_outcome;

typedef struct pl_request_ops {
    /** Appends command i. False when out of memory: the caller removes what was appended. */
    bool (*encode)(pl_request *request, uint32_t i, pl_buffer *out);

    /** Takes the outcome of command i, once, and copies what it needs. Runs under the connection's lock: it must be
     * short and call no callback of the host.
     *  @param err  may be NULL; to be set if the reply means a failure
     *  @return the command's status: outcome->status, or what the reply means */
    podlink_status (*complete)(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err);

    /** NULL, except for a request without a waiting owner: called when none of its commands is in flight any more.
     *  Runs without a lock; may free the request. */
    void (*finished)(pl_request *request);

    /** The cluster's slot of command i, or PL_SLOT_ANY. NULL: none of its commands has a key. */
    uint16_t (*slot)(const pl_request *request, uint32_t i);
} pl_request_ops;

typedef enum pl_command_state {
    PL_PENDING = 0,          /* was not sent */
    PL_PENDING_ANSWERED = 1, /* the server answered that it did not run it for the moment */
    PL_PENDING_UNKNOWN = 2,  /* an attempt was sent and not answered */
    PL_COMPLETED = 3
} pl_command_state;

struct pl_request {
    const pl_request_ops *ops;
    const char *name;     /* for messages: "link set"; borrowed */
    uint32_t count;       /* commands, at least 1 */
    bool repeatable;      /* harmless to repeat */
    bool is_users_script; /* an error may be any text of the script's own: conn/error_reply.h */
    bool is_once;         /* a command that the server has answered is not sent again, whatever it answered */
    bool is_final;        /* one attempt only: no command stays pending after it */
    bool is_batch;        /* the commands are items of the user: messages name the item */
    bool reads_only;      /* a replica may serve it, if the user allows that */
    bool is_secret;       /* its commands hold a password: the memory is wiped once they are sent */
    bool is_fenced;       /* the server may leave its one command unanswered: conn/fence.h */
    uint8_t *states;      /* a pl_command_state for each command; of one command &only_state */
    uint8_t only_state;
    const uint32_t *items;   /* of a shard: the item of the user that each command is; NULL: i. Borrowed */
    const uint32_t *follows; /* for each command the earlier one that must be completed before it is sent, or
                                PL_FOLLOWS_NONE; NULL: any order will do. Borrowed */
    podlink_error *err;      /* the caller's, may be NULL: the failure of the lowest index */
    uint32_t err_index;
    podlink_status status;     /* of the lowest index that failed; of one command its status */
    podlink_delivery delivery; /* of the command that status is of */

    uint32_t incomplete;    /* commands still pending */
    uint32_t failed;        /* completed with a failure */
    uint32_t next;          /* first command that this attempt has not queued */
    uint32_t inflight;      /* queued or sent, without an outcome */
    uint32_t wake_at;       /* the owner is woken when inflight has fallen to this */
    bool is_script_missing; /* a command of this attempt met NOSCRIPT */
    podlink_status reason; /* why commands are still pending after an attempt: the latest outcome's status; OK before */
    podlink_error *failure; /* the details of reason where it is not OK, without the command's index. A block of the
                               caller that runs the request to its end, set before the first attempt; undefined until
                               then. NULL: it has one attempt only */

    int64_t began_at;    /* when the call began */
    int64_t queued_at;   /* when the first command of this attempt was queued */
    int64_t sent_at;     /* when the command that was answered last was sent, */
    int64_t answered_at; /* and answered; 0: none */

    struct pl_caller *caller;  /* the driver's, see pool/shared_conn.h; NULL: the request has no caller that waits */
    bool finished;             /* is on the connection's list of requests whose owner has something to do */
    pl_request *next_finished; /* in that list */
    pl_request *next_wake;     /* in the driver's list of requests whose callers are to be woken */
};

/** Prepares a request of one command. */
void pl_request_init(pl_request *request, const pl_request_ops *ops, const char *name, bool repeatable,
                     podlink_error *err);

/** Makes it a request of `count` commands. @param states  count bytes, zero; owned by the caller */
void pl_request_set_count(pl_request *request, uint32_t count, uint8_t *states);

/** Begins an attempt over all pending commands. */
void pl_request_rewind(pl_request *request);

/** The next command of this attempt that may be queued, or count if there is none at present. Sets wake_at, so that the
 *  owner is woken when there may be one again.
 *  @param window  how many may be in flight */
uint32_t pl_request_next(pl_request *request, uint32_t window);

/** Whether the owner can go on: another command may be queued, or all are answered. */
static inline bool pl_request_is_answered(const pl_request *request)
{
    return request->inflight <= request->wake_at;
}

static inline bool pl_request_is_complete(const pl_request *request)
{
    return request->incomplete == 0;
}

/** Records the outcome of command i, which was in flight. The delivery becomes that of all attempts together.
 *  @return true: it is completed; false: it stays pending */
bool pl_request_record(pl_request *request, uint32_t i, pl_outcome *outcome);

/** Completes all pending commands with the latest reason: there is no further attempt.
 *  @param completed  completed[delivery] grows by the commands that were completed with that delivery */
void pl_request_give_up(pl_request *request, uint32_t completed[3]);

/** Sets the reason: there was no memory to queue the commands. */
void pl_request_no_memory(pl_request *request, const char *server);

/** Sets the reason: the commands did not reach a connection. */
void pl_request_not_sent(pl_request *request, const podlink_error *why);

#endif
