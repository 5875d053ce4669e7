# SPDX-License-Identifier: MIT
"""The machine and the versions of what was measured."""
import datetime
import os
import platform
import re
import resource
import subprocess

from .shell import ROOT


def first_line(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
                              cwd=ROOT).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        match = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return match[1] if match else platform.machine()


def busy_s():
    """CPU time of all processes, interrupts and time stolen by the host."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _, _, *interrupts_and_stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")


def children_s():
    """CPU time of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def facts(server, tcp):
    kernel = re.match(r"[\d.]+", platform.release())
    return {
        "date": datetime.date.today().isoformat(),
        "podlink": first_line("git", "describe", "--always", "--dirty") or "not a git tree",
        "processor": f"{len(os.sched_getaffinity(0))} cores, {processor()}",
        "kernel": f"Linux {kernel[0] if kernel else platform.release()}",
        "server": server.version() + (", loopback TCP" if tcp else ", unix socket"),
        "compiler": first_line("cc", "--version"),
        "hiredis": first_line("pkg-config", "--modversion", "hiredis"),
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }
