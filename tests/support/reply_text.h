/* Replies written as text, for tests: (1 'a text' nil ()) is a list of a number, a string, a nil and an empty list. */
#ifndef PODLINK_TESTS_REPLY_TEXT_H
#define PODLINK_TESTS_REPLY_TEXT_H

#include "resp/reply.h"

/** Reads the text into a reply, in place of what was there. @return its root, valid until the next one */
const podlink_reply *reply_read(pl_reply *reply, const char *text);

#endif
