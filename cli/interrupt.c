/* SPDX-License-Identifier: MIT */
/* Signals: Ctrl-C as an event that ends a loop, so that a summary can be printed. Prints nothing. */
#include "interrupt.h"

#include "cli_clock.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A descriptor instead of a flag: a signal between the check of a flag and the wait would be lost. */
static int event_fd = -1;

static void on_signal(int signal_number)
{
    const uint64_t one = 1;

    (void)signal_number;
    if (write(event_fd, &one, sizeof one) < 0)
        return; /* the event is already set */
}

void cli_signals_catch(const int *signals, size_t count, void (*handler)(int))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < count; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

bool cli_interrupt_init(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_fd < 0)
        return false;
    cli_signals_catch(signals, sizeof signals / sizeof signals[0], on_signal);
    return true;
}

bool cli_interrupt_wait(int64_t until_ns)
{
    for (;;) {
        int64_t left_ns = until_ns - cli_now_ns();
        const struct timespec left = {.tv_sec = left_ns > 0 ? left_ns / 1000000000 : 0,
                                      .tv_nsec = left_ns > 0 ? left_ns % 1000000000 : 0};
        struct pollfd event = {.fd = event_fd, .events = POLLIN};

        if (ppoll(&event, 1, &left, NULL) > 0)
            return true;
        if (left_ns <= 0)
            return false;
    }
}
