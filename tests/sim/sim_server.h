/* A model of a Redis server: it reads commands, keeps links, lists and scripts, and answers. */
#ifndef PODLINK_TESTS_SIM_SERVER_H
#define PODLINK_TESTS_SIM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

/** @param pause_one_in  after a command, so that those of other connections come between */
void server_begin(uint32_t pause_one_in);

/** When a connection that waits can be served again. Before all are served: it is found out anew. */
int64_t server_next_event(void);
void server_forget_event(void);

/* --- what the network tells it ------------------------------------------------------------------------------------ */

void server_accepts(int connection);
/** @return false: commands have come that it will run later */
bool server_serves(int connection);
void server_hung_up(int connection);

/** It owes an answer that it will give later. */
bool server_is_blocked(int connection);

/* --- faults ------------------------------------------------------------------------------------------------------- */

/** It does nothing until then, as a stopped process. */
void server_stop(int64_t until);
bool server_is_stopped(void);

/** It forgets its scripts and its connections. Its data stays. */
void server_restart(bool resets);

void server_flush_scripts(void);
void server_load_data(int64_t until); /* LOADING */
void server_be_readonly(int64_t until);
void server_refuse_logins(int64_t until);
void server_limit_clients(uint32_t most);
void server_heal(void);

/** It says on a connection what nobody asked for. */
void server_say_unasked(int connection);

#endif
