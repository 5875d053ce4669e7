/* SPDX-License-Identifier: MIT */
/* The command line of all programs in this folder, and failing. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_SHA_LENGTH = 40, BENCH_SERVERS_MAX = 16 };

/** One deployment and one load. The strings belong to argv. */
struct bench_options {
    const char *socket; /* NULL: TCP, host and port */
    const char *host;
    int ports[BENCH_SERVERS_MAX]; /* hiredis uses the first. CPU time is the sum of all */
    unsigned port_count;          /* at least 1 */
    const char *peer;
    unsigned threads;
    double seconds;
    double warmup;
    unsigned users;
    unsigned count; /* calls, links or repetitions: see each program */
    char sha[BENCH_SHA_LENGTH + 1];
    char url[512]; /* for podlink: --url, or the first server */
};

/** Reads the command line. An error ends the program. */
void bench_options_read(struct bench_options *options, int argc, char **argv);

/** Writes the URL of one of the servers. Ends the program if size is too small. */
void bench_url_write(const struct bench_options *options, unsigned server, char *url, size_t size);

/** Prints a message and ends the program: the figures of a benchmark with failed calls are meaningless. */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);

/** calloc(). Ends the program if there is no memory. */
void *bench_allocate(size_t count, size_t size);

#endif
