/* SPDX-License-Identifier: MIT */
/* The data of the model server: links with their history of pods, and lists. */
#ifndef PODLINK_TESTS_SIM_STORE_H
#define PODLINK_TESTS_SIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_NO_POD = -1 };

void store_begin(void);

/** The pod, or STORE_NO_POD. */
int64_t store_link(const char *key, size_t length, bool *is_persistent);

/** Sets it; STORE_NO_POD removes it. */
void store_set_link(const char *key, size_t length, int64_t pod, bool is_persistent);

/** Whether a link pointed to this pod at some time from `from` to now. */
bool store_link_was(const char *key, int64_t pod, int64_t from);

/** Appends to a list. @return its length */
uint32_t store_push(const char *key, size_t length, uint32_t token);

/** The n-th element, from 1; 0: there is none. */
uint32_t store_list_at(const char *key, int64_t n);

uint32_t store_list_length(const char *key);

#endif
