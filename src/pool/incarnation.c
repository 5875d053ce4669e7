/* SPDX-License-Identifier: MIT */
/* The incarnations of a server. */
#include "pool/incarnation.h"

#include <string.h>

void pl_incarnation_init(pl_incarnation *incarnation)
{
    memset(incarnation, 0, sizeof *incarnation);
    pthread_mutex_init(&incarnation->lock, NULL);
}

void pl_incarnation_fini(pl_incarnation *incarnation)
{
    pthread_mutex_destroy(&incarnation->lock);
}

void pl_incarnation_note(pl_incarnation *incarnation, const pl_server_identity *identity)
{
    pthread_mutex_lock(&incarnation->lock);
    uint32_t number = atomic_load_explicit(&incarnation->number, memory_order_relaxed);
    if (number == 0 || strcmp(incarnation->run_id, identity->run_id) != 0) {
        memcpy(incarnation->run_id, identity->run_id, sizeof incarnation->run_id);
        atomic_store_explicit(&incarnation->number, number + 1, memory_order_release);
    }
    pthread_mutex_unlock(&incarnation->lock);
}

void pl_incarnation_end(pl_incarnation *incarnation, podlink_status status, const char *why)
{
    pthread_mutex_lock(&incarnation->lock);
    if (!atomic_load_explicit(&incarnation->cancel.is_set, memory_order_relaxed)) {
        incarnation->cancel.status = status;
        incarnation->cancel.why = why;
        atomic_store_explicit(&incarnation->cancel.is_set, true, memory_order_release);
    }
    pthread_mutex_unlock(&incarnation->lock);
}
