"""podlink beside itself: a cluster, sentinels and TLS, each against the plain client."""
import contextlib
import shutil
import time

from . import deployment, machine, report
from .server import Server
from .shell import BUILD, records, warn


class Side:
    """One of those that a case compares."""

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
        """CPU time that neither the servers nor programs of ours have used."""
        servers_s = sum(server.cpu_s() for server in self.target.servers)
        return machine.busy_s() - machine.children_s() - servers_s


class Case:
    """A comparison with the first of some sides."""

    def __init__(self, name, sides, callers, goals=(), needs=(), table=report.versus):
        self.name = name
        self.sides = sides        # a context manager: starts the servers
        self.callers = callers    # a quick run takes the last; None: nobody calls from threads
        self.goals = dict(goals)  # (side, callers): the least ratio that is wanted
        self.needs = needs        # programs
        self.table = table

    def is_possible(self):
        missing = [program for program in self.needs if not shutil.which(program)]
        if missing:
            warn(f"{self.name}: left out, there is no {missing[0]} here")
        return not missing

    def callers_of(self, plan):
        if not self.callers:
            return [1]
        return plan.threads or (self.callers[-1:] if plan.quick else self.callers)


# ---- what is compared ------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def cluster_of_one():
    with Server(True) as server, deployment.cluster(1) as cluster:
        yield [Side("plain client to the node", deployment.plain(cluster.servers[0])),
               Side("cluster of one node", cluster),
               Side("plain client to a plain server", deployment.plain(server))]


@contextlib.contextmanager
def batch():
    with deployment.cluster(3) as cluster:
        yield [Side("three by hand", cluster, "bench_batch", "manual-scatter"), Side("one call", cluster, "bench_batch")]


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
