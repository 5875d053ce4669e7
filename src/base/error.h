/* Filling in the caller's error. Every function takes NULL instead of one. */
#ifndef PL_BASE_ERROR_H
#define PL_BASE_ERROR_H

#include <podlink/status.h>

#include <stddef.h>

/** Success: everything empty. */
void pl_error_clear(podlink_error *err);

/** Sets all but the server's words, which become empty. @return status */
podlink_status pl_error_set(podlink_error *err, podlink_status status, podlink_delivery delivery, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/** An argument that is not valid: nothing was sent. @return PODLINK_EINVAL */
podlink_status pl_error_invalid(podlink_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** @return PODLINK_ENOMEM, nothing was sent */
podlink_status pl_error_no_memory(podlink_error *err);

/** Puts "items[i]: " in front of the message: which element of a batch it is about. */
void pl_error_prefix_item(podlink_error *err, size_t i);

/** Adds the server's words, escaped. */
void pl_error_server(podlink_error *err, const char *words, size_t length);

#endif
