/* SPDX-License-Identifier: MIT */
#include "bench_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 6379 };

static const char usage[] =
    "usage: PROGRAM (--socket PATH | --port N... [--host H]) [--url URL] [--peer NAME] [--threads N] [--seconds S]\n"
    "               [--warmup S] [--users N] [--count N] [--sha SHA]\n";

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},  {"host", required_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},    {"peer", required_argument, NULL, 'e'},
    {"threads", required_argument, NULL, 't'}, {"seconds", required_argument, NULL, 'd'},
    {"warmup", required_argument, NULL, 'w'},  {"users", required_argument, NULL, 'u'},
    {"count", required_argument, NULL, 'c'},   {"sha", required_argument, NULL, 'a'},
    {"url", required_argument, NULL, 'r'},     {0},
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

void *bench_allocate(size_t count, size_t size)
{
    void *block = calloc(count, size);
    if (block == NULL)
        bench_die("out of memory");
    return block;
}

static double positive_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value <= 0)
        bench_die("'%s' is not a positive number", text);
    return value;
}

static unsigned count_of(const char *text)
{
    double value = positive_number(text);
    if (value < 1 || value > 1e9)
        bench_die("'%s' is not a number from 1 to 1000000000", text);
    return (unsigned)value;
}

static void take_sha(struct bench_options *options, const char *text)
{
    if (strlen(text) != BENCH_SHA_LENGTH)
        bench_die("'%s' is not a SHA1", text);
    memcpy(options->sha, text, BENCH_SHA_LENGTH + 1);
}

static void take_port(struct bench_options *options, const char *text)
{
    if (options->port_count == BENCH_SERVERS_MAX)
        bench_die("more than %d servers", BENCH_SERVERS_MAX);
    options->ports[options->port_count++] = (int)count_of(text);
}

static void take_url(struct bench_options *options, const char *text)
{
    if (strlen(text) >= sizeof options->url)
        bench_die("the URL is too long");
    memcpy(options->url, text, strlen(text) + 1);
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
        take_port(options, value);
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
    case 'r':
        take_url(options, value);
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

void bench_url_write(const struct bench_options *options, unsigned server, char *url, size_t size)
{
    const int length = options->socket != NULL
                           ? snprintf(url, size, "unix://%s", options->socket)
                           : snprintf(url, size, "redis://%s:%d", options->host, options->ports[server]);
    if (length < 0 || (size_t)length >= size)
        bench_die("the server's address is too long");
}

void bench_options_read(struct bench_options *options, int argc, char **argv)
{
    int name;
    *options = (struct bench_options){.host = "127.0.0.1",
                                      .peer = "podlink",
                                      .threads = 1,
                                      .seconds = 1,
                                      .warmup = 0.2,
                                      .users = 10000,
                                      .count = 1000};
    while ((name = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        take(options, name, optarg);
    if (options->port_count == 0)
        options->ports[options->port_count++] = DEFAULT_PORT;
    if (options->url[0] == '\0')
        bench_url_write(options, 0, options->url, sizeof options->url);
}
