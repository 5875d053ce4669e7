/* SPDX-License-Identifier: MIT */
/* Events that a sentinel announces: each is a message on the channel of its name. */
#ifndef PL_DEPLOYMENT_SENTINEL_EVENT_H
#define PL_DEPLOYMENT_SENTINEL_EVENT_H

#include "net/address.h"

#include <podlink/command.h>

#include <stdbool.h>

typedef enum pl_sentinel_event_kind {
    PL_SENTINEL_OTHER = 0, /* of another master, or irrelevant, or not a message */
    PL_SENTINEL_DOWN,      /* +sdown, +odown: a server or a sentinel is unreachable */
    PL_SENTINEL_UP,        /* -sdown, -odown: it is reachable again */
    PL_SENTINEL_FAILOVER,  /* +try-failover, +failover-state-... and the like: a failover is in progress */
    PL_SENTINEL_PROMOTED,  /* +promoted-slave: the replica is the master; the leading sentinel says so first */
    PL_SENTINEL_SWITCH,    /* +switch-master: there is another master */
    PL_SENTINEL_ABORTED    /* -failover-abort-...: the master stays */
} pl_sentinel_event_kind;

typedef enum pl_sentinel_role {
    PL_SENTINEL_OF_MASTER = 0,
    PL_SENTINEL_OF_REPLICA,
    PL_SENTINEL_OF_SENTINEL
} pl_sentinel_role;

typedef struct pl_sentinel_event {
    pl_sentinel_event_kind kind;
    pl_sentinel_role role; /* of the server that the event is about; PL_SENTINEL_SWITCH: PL_SENTINEL_OF_MASTER */
    pl_address address;    /* of that server; PL_SENTINEL_SWITCH: of the new master */
    pl_address old;        /* PL_SENTINEL_SWITCH: of the old master */
} pl_sentinel_event;

/** Reads a message to a subscriber of the pattern *: (pmessage * channel payload).
 *  @param master_name  events of other masters are PL_SENTINEL_OTHER
 *  @param event        out; only its kind is set if that is PL_SENTINEL_OTHER */
void pl_sentinel_event_read(const podlink_reply *message, const char *master_name, pl_sentinel_event *event);

#endif
