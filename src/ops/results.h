/* SPDX-License-Identifier: MIT */
/* Makes the lists that callers get from whole replies: one block of memory each, podlink_free(). */
#ifndef PL_OPS_RESULTS_H
#define PL_OPS_RESULTS_H

#include "base/heap.h"
#include "ops/key.h"

#include <podlink/command.h>
#include <podlink/link.h>
#include <podlink/state.h>

/** {service, pod, ...} @return PODLINK_OK; ECORRUPT (the list is complete), EREPLY, ENOMEM */
podlink_status pl_results_service_links(const pl_heap *heap, const pl_key *index, const podlink_reply *reply,
                                        podlink_service_links **links, podlink_error *err);

/** {pod, state, ...} Entries that cannot be parsed are skipped and counted. @return PODLINK_OK, EREPLY, ENOMEM */
podlink_status pl_results_states(const pl_heap *heap, const podlink_reply *reply, podlink_states **states,
                                 podlink_error *err);

/** A text or nil from each reply. @return PODLINK_OK, EREPLY, ENOMEM */
podlink_status pl_results_workloads(const pl_heap *heap, podlink_reply *const *replies, size_t count,
                                    podlink_workloads **workloads, podlink_error *err);

#endif
