/* SPDX-License-Identifier: MIT */
/* The configuration of a client: its options and its URL, checked and copied, so that nothing is borrowed. */
#ifndef PL_CONFIG_CONFIG_H
#define PL_CONFIG_CONFIG_H

#include "base/heap.h"
#include "conn/handshake.h"
#include "net/address.h"
#include "net/tls.h"

#include <podlink/client.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_DEFAULT_URL "redis://127.0.0.1:6379"

enum { PL_SEEDS_MAX = 64 };

/** The kind of a deployment. Only pl_topology_of() tells kinds apart. */
typedef enum pl_deployment_kind {
    PL_SINGLE,   /* one server */
    PL_SENTINEL, /* a master and its replicas; the seeds are sentinels */
    PL_CLUSTER   /* Redis Cluster; the seeds are some of its nodes */
} pl_deployment_kind;

typedef struct pl_config {
    pl_heap heap;
    pl_deployment_kind kind;
    pl_address address; /* the first seed */
    pl_address *seeds;  /* owned, at least one */
    size_t seed_count;
    pl_login login;          /* its strings are owned */
    const char *master_name; /* owned; NULL unless the kind is PL_SENTINEL */
    pl_login sentinel_login; /* user and password are owned, client_name is that of login */
    bool tls_enabled;        /* to the servers */
    int32_t sentinel_tls;    /* to the sentinels: 1 or 0 */
    pl_tls_options tls;      /* its strings are owned; for servers and sentinels */
    podlink_read_from read_from;
    podlink_credentials_fn credentials; /* NULL: those of login */
    void *credentials_context;
    int64_t credentials_max_age_ms; /* -1: none */
    int64_t topology_refresh_ms;    /* -1: never */
    int64_t cluster_node_timeout_ms;
    podlink_event_fn event; /* NULL: none */
    void *event_context;
    uint32_t shared_connections;
    uint32_t retries;
    int64_t dial_timeout_ms;
    int64_t call_timeout_ms;
    size_t reply_max_bytes;
    uint32_t dedicated_max;
    uint32_t dedicated_min_idle;
    uint32_t timeouts_max;
    uint32_t spin_us;
    int64_t pool_wait_ms; /* these are -1 if there is no limit */
    int64_t idle_timeout_ms;
    int64_t max_lifetime_ms;
    int64_t silence_timeout_ms; /* 0: call_timeout_ms */
    podlink_script_backend script_backend;
} pl_config;

/** Checks everything.
 *  @return PODLINK_OK; EINVAL (err names the option and what is wrong), ENOMEM: nothing is to be freed */
podlink_status pl_config_init(pl_config *config, const podlink_options *options, podlink_error *err);

/** Wipes the passwords before it frees them. */
void pl_config_fini(pl_config *config);

/** Whether any connection uses TLS. */
static inline bool pl_config_uses_tls(const pl_config *config)
{
    return config->tls_enabled || config->sentinel_tls == 1;
}

#endif
