/* SPDX-License-Identifier: MIT */
/* The options of a client: their names, their allowed values, and where a configuration keeps them. */
#ifndef PL_CONFIG_OPTION_H
#define PL_CONFIG_OPTION_H

#include "config/config.h"

/** Takes all options from their fields. @return PODLINK_OK; EINVAL (err names the option), ENOMEM */
podlink_status pl_options_take(pl_config *config, const podlink_options *options, podlink_error *err);

/** The option with this name in the query of a URL: its own name, static; NULL if there is none. */
const char *pl_option_find(const char *name);

/** Sets a known option from text, in place of its former value.
 *  @return PODLINK_OK; EINVAL (err names the option and never shows the text), ENOMEM */
podlink_status pl_option_set(pl_config *config, const char *name, const char *text, podlink_error *err);

/** Reports an option for TLS without TLS. @return EINVAL */
podlink_status pl_option_needs_tls(const char *name, podlink_error *err);

/** Frees all text options of the configuration. Wipes each one before: some are secret. */
void pl_options_free(pl_config *config);

#endif
