/* SPDX-License-Identifier: MIT */
/* All public headers. */
#ifndef PODLINK_PODLINK_H
#define PODLINK_PODLINK_H

#include <podlink/acl.h>
#include <podlink/client.h>
#include <podlink/command.h>
#include <podlink/link.h>
#include <podlink/script.h>
#include <podlink/session.h>
#include <podlink/state.h>
#include <podlink/status.h>

#endif
