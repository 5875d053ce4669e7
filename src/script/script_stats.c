/* SPDX-License-Identifier: MIT */
/* Statistics of each script. */
#include "script/script_stats.h"

#include "base/sized.h"
#include "client/client.h"
#include "script/registry.h"

#include <podlink/script.h>

void pl_script_stats_count(pl_script_stats *stats, const pl_request *request)
{
    pl_count_shared(&stats->calls, request->count);
    const uint32_t failed = request->failed + request->incomplete;
    if (failed > 0)
        pl_count_shared(&stats->errors, failed);
    if (request->incomplete == 0 && request->answered_at != 0)
        pl_histogram_record_shared(&stats->wire, request->answered_at - request->sent_at);
}

podlink_status podlink_script_stats_of(podlink_client *client, const char *name, podlink_script_stats *stats)
{
    podlink_script_stats all = {.size = stats->size};
    const pl_script *script = name ? pl_scripts_find(client->scripts, name) : NULL;
    if (!script)
        return PODLINK_ESCRIPT;
    const pl_script_stats *live = &script->live->stats;
    all.loads = pl_counted(&pl_script_representative(client->scripts, script)->live->stats.loads);
    all.repairs = pl_counted(&live->repairs);
    all.calls = pl_counted(&live->calls);
    all.errors = pl_counted(&live->errors);
    pl_histogram_add(&live->wire, &all.wire);
    pl_sized_give(stats, &all, sizeof all);
    return PODLINK_OK;
}
