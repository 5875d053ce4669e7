/* What goes wrong in a run, and when: a plan drawn from the seed. */
#ifndef PODLINK_TESTS_SIM_FAULTS_H
#define PODLINK_TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/** @param count  of faults, all before ends_at, when all is healed
 *  @param says_unasked  the server may say what nobody asked for */
void faults_begin(uint32_t count, int64_t ends_at, bool says_unasked);

int64_t faults_next_event(void);
void faults_advance(void);

int64_t faults_end_at(void);
/** The server may have said what nobody asked for: answers without a token prove nothing. */
bool faults_say_unasked(void);

bool faults_have_ended(void *ignored);

#endif
