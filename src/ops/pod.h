/* SPDX-License-Identifier: MIT */
/* Pods in replies. A stored value that is not a pod is an error of its own, never "no link". */
#ifndef PL_OPS_POD_H
#define PL_OPS_POD_H

#include "conn/request.h"
#include "ops/key.h"

#include <podlink/command.h>
#include <podlink/link.h>

#include <stdbool.h>

/** Reads a pod as it is stored: decimal, 0 to 2^31-1, no leading zeros. */
bool pl_pod_read(const char *text, size_t length, int32_t *pod);

/** What an element of a reply says about a pod. */
typedef enum pl_pod_kind {
    PL_POD_IS = 0,
    PL_POD_NONE = 1,       /* nil, or "-1" */
    PL_POD_UNREADABLE = 2, /* some other text */
    PL_POD_NO_TEXT = 3     /* not a text: no script replies that */
} pl_pod_kind;

/** @param pod  out: the pod, PODLINK_NO_POD or PODLINK_UNREADABLE_POD */
pl_pod_kind pl_pod_of_reply(const podlink_reply *reply, int32_t *pod);

/** The value at key is not a pod. @return PODLINK_ECORRUPT */
podlink_status pl_pod_corrupt(const pl_key *key, const podlink_reply *value, podlink_error *err);

/** This operation has no such reply. @return PODLINK_EREPLY */
podlink_status pl_reply_unexpected(const pl_request *request, const pl_outcome *outcome, podlink_error *err);

#endif
