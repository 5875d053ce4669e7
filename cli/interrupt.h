/* SPDX-License-Identifier: MIT */
/* Signals: Ctrl-C as an event that ends a loop, so that a summary can be printed. Prints nothing. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From now on the first SIGINT, SIGTERM or SIGHUP sets the event of cli_interrupt_wait(). A second one ends the tool,
 *  also while a call hangs.
 *  @return false: errno says why. */
bool cli_interrupt_init(void);

/** Installs a handler for one occurrence of each signal; the next one has its default effect. A signal that is ignored
 *  stays ignored: nohup and shells without job control rely on it. */
void cli_signals_catch(const int *signals, size_t count, void (*handler)(int));

/** Waits until a time of cli_now_ns(), or until the event is set.
 *  @return whether it is set. */
bool cli_interrupt_wait(int64_t until_ns);

#endif
