/* SPDX-License-Identifier: MIT */
/* A model of a Redis server: it reads commands, stores links, lists and scripts, and answers. */
#ifndef PODLINK_TESTS_SIM_SERVER_H
#define PODLINK_TESTS_SIM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

/** @param pause_one_in  one in so many commands is followed by a pause, so that commands of other connections run in
 *                       between */
void server_begin(uint32_t pause_one_in);

/** When a waiting connection can be served next. server_forget_event() has it computed again; call it before all are
 *  served. */
int64_t server_next_event(void);
void server_forget_event(void);

/* --- called by the network ---------------------------------------------------------------------------------------- */

void server_accepts(int connection);
/** @return false: it has commands that it will run later */
bool server_serves(int connection);
void server_hung_up(int connection);

/** Whether it owes an answer that it will give later. */
bool server_is_blocked(int connection);

/* --- faults ------------------------------------------------------------------------------------------------------- */

/** Does nothing until then, as a stopped process. */
void server_stop(int64_t until);
bool server_is_stopped(void);

/** Forgets its scripts and connections. The data remains. */
void server_restart(bool resets);

void server_flush_scripts(void);
void server_load_data(int64_t until); /* LOADING */
void server_be_readonly(int64_t until);
void server_refuse_logins(int64_t until);
void server_limit_clients(uint32_t most);
void server_heal(void);

/** Sends something unsolicited on a connection. */
void server_send_unsolicited(int connection);

#endif
