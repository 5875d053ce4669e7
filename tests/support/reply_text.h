/* SPDX-License-Identifier: MIT */
/* Replies written as text, for tests: (1 'a text' nil ()) is a list of a number, a string, a nil and an empty list. */
#ifndef PODLINK_TESTS_REPLY_TEXT_H
#define PODLINK_TESTS_REPLY_TEXT_H

#include "resp/reply.h"

/** Adds a node, and its text. False when out of memory. */
bool reply_add_text(pl_reply *reply, podlink_reply_type type, const char *bytes, size_t length);
bool reply_add_integer(pl_reply *reply, int64_t value);
bool reply_add_nil(pl_reply *reply);
bool reply_add_array(pl_reply *reply, size_t count);

/** All nodes are there: sets the spans of the arrays. @return the root */
const podlink_reply *reply_seal(pl_reply *reply);

/** Reads the text into a reply, which loses its old content. @return its root, valid until the next call */
const podlink_reply *reply_read(pl_reply *reply, const char *text);

#endif
