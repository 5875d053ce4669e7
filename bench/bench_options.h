/* The command line that all programs of this folder share. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_SHA_LENGTH = 40, BENCH_SERVERS_MAX = 16 };

/** One deployment, one load. Strings are borrowed from argv. */
struct bench_options {
    const char *socket; /* NULL: TCP, host and port */
    const char *host;
    int ports[BENCH_SERVERS_MAX]; /* hiredis speaks to the first; the CPU time of all counts */
    unsigned port_count;          /* at least 1 */
    const char *peer;
    unsigned threads;
    double seconds;
    double warmup;
    unsigned users;
    unsigned count; /* calls, links or repetitions, as the program says */
    char sha[BENCH_SHA_LENGTH + 1];
    char url[512]; /* what podlink opens: as given, or the first server */
};

/** Reads the command line; what is wrong with it ends the program. */
void bench_options_read(struct bench_options *options, int argc, char **argv);

/** One of the servers, as podlink takes it. Ends the program where size bytes are too few. */
void bench_url_write(const struct bench_options *options, unsigned server, char *url, size_t size);

/** Prints a message and ends the program: a benchmark whose calls fail has nothing to say. */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);

#endif
