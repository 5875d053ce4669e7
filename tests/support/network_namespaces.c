/* SPDX-License-Identifier: MIT */
/* Network namespaces without names. A process that only waits holds each of them, so they end with the program in any
 * case. A bridge in one more namespace is the switch. */
#include "network_namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SWITCH = NETWORKS, HOLDERS = NETWORKS + 1 }; /* the program itself is in the first one */

static pid_t holders[HOLDERS];
static char paths[HOLDERS][32];
static char reason[128];

static bool fails(const char *what, int error)
{
    snprintf(reason, sizeof reason, "%s%s%s", what, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    return false;
}

/* In the child: never returns. */
static void hold(int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char error = (char)(unshare(CLONE_NEWNET) == 0 ? 0 : errno);
    if (write(ready, &error, 1) != 1)
        _exit(1);
    close(ready);
    for (;;)
        pause();
}

static bool start_holder(unsigned n)
{
    int ready[2];
    char error = EIO;
    if (pipe2(ready, O_CLOEXEC) != 0)
        return fails("pipe", errno);
    holders[n] = fork();
    if (holders[n] == 0)
        hold(ready[1]);
    close(ready[1]);
    if (holders[n] < 0 || read(ready[0], &error, 1) != 1)
        error = EIO;
    close(ready[0]);
    snprintf(paths[n], sizeof paths[n], "/proc/%d/ns/net", (int)holders[n]);
    return error == 0 || fails("no network namespace", error);
}

/* Runs a command in a namespace. */
static bool run_in(unsigned n, const char *command)
{
    int status = 1;
    const pid_t pid = fork();
    if (pid == 0) {
        int network = open(paths[n], O_RDONLY | O_CLOEXEC);
        if (network < 0 || setns(network, CLONE_NEWNET) != 0)
            _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return fails(command, 0);
    return true;
}

/* A cable from a network to the switch. */
static bool connect_to_switch(unsigned n)
{
    char plug[256], bring_up[256];
    snprintf(plug, sizeof plug,
             "ip link add port%u type veth peer name cable%u && ip link set cable%u netns %d && "
             "ip link set port%u master bridge0 && ip link set port%u up",
             n, n, n, (int)holders[n], n, n);
    snprintf(bring_up, sizeof bring_up,
             "ip link set lo up && ip address add %s/24 dev cable%u && ip link set cable%u up", networks_host(n), n, n);
    return run_in(SWITCH, plug) && run_in(n, bring_up);
}

bool networks_start(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        return fails("no network namespace", errno);
    holders[0] = getpid();
    snprintf(paths[0], sizeof paths[0], "/proc/self/ns/net");
    for (unsigned n = 1; n < HOLDERS; n++)
        if (!start_holder(n))
            return false;
    if (!run_in(SWITCH, "ip link add bridge0 type bridge && ip link set bridge0 up"))
        return false;
    for (unsigned n = 0; n < NETWORKS; n++)
        if (!connect_to_switch(n))
            return false;
    return true;
}

const char *networks_reason(void)
{
    return reason;
}

const char *networks_host(unsigned n)
{
    static const char *const hosts[NETWORKS] = {"10.73.0.1", "10.73.0.2", "10.73.0.3"};
    return hosts[n];
}

const char *networks_path(unsigned n)
{
    return n == 0 ? NULL : paths[n];
}

bool networks_cut(void)
{
    return run_in(SWITCH, "ip link set port0 nomaster");
}

bool networks_heal(void)
{
    return run_in(SWITCH, "ip link set port0 master bridge0");
}
