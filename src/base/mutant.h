/* SPDX-License-Identifier: MIT */
/* Mistakes on purpose, each behind a build switch (meson -Dmutant=...): the test command builds each of them and checks
 * that a test turns red. In every other build they are constants, and the compiler drops them. */
#ifndef PL_BASE_MUTANT_H
#define PL_BASE_MUTANT_H

#ifdef PODLINK_MUTANT_RETURN_UNREAD
#define PL_MUTANT_RETURNS_UNREAD 1 /* a dedicated connection goes back with bytes unread */
#else
#define PL_MUTANT_RETURNS_UNREAD 0
#endif

#ifdef PODLINK_MUTANT_REPEAT_UNKNOWN
#define PL_MUTANT_REPEATS_UNKNOWN 1 /* what may have run is repeated */
#else
#define PL_MUTANT_REPEATS_UNKNOWN 0
#endif

#ifdef PODLINK_MUTANT_IGNORE_DEADLINE
#define PL_MUTANT_IGNORES_DEADLINE 1 /* a call waits for its answer for ever */
#else
#define PL_MUTANT_IGNORES_DEADLINE 0
#endif

#ifdef PODLINK_MUTANT_FREE_WALKED
#define PL_MUTANT_FREES_WALKED 1 /* a node is freed although a walk over the list of nodes is at it */
#else
#define PL_MUTANT_FREES_WALKED 0
#endif

#ifdef PODLINK_MUTANT_FLUSH_UNSENT
#define PL_MUTANT_FLUSHES_UNSENT 1 /* closing TLS sends the rest of a record that was counted as not sent */
#else
#define PL_MUTANT_FLUSHES_UNSENT 0
#endif

#endif
