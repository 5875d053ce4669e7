# SPDX-License-Identifier: MIT
"""Deployments of several servers, or of one with TLS, on ports of 127.0.0.1. Each is a context manager."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time

from .server import READY_S, Server, free_port
from .shell import BUILD, die, quietly, records

SLOTS = 16384
BUS = 10000 # offset of the cluster bus port of a node
SENTINELS = 3
MASTER = "mymaster"


class Deployment:
    """The URL for podlink, and the servers whose CPU time is measured."""

    def __init__(self, url, servers):
        self.url = url
        self.servers = servers

    def address(self):
        """Options for the programs in bench/; compare Server.address()."""
        ports = [part for server in self.servers for part in ("--port", server.port)]
        return ["--url", self.url, *ports, "--sha", self.servers[0].sha]

    def fill(self):
        """Sets a link for each user, like Server.fill()."""
        records(BUILD / "bench" / "bench_batch", *self.address(), "--count", 20000, "--seconds", 0.2, "--warmup", 0.1)


def wait_until(what, holds):
    deadline = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > deadline:
            die(f"{what}: not ready within {READY_S} s")
        time.sleep(0.05)


def plain(server):
    return Deployment(f"redis://127.0.0.1:{server.port}", [server])


# ---- cluster ---------------------------------------------------------------------------------------------------------

class Node(Server):
    """A server with cluster-enabled, which has no slots yet."""

    def __init__(self):
        super().__init__(True, ["--cluster-enabled", "yes"])
        self.port = free_port(BUS)

    def fill(self):
        """Does nothing: the node refuses links until it has slots."""


def meet(nodes):
    """Divides the slots evenly among the nodes and introduces them to each other."""
    for i, node in enumerate(nodes):
        first, end = i * SLOTS // len(nodes), (i + 1) * SLOTS // len(nodes)
        node.cli("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        node.cli("CLUSTER", "ADDSLOTS", *range(first, end))
    for node in nodes[1:]:
        node.cli("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)


def is_complete(node, size):
    info = node.fields("CLUSTER", "INFO")
    return info["cluster_state"] == "ok" and info["cluster_size"] == str(size)


@contextlib.contextmanager
def cluster(masters):
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Node()) for _ in range(masters)]
        meet(nodes)
        wait_until(f"a cluster of {masters}", lambda: all(is_complete(node, masters) for node in nodes))
        made = Deployment("cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes), nodes)
        made.fill()
        yield made


# ---- sentinel --------------------------------------------------------------------------------------------------------

class Sentinel(Server):
    """Monitors one master."""

    READY = "+monitor master"

    def __init__(self, master):
        super().__init__(True)
        self.master = master

    def command(self):
        """A sentinel needs a configuration file that it can write."""
        config = self.dir / "sentinel.conf"
        config.write_text(f"port {self.port}\nbind 127.0.0.1\ndir {self.dir}\n"
                          f"sentinel monitor {MASTER} 127.0.0.1 {self.master.port} {SENTINELS // 2 + 1}\n")
        return [self.program, config, "--sentinel"]

    def fill(self):
        """Does nothing: a sentinel has no links."""


@contextlib.contextmanager
def sentinels(master):
    """The same server, found through sentinels."""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(Sentinel(master)) for _ in range(SENTINELS)]
        wait_until("sentinels", lambda: all(f"sentinels={SENTINELS}" in sentinel.cli("INFO", "sentinel")
                                            for sentinel in started))
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in started)
        yield Deployment(f"sentinel://{hosts}/{MASTER}", [master])


# ---- TLS -------------------------------------------------------------------------------------------------------------

CERTIFICATE = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
               "/CN=podlink-bench", "-addext", "subjectAltName=IP:127.0.0.1"]


@contextlib.contextmanager
def with_tls():
    """A server with two ports: clear text and TLS."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="podlink-bench-tls-"))
    key, certificate, port = directory / "key.pem", directory / "certificate.pem", free_port()
    try:
        if not quietly(directory / "log", "openssl", *CERTIFICATE, "-keyout", key, "-out", certificate):
            die(f"openssl cannot make a certificate:\n{(directory / 'log').read_text()}")
        with Server(True, ["--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key,
                           "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]) as server:
            yield plain(server), Deployment(f"rediss://127.0.0.1:{port}?tls_ca_file={certificate}", [server])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
