/* SPDX-License-Identifier: MIT */
/* The faults of a run. */
#include "sim_faults.h"

#include "counting_heap.h"
#include "seeded_random.h"
#include "sim_network.h"
#include "sim_scheduler.h"
#include "sim_server.h"

enum { FAULTS_MAX = 16 };

typedef enum fault_kind {
    FAULT_CUT_ONE,
    FAULT_CUT_ALL,
    FAULT_RESTART,
    FAULT_STOP,
    FAULT_REFUSE,
    FAULT_FULL_QUEUE,
    FAULT_NO_DESCRIPTOR,
    FAULT_MAX_CLIENTS,
    FAULT_LOADING,
    FAULT_READONLY,
    FAULT_REVOKE,
    FAULT_FLUSH,
    FAULT_LISTENER_OPENS, /* ends another fault */
    FAULT_SEND_UNSOLICITED,
    FAULT_KINDS
} fault_kind;

static const char *const names[FAULT_KINDS] = {"cut one",    "cut all",       "restart",     "stop",       "refuse",
                                               "full queue", "no descriptor", "max clients", "loading",    "readonly",
                                               "revoke",     "flush",         "door opens",  "say unasked"};

typedef struct fault {
    fault_kind kind;
    int64_t at;
    int64_t lasts;
} fault;

static fault plan[FAULTS_MAX];
static uint32_t count;
static uint32_t done;
static int64_t ends_at;
static bool has_ended;
static bool may_send_unsolicited;

static void sort(void)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i; j > 0 && plan[j].at < plan[j - 1].at; j--) {
            fault swapped = plan[j];
            plan[j] = plan[j - 1];
            plan[j - 1] = swapped;
        }
}

void faults_begin(uint32_t how_many, int64_t end, bool sends_unsolicited)
{
    count = how_many < FAULTS_MAX ? how_many : FAULTS_MAX;
    done = 0;
    ends_at = end;
    has_ended = false;
    may_send_unsolicited = sends_unsolicited;
    for (uint32_t i = 0; i < count; i++)
        plan[i] = (fault){.kind = (fault_kind)random_below(sends_unsolicited ? FAULT_KINDS : FAULT_SEND_UNSOLICITED),
                          .at = random_between(sim_now(), end),
                          .lasts = random_between(SIM_MS, SIM_S)};
    sort();
}

int64_t faults_next_event(void)
{
    if (has_ended)
        return SIM_NEVER;
    return done < count && plan[done].at < ends_at ? plan[done].at : ends_at;
}

static void cut_all(void)
{
    for (int i = 0; i < network_count(); i++)
        if (network_is_up(i))
            network_close(i, random_one_in(2));
}

/* One of the open connections; -1: none. */
static int some_connection(void)
{
    int found = -1;
    uint32_t seen = 0;
    for (int i = 0; i < network_count(); i++)
        if (network_is_up(i) && random_one_in(++seen))
            found = i;
    return found;
}

static void strike(const fault *f)
{
    const int64_t until = sim_now() + f->lasts;
    const int one = some_connection();
    sim_note("FAULT", names[f->kind], f->lasts / SIM_MS, one);
    switch (f->kind) {
    case FAULT_CUT_ONE:
        if (one >= 0)
            network_cut_soon(one);
        break;
    case FAULT_CUT_ALL:
        cut_all();
        break;
    case FAULT_RESTART:
        server_restart(random_one_in(2));
        if (random_one_in(3))
            server_load_data(until);
        else if (random_one_in(2)) /* the server there is a replica now */
            server_be_readonly(until);
        break;
    case FAULT_STOP:
        server_stop(until);
        break;
    case FAULT_REFUSE:
        network_set_listener(LISTENER_REFUSES);
        if (random_one_in(2))
            cut_all();
        break;
    case FAULT_FULL_QUEUE:
        network_set_listener(LISTENER_FULL);
        break;
    case FAULT_NO_DESCRIPTOR:
        network_set_listener(NO_DESCRIPTOR);
        break;
    case FAULT_MAX_CLIENTS:
        server_limit_clients((uint32_t)random_below(2));
        break;
    case FAULT_LOADING:
        server_load_data(until);
        break;
    case FAULT_READONLY:
        server_be_readonly(until);
        break;
    case FAULT_REVOKE:
        server_refuse_logins(until);
        break;
    case FAULT_FLUSH:
        server_flush_scripts();
        break;
    case FAULT_LISTENER_OPENS:
        network_set_listener(LISTENER_ACCEPTS);
        server_limit_clients(UINT32_MAX);
        break;
    case FAULT_SEND_UNSOLICITED:
        if (one >= 0)
            server_send_unsolicited(one);
        break;
    case FAULT_KINDS:
        break;
    }
}

void faults_advance(void)
{
    while (done < count && plan[done].at <= sim_now() && !has_ended)
        strike(&plan[done++]);
    if (has_ended || sim_now() < ends_at)
        return;
    has_ended = true;
    sim_note("all faults have ended", NULL, 0, 0);
    network_set_listener(LISTENER_ACCEPTS);
    network_heal();
    server_heal();
    counting_heap_heal();
}

int64_t faults_end_at(void)
{
    return ends_at;
}

bool faults_have_ended(void *ignored)
{
    (void)ignored;
    return has_ended;
}

bool faults_send_unsolicited(void)
{
    return may_send_unsolicited;
}
