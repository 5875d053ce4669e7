/* The runs of a server. */
#include "pool/runs.h"

#include <string.h>

void pl_runs_init(pl_runs *runs)
{
    memset(runs, 0, sizeof *runs);
    pthread_mutex_init(&runs->lock, NULL);
}

void pl_runs_fini(pl_runs *runs)
{
    pthread_mutex_destroy(&runs->lock);
}

void pl_runs_note(pl_runs *runs, const pl_server_identity *identity)
{
    pthread_mutex_lock(&runs->lock);
    uint32_t number = atomic_load_explicit(&runs->number, memory_order_relaxed);
    if (number == 0 || strcmp(runs->run_id, identity->run_id) != 0) {
        memcpy(runs->run_id, identity->run_id, sizeof runs->run_id);
        atomic_store_explicit(&runs->number, number + 1, memory_order_release);
    }
    pthread_mutex_unlock(&runs->lock);
}

void pl_runs_end(pl_runs *runs, podlink_status status, const char *why)
{
    pthread_mutex_lock(&runs->lock);
    if (!atomic_load_explicit(&runs->cancel.is_set, memory_order_relaxed)) {
        runs->cancel.status = status;
        runs->cancel.why = why;
        atomic_store_explicit(&runs->cancel.is_set, true, memory_order_release);
    }
    pthread_mutex_unlock(&runs->lock);
}
