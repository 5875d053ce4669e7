/* What a client was opened with: the options and the URL, checked, and copied so that nothing is borrowed. */
#ifndef PL_CLIENT_CONFIG_H
#define PL_CLIENT_CONFIG_H

#include "base/heap.h"
#include "conn/handshake.h"
#include "net/address.h"

#include <podlink/client.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pl_config {
    pl_heap heap;
    pl_address address;
    pl_login login; /* its strings are owned */
    uint32_t shared_connections;
    uint32_t retries;
    int64_t dial_timeout_ms;
    int64_t call_timeout_ms;
    size_t reply_max_bytes;
    uint32_t dedicated_max;
    uint32_t dedicated_min_idle;
    uint32_t timeouts_max;
    uint32_t spin_us;
    int64_t pool_wait_ms; /* these are -1 where there is no limit */
    int64_t idle_timeout_ms;
    int64_t max_lifetime_ms;
    int64_t silence_timeout_ms; /* 0: call_timeout_ms */
    podlink_script_backend script_backend;
} pl_config;

/** Checks everything. @return PODLINK_OK; EINVAL (err names the option and what is wrong), EUNSUPPORTED, ENOMEM: then
 *  there is nothing to be freed */
podlink_status pl_config_init(pl_config *config, const podlink_options *options, podlink_error *err);

/** Wipes the password before it frees it. */
void pl_config_fini(pl_config *config);

/** Sets a string of the config, in place of the one that was there. NULL clears it. @return PODLINK_OK, EINVAL, ENOMEM
 */
podlink_status pl_config_set_text(pl_config *config, const char **field, const char *name, const char *text,
                                  podlink_error *err);

/** Whether there is an option of this name in the query of a URL. */
bool pl_config_has_option(const char *name);

/** The names of all of them, for a message; cut where they do not fit. */
void pl_config_option_names(char *out, size_t size);

/** Sets an option, which there is, by its name from text. */
podlink_status pl_config_set_option(pl_config *config, const char *name, const char *text, podlink_error *err);

#endif
