/* SPDX-License-Identifier: MIT */
#include "bench_clock.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

enum { NS_PER_US = 1000 };

static const int64_t ns_per_s = INT64_C(1000000000);

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * ns_per_s + now.tv_nsec;
}

static int64_t timeval_ns(struct timeval time)
{
    return time.tv_sec * ns_per_s + time.tv_usec * NS_PER_US;
}

int64_t bench_cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
}

void bench_sleep_ns(int64_t duration_ns)
{
    struct timespec left = {.tv_sec = duration_ns / ns_per_s, .tv_nsec = duration_ns % ns_per_s};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}
