#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: PROGRAM (--socket PATH | --port N [--host H]) [--peer NAME] [--threads N] [--seconds S] [--warmup S]\n"
    "               [--users N] [--count N] [--sha SHA] [--tls-port N --tls-ca FILE]\n";

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"host", required_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},
    {"peer", required_argument, NULL, 'e'},
    {"threads", required_argument, NULL, 't'},
    {"seconds", required_argument, NULL, 'd'},
    {"warmup", required_argument, NULL, 'w'},
    {"users", required_argument, NULL, 'u'},
    {"count", required_argument, NULL, 'c'},
    {"sha", required_argument, NULL, 'a'},
    {"tls-port", required_argument, NULL, 'l'},
    {"tls-ca", required_argument, NULL, 'f'},
    {0},
};

void bench_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static double positive_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value <= 0) {
        bench_die("'%s' is not a positive number", text);
    }
    return value;
}

static unsigned count_of(const char *text)
{
    double value = positive_number(text);
    if (value < 1 || value > 1e9) {
        bench_die("'%s' is not a number from 1 to 1000000000", text);
    }
    return (unsigned)value;
}

static void take_sha(struct bench_options *options, const char *text)
{
    if (strlen(text) != BENCH_SHA_LENGTH) {
        bench_die("'%s' is not a SHA1", text);
    }
    memcpy(options->sha, text, BENCH_SHA_LENGTH + 1);
}

static void take(struct bench_options *options, int name, const char *value)
{
    switch (name) {
    case 's':
        options->socket = value;
        break;
    case 'h':
        options->host = value;
        break;
    case 'p':
        options->port = (int)count_of(value);
        break;
    case 'e':
        options->peer = value;
        break;
    case 't':
        options->threads = count_of(value);
        break;
    case 'd':
        options->seconds = positive_number(value);
        break;
    case 'w':
        options->warmup = positive_number(value);
        break;
    case 'u':
        options->users = count_of(value);
        break;
    case 'c':
        options->count = count_of(value);
        break;
    case 'a':
        take_sha(options, value);
        break;
    case 'l':
        options->tls_port = (int)count_of(value);
        break;
    case 'f':
        options->tls_ca = value;
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

static void make_url(struct bench_options *options)
{
    const size_t size = sizeof options->url;
    int length;
    if (options->tls_port != 0) {
        length = snprintf(options->url, size, "rediss://%s:%d?tls_ca_file=%s", options->host, options->tls_port,
                          options->tls_ca != NULL ? options->tls_ca : "");
    } else if (options->socket != NULL) {
        length = snprintf(options->url, size, "unix://%s", options->socket);
    } else {
        length = snprintf(options->url, size, "redis://%s:%d", options->host, options->port);
    }
    if (length < 0 || (size_t)length >= sizeof options->url) {
        bench_die("the server's address is too long");
    }
}

void bench_options_read(struct bench_options *options, int argc, char **argv)
{
    int name;
    *options = (struct bench_options){.host = "127.0.0.1",
                                      .port = 6379,
                                      .peer = "podlink",
                                      .threads = 1,
                                      .seconds = 1,
                                      .warmup = 0.2,
                                      .users = 10000,
                                      .count = 1000};
    while ((name = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        take(options, name, optarg);
    }
    make_url(options);
}
