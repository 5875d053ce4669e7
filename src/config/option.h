/* One option of a client: what it is called, what it may be, and where a config keeps it. */
#ifndef PL_CONFIG_OPTION_H
#define PL_CONFIG_OPTION_H

#include "config/config.h"

/** Takes all options from their fields. @return PODLINK_OK; EINVAL (err names the option), ENOMEM */
podlink_status pl_options_take(pl_config *config, const podlink_options *options, podlink_error *err);

/** The option that may be given in the query of a URL by this name: its name, static; NULL where there is none. */
const char *pl_option_find(const char *name);

/** Sets an option, which is known, from text, in place of what it was. @return PODLINK_OK; EINVAL (err names the option
 *  and never shows the text), ENOMEM */
podlink_status pl_option_set(pl_config *config, const char *name, const char *text, podlink_error *err);

/** This option is for TLS, and there is none. @return EINVAL */
podlink_status pl_option_needs_tls(const char *name, podlink_error *err);

/** Frees all texts of the config that are options. Each is wiped before: some of them are secret. */
void pl_options_free(pl_config *config);

#endif
