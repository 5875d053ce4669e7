/* SPDX-License-Identifier: MIT */
/* Export of symbols, and the version of the library. */
#ifndef PODLINK_EXPORT_H
#define PODLINK_EXPORT_H

#define PODLINK_VERSION_MAJOR 0
#define PODLINK_VERSION_MINOR 1
#define PODLINK_VERSION_PATCH 0

#if defined(__GNUC__)
#define PODLINK_API __attribute__((visibility("default")))
#else
#define PODLINK_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the library at run time, "major.minor.patch". The string is static. Any thread. */
PODLINK_API const char *podlink_version(void);

#ifdef __cplusplus
}
#endif
#endif
