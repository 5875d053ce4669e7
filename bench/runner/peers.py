# SPDX-License-Identifier: MIT
"""The measured programs: podlink and hiredis in C, and clients of other languages if their toolchains are installed."""
import os
import pathlib
import shutil

from .shell import BUILD, ROOT, quietly, records, warn

SOURCES = ROOT / "bench" / "peers"
BUILDS = BUILD / "peers"


class Peer:
    """A program that loads the server and prints a record."""

    def __init__(self, name, command, arguments=(), least_warmup_s=0.0):
        self.name = name
        self.command = command
        self.arguments = arguments
        self.least_warmup_s = least_warmup_s

    def measure(self, server, threads, seconds, warmup):
        found = records(*self.command, *server.address(), "--peer", self.name, "--threads", threads, "--seconds",
                        seconds, "--warmup", max(warmup, self.least_warmup_s), *self.arguments)
        return found[-1]


def c_peers():
    program = [BUILD / "bench" / "bench_load"]
    return [Peer("podlink", program), Peer("hiredis", program), Peer("hiredis-pool", program)]


def build_go(target):
    return ["go", "build", "-C", SOURCES / "go", "-o", target / "load", "."]


def build_rust(target):
    return ["cargo", "build", "--release", "--manifest-path", SOURCES / "rust" / "Cargo.toml",
            "--target-dir", target]


def build_java(target):
    return ["mvn", "-q", "-B", "-f", SOURCES / "java" / "pom.xml", f"-Dtarget={target}", "package"]


# language: its tools, how it is built, the program, its peers with their least warm-up in seconds. A virtual machine
# with a JIT compiler gets a longer warm-up.
LANGUAGES = {
    "go": (["go"], build_go, lambda target: [target / "load"], {"go-redis": 0, "go-redis-wide": 0, "rueidis": 0}),
    "rust": (["cargo"], build_rust, lambda target: [target / "release" / "load"], {"redis-rs": 0}),
    "java": (["mvn", "java"], build_java,
             lambda target: ["java", "-cp", f"{target / 'classes'}{os.pathsep}{target / 'lib'}/*", "Load"],
             {"lettuce": 3}),
}


def foreign_names():
    return [name for *_, peers in LANGUAGES.values() for name in peers]


def foreign_peers(wanted, quick):
    """Builds and returns the wanted peers. One that cannot be built is left out with a warning."""
    found = []
    for language, (tools, build, command, peers) in LANGUAGES.items():
        names = [name for name in peers if name in wanted]
        missing = [tool for tool in tools if not shutil.which(tool)]
        target = pathlib.Path(BUILDS / language)
        log = BUILDS / f"{language}.log"
        if not names:
            continue
        if missing:
            warn(f"{', '.join(names)}: left out, {missing[0]} is not installed")
        elif not quietly(log, *build(target)):
            warn(f"{', '.join(names)}: left out, the build failed, see {log.relative_to(ROOT)}")
        else:
            found += [Peer(name, command(target), least_warmup_s=min(peers[name], 1) if quick else peers[name])
                      for name in names]
    return found
