# SPDX-License-Identifier: MIT
"""Instructions of a call in user space, by callgrind. Two runs of different length are compared, so that start and end
are not counted."""
import re
import shutil
import subprocess

from .shell import BUILD, RUN_LIMIT_S, die, warn

SHORT = 500
LONG = 2500


def collected(server, peer, calls):
    done = subprocess.run(
        [str(part) for part in ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                BUILD / "bench" / "bench_calls", *server.address(), "--peer", peer, "--count", calls]],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, timeout=RUN_LIMIT_S)
    match = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not match:
        die(f"callgrind failed:\n{done.stderr}")
    return int(match[1])


def per_call(server, peer):
    return (collected(server, peer, LONG) - collected(server, peer, SHORT)) / (LONG - SHORT)


def measure(server):
    """Returns a figure for each peer; none without valgrind."""
    if not shutil.which("valgrind"):
        warn("instructions: left out, valgrind is not installed")
        return []
    figures = [{"figure": f"instructions of a call, {peer}", "value": per_call(server, peer), "unit": "instructions"}
               for peer in ("podlink", "hiredis")]
    ours, theirs = (figure["value"] for figure in figures)
    return figures + [{"figure": "instructions of a call, podlink to hiredis", "value": ours / theirs, "unit": "ratio"}]
