/* The command line that all programs of this folder share. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_SHA_LENGTH = 40 };

/** One server, one load. Strings are borrowed from argv. */
struct bench_options {
    const char *socket; /* NULL: TCP, host and port */
    const char *host;
    int port;
    const char *peer;
    unsigned threads;
    double seconds;
    double warmup;
    unsigned users;
    unsigned count; /* calls, links or repetitions, as the program says */
    int tls_port;   /* 0: none; else podlink's own connections go there, on the same host */
    const char *tls_ca;
    char sha[BENCH_SHA_LENGTH + 1];
    char url[512]; /* the server again, as podlink takes it */
};

/** Reads the command line; what is wrong with it ends the program. */
void bench_options_read(struct bench_options *options, int argc, char **argv);

/** Prints a message and ends the program: a benchmark whose calls fail has nothing to say. */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);

#endif
