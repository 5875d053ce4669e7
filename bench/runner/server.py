"""A private server for one run, on a unix socket or on a loopback port."""
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
    """A port of 127.0.0.1 that is free now, and so is the one that lies so much above it."""
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
    """Use it in a with statement. Holds the scripts and a link for each of 10,000 users."""

    READY = "ready to accept connections" # it logs, whatever the case of the letters

    def __init__(self, tcp, arguments=()):
        self.program = os.environ.get("PODLINK_TEST_SERVER", "redis-server")
        self.port = free_port() if tcp else 0
        self.arguments = arguments
        self.sha = hashlib.sha1(SCRIPT.read_bytes()).hexdigest()
        if not shutil.which(self.program):
            die(f"there is no program {self.program} (PODLINK_TEST_SERVER)")

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="podlink-bench-"))
        self.socket = self.dir / "redis.sock"
        with open(self.dir / "log", "w", encoding="utf-8") as log:
            # A session of its own, as a service has: Linux shares the processors among sessions first, and would
            # count a server in the session of 64 callers as one of 65 threads.
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
        """Loads the script and links the users, so that no row starts with an empty server."""
        held = self.cli("-x", "SCRIPT", "LOAD", stdin=SCRIPT).strip()
        if held != self.sha:
            die(f"the server holds the script as {held}, not as {self.sha}")
        records(BUILD / "bench" / "bench_batch", *self.address(), "--peer", "hiredis-pipeline", "--count", 20000,
                "--seconds", 0.2, "--warmup", 0.1)

    def address(self):
        """How the programs of this folder are told where the server is, and which script to call."""
        place = ["--port", self.port] if self.port else ["--socket", self.socket]
        return [*place, "--sha", self.sha]

    def cli_address(self):
        """The same for the server's own tools."""
        return ["-p", self.port] if self.port else ["-s", self.socket]

    def cli(self, *arguments, stdin=None):
        with open(stdin or os.devnull, encoding="utf-8") as file:
            return output("redis-cli", *self.cli_address(), *arguments, stdin=file)

    def fields(self, *command):
        """What a command says in lines of "name:value", such as INFO."""
        return dict(line.split(":", 1) for line in self.cli(*command).splitlines() if ":" in line)

    def cpu_s(self):
        """The server's CPU time so far, user and system."""
        fields = self.fields("INFO", "cpu")
        return float(fields["used_cpu_user"]) + float(fields["used_cpu_sys"])

    def version(self):
        fields = self.fields("INFO", "server")
        name = "Valkey" if "valkey_version" in fields else "Redis"
        return f"{name} {fields.get('valkey_version', fields['redis_version'])}"
