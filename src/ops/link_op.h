/* One operation on a link: how it is written, and what its reply means. The single calls and the batches share it. */
#ifndef PL_OPS_LINK_OP_H
#define PL_OPS_LINK_OP_H

#include "ops/pod.h"
#include "script/script_call.h"

#include <podlink/link.h>

#include <stdbool.h>
#include <stdint.h>

typedef enum pl_link_op_kind {
    PL_LINK_SET,
    PL_LINK_SET_IF_ABSENT,
    PL_LINK_TRY_SET,
    PL_LINK_GET,
    PL_LINK_GET_IF_PERSISTENT,
    PL_LINK_REMOVE,
    PL_LINK_REMOVE_IF_POD
} pl_link_op_kind;

typedef struct pl_link_op {
    pl_link_op_kind kind;
    pl_name ns;
    pl_name service;
    pl_name uid;
    int32_t pod;
    int64_t persist_s; /* or keep_s */
} pl_link_op;

typedef struct pl_link_answer {
    int32_t pod;      /* set: previous; set if absent, try set: in force; get: the pod; else PODLINK_NO_POD */
    int32_t previous; /* try set */
} pl_link_answer;

/** "link set", for messages. */
const char *pl_link_op_name(pl_link_op_kind kind);

bool pl_link_is_repeatable(pl_link_op_kind kind);

/** Whether it changes nothing: a replica can serve it. */
bool pl_link_reads_only(pl_link_op_kind kind);

/** The slot of its keys, which they share. */
uint16_t pl_link_slot(const pl_link_op *op);

/** The script that does it, NULL where a plain command does. */
const pl_script *pl_link_script(const podlink_client *client, pl_link_op_kind kind);

/** Checks the names, the pod and the time where the operation has them. @return PODLINK_OK or PODLINK_EINVAL */
podlink_status pl_link_op_init(pl_link_op *op, pl_link_op_kind kind, const podlink_link *link, int32_t pod,
                               int64_t persist_s, podlink_error *err);

/** @return false when out of memory */
bool pl_link_encode(const pl_link_op *op, const pl_script *script, pl_buffer *out);

/** What a command's outcome means. @return the operation's status */
podlink_status pl_link_decode(const pl_link_op *op, const pl_request *request, const pl_outcome *outcome,
                              pl_link_answer *answer, podlink_error *err);

/** Checks a pod, and a time: PODLINK_FOREVER or 1..PODLINK_PERSIST_MAX. */
podlink_status pl_check_pod(int32_t pod, podlink_error *err);
podlink_status pl_check_seconds(const char *what, int64_t seconds, podlink_error *err);

#endif
