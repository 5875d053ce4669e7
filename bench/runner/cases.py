# SPDX-License-Identifier: MIT
"""Comparisons of podlink with itself: a cluster, sentinels and TLS, each with the plain client."""
import contextlib
import shutil
import time

from . import deployment, machine, report
from .server import Server
from .shell import BUILD, records, warn


class Side:
    """One of the things that a case compares."""

    def __init__(self, name, target, program="bench_load", peer="podlink"):
        self.name = name
        self.target = target
        self.program = program
        self.peer = peer

    def measure(self, case, threads, plan):
        start, others = time.monotonic(), self.others_s()
        found = records(BUILD / "bench" / self.program, *self.target.address(), "--peer", self.peer, "--threads",
                        threads, "--count", plan.batch, "--seconds", plan.seconds, "--warmup", plan.warmup)
        others = (self.others_s() - others) / (time.monotonic() - start)
        return found[-1] | {"case": case, "peer": self.name, "others": others}

    def others_s(self):
        """CPU time of other processes: neither the servers nor our own programs."""
        servers_s = sum(server.cpu_s() for server in self.target.servers)
        return machine.busy_s() - machine.children_s() - servers_s


class Case:
    """A comparison of several sides with the first one."""

    def __init__(self, name, sides, callers, goals=(), needs=(), table=report.versus):
        self.name = name
        self.sides = sides        # a context manager: starts the servers
        self.callers = callers    # a quick run uses the last; None: a program without --threads
        self.goals = dict(goals)  # (side, callers): the lowest acceptable ratio
        self.needs = needs        # programs that must be installed
        self.table = table

    def is_possible(self):
        missing = [program for program in self.needs if not shutil.which(program)]
        if missing:
            warn(f"{self.name}: left out, {missing[0]} is not installed")
        return not missing

    def callers_of(self, plan):
        if not self.callers:
            return [1]
        return plan.threads or (self.callers[-1:] if plan.quick else self.callers)


# ---- the comparisons -------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def cluster_of_one():
    with Server(True) as server, deployment.cluster(1) as cluster:
        yield [Side("plain client to the node", deployment.plain(cluster.servers[0])),
               Side("cluster of one node", cluster),
               Side("plain client to a plain server", deployment.plain(server))]


@contextlib.contextmanager
def batch():
    with deployment.cluster(3) as cluster:
        yield [Side("three by hand", cluster, "bench_batch", "manual-scatter"),
               Side("one call", cluster, "bench_batch")]


@contextlib.contextmanager
def masters():
    with contextlib.ExitStack() as stack:
        yield [Side(str(count), stack.enter_context(deployment.cluster(count))) for count in (1, 2, 3)]


@contextlib.contextmanager
def tls():
    with deployment.with_tls() as (clear, encrypted):
        yield [Side("clear text", clear), Side("TLS", encrypted)]


@contextlib.contextmanager
def sentinel():
    with Server(True) as server, deployment.sentinels(server) as found:
        yield [Side("directly", deployment.plain(server)), Side("by sentinels", found)]


CASES = {case.name: case for case in (
    Case("cluster", cluster_of_one, [1, 64], {("cluster of one node", 64): 0.95}),
    Case("cluster-batch", batch, None, {("one call", 1): 0.9}),
    Case("masters", masters, [256, 64], table=report.masters),
    Case("tls", tls, [1, 8, 64], {("TLS", 64): 0.8}, ["openssl"]),
    Case("sentinel", sentinel, [64], {("by sentinels", 64): 0.95}),
)}
