# SPDX-License-Identifier: MIT
"""The limit of the server: redis-benchmark with 64 commands in flight per connection, the same script, random users.

If the load moves users between two pods, two instances run at the same time, one for each pod, so that about half of
their calls move a user. redis-benchmark chooses the key of the link and that of the index independently. In this case
its calls do slightly more work in the server: 2.75 redis.calls each on average instead of 2.5.
"""
import re
import shutil

from .shell import die, together

PEER = "redis-benchmark"
PIPELINE = 64
USERS = 10000
MOVING = ("0", "1")  # pods
STAYING = ("3",)     # as in batch_sender.c

KEY = "sf:{bench:lk:u__rand_int__}"


def command(server, connections, calls, pod):
    return [PEER, *server.cli_address(), "-P", PIPELINE, "-c", connections, "-n", calls, "-r", USERS, "--precision", 3,
            "EVALSHA", server.sha, 2, KEY + "game", KEY, "game", pod, -1]


def percentile_us(text, share):
    """The first latency that covers the share. redis-benchmark prints the share of calls up to several latencies."""
    for match in re.finditer(r"^([\d.]+)% <= ([\d.]+) milliseconds", text.replace("\r", "\n"), re.MULTILINE):
        if float(match[1]) >= share:
            return 1000 * float(match[2])
    die(f"{PEER} printed no percentiles")


def rate(text):
    match = re.search(r"throughput summary: ([\d.]+) requests per second", text)
    return float(match[1]) if match else die(f"{PEER} printed no throughput")


class Limit:
    """Finds the best number of connections once, and then measures with it."""

    def __init__(self, server, case, pods, choices):
        if not shutil.which(PEER):
            die(f"{PEER} is not installed")
        self.server = server
        self.case = case
        self.pods = pods
        self.connections = choices[0]
        self.per_s = 100000
        trials = {}
        for self.connections in choices:
            trials[self.connections] = self.measure(0, 0.3)["ops_per_s"]
            self.per_s = max(trials.values())
        self.connections = max(trials, key=trials.get)

    def measure(self, threads, seconds):
        """Returns a record. threads is only its label: the rows with which it is compared."""
        calls = max(2000, int(self.per_s * seconds / len(self.pods)))
        connections = max(1, self.connections // len(self.pods))
        before = self.server.cpu_s()
        texts, client_s = together([command(self.server, connections, calls, pod) for pod in self.pods])
        server_s = self.server.cpu_s() - before
        total = calls * len(self.pods)
        longest_s = max(calls / rate(text) for text in texts)
        return {"case": self.case, "peer": PEER, "threads": threads, "ops_per_s": total / longest_s,
                "p50_us": max(percentile_us(text, 50) for text in texts),
                "p99_us": max(percentile_us(text, 99) for text in texts),
                "p999_us": max(percentile_us(text, 99.9) for text in texts),
                "client_cpu_us": 1e6 * client_s / total, "server_cpu_us": 1e6 * server_s / total}
