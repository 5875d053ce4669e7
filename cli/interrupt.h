/* Ctrl-C, as an event that ends a loop in place of the tool. Nothing is printed here. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From now on the first SIGINT, SIGTERM or SIGHUP is an event for cli_interrupt_wait(). A second one ends the tool as
 * ever, so that a call that hangs keeps nobody. A signal that is ignored stays so: it is how nohup says that it is not
 * meant.
 *  @return false: errno says why. */
bool cli_interrupt_init(void);

/** Installs a handler for one occurrence of each signal; the next one has its default effect. A signal that is ignored
 *  stays ignored: nohup and shells without job control rely on it. */
void cli_signals_catch(const int *signals, size_t count, void (*handler)(int));

/** Waits until a time by cli_now_ns(), or until the tool is told to stop.
 *  @return whether it was told to. */
bool cli_interrupt_wait(int64_t until_ns);

#endif
