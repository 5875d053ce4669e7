/* What is counted of each script. */
#include "script/figures.h"

#include "script/registry.h"

#include "client/client.h"

#include <podlink/script.h>

#include <string.h>

void pl_script_figures_count(pl_script_figures *figures, const pl_request *request)
{
    pl_count_shared(&figures->calls, request->count);
    const uint32_t failed = request->failed + request->incomplete;
    if (failed > 0)
        pl_count_shared(&figures->errors, failed);
    if (request->incomplete == 0 && request->answered_at != 0)
        pl_histogram_record_shared(&figures->wire, request->answered_at - request->sent_at);
}

podlink_status podlink_script_stats_of(podlink_client *client, const char *name, podlink_script_stats *stats)
{
    podlink_script_stats all = {.size = stats->size};
    const pl_script *script = name ? pl_scripts_find(client->scripts, name) : NULL;
    if (!script)
        return PODLINK_ESCRIPT;
    const pl_script_figures *figures = &script->live->figures;
    all.loads = pl_counted(&pl_script_holder(client->scripts, script)->live->figures.loads);
    all.repairs = pl_counted(&figures->repairs);
    all.calls = pl_counted(&figures->calls);
    all.errors = pl_counted(&figures->errors);
    pl_histogram_add(&figures->wire, &all.wire);
    memcpy(stats, &all, stats->size < sizeof all ? stats->size : sizeof all);
    return PODLINK_OK;
}
