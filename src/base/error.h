/* SPDX-License-Identifier: MIT */
/* Fills in the caller's error. Every function accepts NULL in its place. */
#ifndef PL_BASE_ERROR_H
#define PL_BASE_ERROR_H

#include <podlink/status.h>

#include <stddef.h>

/** Sets success, with empty texts. */
void pl_error_clear(podlink_error *err);

/** Sets the status, the delivery and the message. Empties the server's text. */
void pl_error_write(podlink_error *err, podlink_status status, podlink_delivery delivery, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline podlink_status pl_error_status(podlink_status status)
{
    return status;
}

/** pl_error_write() with the status as its result. A macro, so that the compiler and static analysers see that a
 * failure is returned. */
#define pl_error_set(err, status, delivery, ...)                                                                       \
    (pl_error_write((err), (status), (delivery), __VA_ARGS__), pl_error_status(status))

/** An argument that is not valid: nothing was sent. @return PODLINK_EINVAL */
#define pl_error_invalid(err, ...) pl_error_set((err), PODLINK_EINVAL, PODLINK_NOT_SENT, __VA_ARGS__)

/** A newer program has set a field of a struct that this library does not know (base/sized.h).
 *  @param name  of the struct
 *  @return PODLINK_EINVAL */
podlink_status pl_error_unknown_field(const char *name, size_t offset, podlink_error *err);

/** @return PODLINK_ENOMEM, nothing was sent */
#define pl_error_no_memory(err) pl_error_set((err), PODLINK_ENOMEM, PODLINK_NOT_SENT, "out of memory")

/** Puts "items[i]: ", the index of the batch's element, in front of the message. */
void pl_error_prefix_item(podlink_error *err, size_t i);

/** Adds the server's error text, escaped. */
void pl_error_server(podlink_error *err, const char *words, size_t length);

#endif
