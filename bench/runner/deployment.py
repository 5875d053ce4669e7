"""Deployments of several servers, or of one with TLS, on ports of 127.0.0.1: each is a context, started and ended."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time

from .server import READY_S, Server, free_port
from .shell import BUILD, die, quietly, records

SLOTS = 16384
BUS = 10000 # so far above its port a node listens for the others
SENTINELS = 3
MASTER = "mymaster"


class Deployment:
    """What podlink opens, and the servers whose CPU time counts."""

    def __init__(self, url, servers):
        self.url = url
        self.servers = servers

    def address(self):
        """How the programs of this folder are told of it; compare Server.address()."""
        ports = [part for server in self.servers for part in ("--port", server.port)]
        return ["--url", self.url, *ports, "--sha", self.servers[0].sha]

    def fill(self):
        """A link for each user, as Server.fill() makes them."""
        records(BUILD / "bench" / "bench_batch", *self.address(), "--count", 20000, "--seconds", 0.2, "--warmup", 0.1)


def wait_until(what, holds):
    deadline = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > deadline:
            die(f"{what}: not within {READY_S} s")
        time.sleep(0.05)


def plain(server):
    return Deployment(f"redis://127.0.0.1:{server.port}", [server])


# ---- cluster ---------------------------------------------------------------------------------------------------------

class Node(Server):
    """A server with cluster-enabled, which as yet knows nobody and serves nothing."""

    def __init__(self):
        super().__init__(True, ["--cluster-enabled", "yes"])
        self.port = free_port(BUS)

    def fill(self):
        """Nothing: it refuses links as long as it has no slots."""


def meet(nodes):
    """They share the slots evenly, the first has the lowest."""
    for i, node in enumerate(nodes):
        first, end = i * SLOTS // len(nodes), (i + 1) * SLOTS // len(nodes)
        node.cli("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        node.cli("CLUSTER", "ADDSLOTS", *range(first, end))
    for node in nodes[1:]:
        node.cli("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)


def is_whole(node, size):
    told = node.fields("CLUSTER", "INFO")
    return told["cluster_state"] == "ok" and told["cluster_size"] == str(size)


@contextlib.contextmanager
def cluster(masters):
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Node()) for _ in range(masters)]
        meet(nodes)
        wait_until(f"a cluster of {masters}", lambda: all(is_whole(node, masters) for node in nodes))
        made = Deployment("cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes), nodes)
        made.fill()
        yield made


# ---- sentinel --------------------------------------------------------------------------------------------------------

class Sentinel(Server):
    """Watches one master."""

    READY = "+monitor master"

    def __init__(self, master):
        super().__init__(True)
        self.master = master

    def command(self):
        """It wants a file, in which it keeps what it learns."""
        config = self.dir / "sentinel.conf"
        config.write_text(f"port {self.port}\nbind 127.0.0.1\ndir {self.dir}\n"
                          f"sentinel monitor {MASTER} 127.0.0.1 {self.master.port} {SENTINELS // 2 + 1}\n")
        return [self.program, config, "--sentinel"]

    def fill(self):
        """Nothing: it holds no links."""


@contextlib.contextmanager
def sentinels(master):
    """The same server again, found through sentinels."""
    with contextlib.ExitStack() as stack:
        watching = [stack.enter_context(Sentinel(master)) for _ in range(SENTINELS)]
        wait_until("sentinels", lambda: all(f"sentinels={SENTINELS}" in sentinel.cli("INFO", "sentinel")
                                            for sentinel in watching))
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in watching)
        yield Deployment(f"sentinel://{hosts}/{MASTER}", [master])


# ---- TLS -------------------------------------------------------------------------------------------------------------

CERTIFICATE = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
               "/CN=podlink-bench", "-addext", "subjectAltName=IP:127.0.0.1"]


@contextlib.contextmanager
def with_tls():
    """A server that speaks both: in clear text, and over TLS."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="podlink-bench-tls-"))
    key, certificate, port = directory / "key.pem", directory / "certificate.pem", free_port()
    try:
        if not quietly(directory / "log", "openssl", *CERTIFICATE, "-keyout", key, "-out", certificate):
            die(f"openssl makes no certificate:\n{(directory / 'log').read_text()}")
        with Server(True, ["--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key,
                           "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]) as server:
            yield plain(server), Deployment(f"rediss://127.0.0.1:{port}?tls_ca_file={certificate}", [server])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
