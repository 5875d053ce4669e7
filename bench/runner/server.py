# SPDX-License-Identifier: MIT
"""A private server, on a unix socket or on a loopback port."""
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from .shell import BUILD, ROOT, die, output, records

SCRIPT = ROOT / "lua" / "statefulSetLink.lua"
READY_S = 10


def free_port(above=0):
    """A free port of 127.0.0.1; port + above is free as well."""
    while True:
        with socket.socket() as probe, socket.socket() as second:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + above if above else 0))
                return port
            except (OSError, OverflowError):
                pass


class Server:
    """A context manager. The server has the script and a link for each of 10,000 users."""

    READY = "ready to accept connections" # expected in its log, compared in lower case

    def __init__(self, tcp, arguments=()):
        self.program = os.environ.get("PODLINK_TEST_SERVER", "redis-server")
        self.port = free_port() if tcp else 0
        self.arguments = arguments
        self.sha = hashlib.sha1(SCRIPT.read_bytes()).hexdigest()
        if not shutil.which(self.program):
            die(f"{self.program} is not installed (PODLINK_TEST_SERVER)")

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="podlink-bench-"))
        self.socket = self.dir / "redis.sock"
        with open(self.dir / "log", "w", encoding="utf-8") as log:
            # In its own session, like a service. Linux first divides the processors among sessions: in the session of
            # 64 callers the server would get the share of one thread in 65.
            self.process = subprocess.Popen([str(part) for part in self.command()], stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.wait_until_ready()
            self.fill()
        except BaseException:
            self.__exit__()
            raise
        return self

    def command(self):
        listen = ["--port", self.port, "--bind", "127.0.0.1"] if self.port else \
            ["--port", 0, "--unixsocket", self.socket, "--unixsocketperm", "700"]
        return [self.program, *listen, "--dir", self.dir, "--save", "", "--appendonly", "no", "--maxclients", 2000,
                "--daemonize", "no", *self.arguments]

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_S
        while self.READY not in (self.dir / "log").read_text().lower():
            if self.process.poll() is not None or time.monotonic() > deadline:
                die(f"{self.program} did not start:\n{(self.dir / 'log').read_text()}")
            time.sleep(0.02)

    def fill(self):
        """Loads the script and links the users, so that no measurement starts with an empty server."""
        loaded = self.cli("-x", "SCRIPT", "LOAD", stdin=SCRIPT).strip()
        if loaded != self.sha:
            die(f"the server loaded the script as {loaded}, not as {self.sha}")
        records(BUILD / "bench" / "bench_batch", *self.address(), "--peer", "hiredis-pipeline", "--count", 20000,
                "--seconds", 0.2, "--warmup", 0.1)

    def address(self):
        """Options for the programs in bench/: the address of the server and the SHA1 of the script."""
        place = ["--port", self.port] if self.port else ["--socket", self.socket]
        return [*place, "--sha", self.sha]

    def cli_address(self):
        """The address as options for redis-cli and redis-benchmark."""
        return ["-p", self.port] if self.port else ["-s", self.socket]

    def cli(self, *arguments, stdin=None):
        with open(stdin or os.devnull, encoding="utf-8") as file:
            return output("redis-cli", *self.cli_address(), *arguments, stdin=file)

    def fields(self, *command):
        """The reply of a command such as INFO, with lines of "name:value"."""
        return dict(line.split(":", 1) for line in self.cli(*command).splitlines() if ":" in line)

    def cpu_s(self):
        """CPU time of the server since its start, user and system."""
        fields = self.fields("INFO", "cpu")
        return float(fields["used_cpu_user"]) + float(fields["used_cpu_sys"])

    def version(self):
        fields = self.fields("INFO", "server")
        name = "Valkey" if "valkey_version" in fields else "Redis"
        return f"{name} {fields.get('valkey_version', fields['redis_version'])}"
