/* SPDX-License-Identifier: MIT */
/* What callers requested of the library, what the model server did, and what the library reported: the three must
 * agree. Each command carries its number, the token: an argument of seven digits. */
#ifndef PODLINK_TESTS_SIM_LEDGER_H
#define PODLINK_TESTS_SIM_LEDGER_H

#include <podlink/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_FIRST = 1000000,
    TOKEN_DIGITS = 7,
    TOKENS_MAX = 8192,
    TOKEN_NONE = 0,
    TOKEN_REFUSAL = 1 << 30 /* added if the answer to the token's command is an error */
};

void ledger_begin(void);

/** A command that a caller is about to request. @return its token */
uint32_t ledger_ask(const char *what, bool is_repeatable);

/** The token in an argument, or TOKEN_NONE. */
uint32_t ledger_token_of(const char *text, size_t length);

/* --- reports of the model ---------------------------------------------------------------------------------------- */

/** These bytes may have been sent: the tokens in them are noted. */
void ledger_offered(const char *bytes, size_t length, int connection);

/** The server runs a command, and answers with up to two numbers. */
void ledger_executed(uint32_t token, int64_t answer, int64_t second);

/** The server answers with an error, and has changed nothing. */
void ledger_refused(uint32_t token);

/** The complete answer has arrived at the client's socket. */
void ledger_arrived(uint32_t token, int connection);

/** The server has sent something unsolicited while these commands were in flight: any answer may be taken for
 *  another. */
void ledger_exempt_connection(int connection);

/* --- results of callers ------------------------------------------------------------------------------------------ */

/** Once for each token. */
void ledger_completed(uint32_t token, podlink_status status, podlink_delivery delivery, bool is_of_batch);

/** An answer that the caller got must be one that the server gave to this command. */
void ledger_expect_answer(uint32_t token, int64_t answer, int64_t second);

/** The number of its first run on the server, among all runs; 0: never. */
uint64_t ledger_first_run(uint32_t token);
bool ledger_is_exempt(uint32_t token);

/** Whether its answer has arrived at the client's socket. */
bool ledger_has_arrived(uint32_t token);

/** The latest connection on which it may have been sent; -1: none. */
int ledger_connection(uint32_t token);

/** A call without a token. */
void ledger_count(podlink_status status, podlink_delivery delivery);

typedef struct ledger_sums {
    uint64_t ok;
    uint64_t server_error;
    uint64_t not_sent;
    uint64_t unknown;
} ledger_sums;

/** Of calls on shared connections. */
ledger_sums ledger_outcomes(void);

/** Calls with later tokens are not on shared connections: the sums leave them out. */
void ledger_leave_out(uint32_t token);

/** At the end, when nothing is in flight: checks each command. */
void ledger_check_end(void);

#endif
