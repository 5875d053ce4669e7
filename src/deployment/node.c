/* SPDX-License-Identifier: MIT */
/* A server of a deployment. */
#include "deployment/node.h"

pl_node *pl_node_new(pl_env *env, const pl_address *address, const pl_server *server, const pl_pool_size *size,
                     const pl_node_hooks *hooks)
{
    const pl_heap *heap = server->heap;
    pl_node *node = pl_heap_zalloc(heap, sizeof *node);
    if (!node)
        return NULL;
    node->env = env;
    node->registry = hooks ? hooks->registry : NULL;
    node->address = *address;
    pl_server own = *server;
    own.address = &node->address;
    own.on_connect = hooks ? hooks->on_connect : NULL;
    own.on_connect_context = node;
    if (!pl_pool_init(&node->pool, &own, size)) {
        pl_heap_free(heap, node);
        return NULL;
    }
    if (hooks && !hooks->made(node)) {
        pl_pool_fini(&node->pool, false);
        pl_heap_free(heap, node);
        return NULL;
    }
    return node;
}

void pl_node_free(pl_node *node, const pl_node_hooks *hooks, bool is_child)
{
    const pl_heap *heap = node->pool.server.heap;
    pl_pool_fini(&node->pool, is_child); /* ends the requests that load scripts */
    if (hooks)
        hooks->freed(node);
    pl_heap_free(heap, node);
}

void pl_node_retire(pl_node *node, const char *why)
{
    atomic_store_explicit(&node->is_retired, true, memory_order_release);
    pl_pool_end(&node->pool, PODLINK_ECONNLOST, why); /* first: calls then fail with this reason */
    pl_pool_close(&node->pool);
}

podlink_status pl_node_query(pl_node *node, pl_request *request, int64_t timeout_ms, int64_t deadline)
{
    uint32_t completed[3] = {0};
    podlink_error failure;
    const int64_t now = pl_clock_now(node->pool.server.clock);
    const int64_t limit = pl_deadline_after(now, timeout_ms);
    request->failure = &failure;
    request->began_at = now;
    pl_shared_conn *shared = pl_pool_enter(&node->pool, NULL, now);
    pl_shared_conn_run(shared, request, now, deadline < limit ? deadline : limit);
    pl_pool_leave(shared);
    pl_request_give_up(request, completed);
    request->failure = NULL;
    return request->status;
}
