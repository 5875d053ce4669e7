/* SPDX-License-Identifier: MIT */
/* Deliberate defects, for mutation testing, each behind a build option (meson -Dmutant=...). The test command builds
 * each of them and checks that a test fails. In every other build they are the constant 0, and the compiler removes
 * their code. */
#ifndef PL_BASE_MUTANT_H
#define PL_BASE_MUTANT_H

#ifdef PODLINK_MUTANT_RETURN_UNREAD
#define PL_MUTANT_RETURNS_UNREAD 1 /* a dedicated connection is returned to its pool with unread bytes */
#else
#define PL_MUTANT_RETURNS_UNREAD 0
#endif

#ifdef PODLINK_MUTANT_REPEAT_UNKNOWN
#define PL_MUTANT_REPEATS_UNKNOWN 1 /* a command that may have run is repeated */
#else
#define PL_MUTANT_REPEATS_UNKNOWN 0
#endif

#ifdef PODLINK_MUTANT_IGNORE_DEADLINE
#define PL_MUTANT_IGNORES_DEADLINE 1 /* a call waits for its reply without a time limit */
#else
#define PL_MUTANT_IGNORES_DEADLINE 0
#endif

#ifdef PODLINK_MUTANT_FREE_WALKED
#define PL_MUTANT_FREES_WALKED 1 /* a node is freed while a walk over the list of nodes still uses it */
#else
#define PL_MUTANT_FREES_WALKED 0
#endif

#ifdef PODLINK_MUTANT_FLUSH_UNSENT
#define PL_MUTANT_FLUSHES_UNSENT 1 /* closing TLS sends the rest of a record that was counted as not sent */
#else
#define PL_MUTANT_FLUSHES_UNSENT 0
#endif

#endif
