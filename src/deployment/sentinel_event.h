/* What a sentinel announces: a message on the channel that is named like the event. */
#ifndef PL_DEPLOYMENT_SENTINEL_EVENT_H
#define PL_DEPLOYMENT_SENTINEL_EVENT_H

#include "net/address.h"

#include <podlink/command.h>

#include <stdbool.h>

typedef enum pl_sentinel_event_kind {
    PL_SENTINEL_OTHER = 0, /* of another master, or nothing that matters, or no message at all */
    PL_SENTINEL_DOWN,      /* +sdown, +odown: a server or a sentinel is not reached */
    PL_SENTINEL_UP,        /* -sdown, -odown: it is again */
    PL_SENTINEL_FAILOVER,  /* a failover goes on: +try-failover, +failover-state-... and the like */
    PL_SENTINEL_PROMOTED,  /* +promoted-slave: the replica is the master, and the sentinel that leads says so to all */
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
    pl_sentinel_role role; /* of whom the event tells; of PL_SENTINEL_SWITCH PL_SENTINEL_OF_MASTER */
    pl_address address;    /* where that one is; of PL_SENTINEL_SWITCH the new master */
    pl_address old;        /* of PL_SENTINEL_SWITCH: the master before */
} pl_sentinel_event;

/** Reads a message as it comes to who has subscribed to the pattern *: (pmessage * channel payload).
 *  @param master_name  events of other masters are PL_SENTINEL_OTHER
 *  @param event        out; but for its kind unset where that is PL_SENTINEL_OTHER */
void pl_sentinel_event_read(const podlink_reply *message, const char *master_name, pl_sentinel_event *event);

#endif
