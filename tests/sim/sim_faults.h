/* SPDX-License-Identifier: MIT */
/* The faults of a run and their times: a plan drawn from the seed. */
#ifndef PODLINK_TESTS_SIM_FAULTS_H
#define PODLINK_TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/** @param count  of faults, all before ends_at, when all of them end
 *  @param sends_unsolicited  the server may send unsolicited replies */
void faults_begin(uint32_t count, int64_t ends_at, bool sends_unsolicited);

int64_t faults_next_event(void);
void faults_advance(void);

int64_t faults_end_at(void);
/** Whether the server may have sent unsolicited replies: then an answer without a token proves nothing. */
bool faults_send_unsolicited(void);

bool faults_have_ended(void *ignored);

#endif
