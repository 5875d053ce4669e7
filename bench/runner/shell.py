# SPDX-License-Identifier: MIT
"""Runs other programs."""
import json
import pathlib
import resource
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-bench"

# A program that hangs ends the benchmark.
RUN_LIMIT_S = 120


def say(text=""):
    print(text, flush=True)


def warn(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def die(text):
    sys.exit(f"bench: {text}")


def output(*command, **options):
    """The standard output of a program. Raises CalledProcessError if it fails; only then its standard error is shown,
    because some peers print warnings."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=RUN_LIMIT_S, **options)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
    done.check_returncode()
    return done.stdout


def records(*command):
    """The JSON records that a program prints, one per line."""
    try:
        return [json.loads(line) for line in output(*command).splitlines() if line.startswith("{")]
    except subprocess.CalledProcessError as failure:
        die(f"{pathlib.Path(str(command[0])).name} failed with {failure.returncode}")
    except subprocess.TimeoutExpired:
        die(f"{' '.join(map(str, command))} did not end within {RUN_LIMIT_S} s")


def quietly(log, *command, **options):
    """Runs a program with its output in a file. Returns whether it succeeded."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        done = subprocess.run([str(part) for part in command], stdout=file, stderr=subprocess.STDOUT, check=False,
                              **options)
    return done.returncode == 0


def together(commands):
    """Runs programs at the same time. Returns the output of each, and the sum of their CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
               for command in commands]
    texts = [None] * len(running)

    def read(i):
        texts[i] = running[i].communicate(timeout=RUN_LIMIT_S)[0]

    readers = [threading.Thread(target=read, args=(i,)) for i in range(len(running))]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    for process, command in zip(running, commands):
        if process.returncode != 0:
            process.kill()
            die(f"{command[0]} failed with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return texts, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
