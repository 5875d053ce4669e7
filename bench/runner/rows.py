# SPDX-License-Identifier: MIT
"""Combines records, one per repetition, into rows with the median of each figure."""
import statistics

KEY = ("case", "peer", "threads")
FIGURES = ("ops_per_s", "p50_us", "p99_us", "p999_us", "client_cpu_us", "server_cpu_us")


def key_of(record):
    return tuple(record[name] for name in KEY)


def median(values):
    return None if None in values else round(statistics.median(values), 3)


def medians(found):
    """Rows in the order of their first records. Each also has the spread of its throughput in percent of the median,
    the number of repetitions, and the throughput of each of them."""
    groups = {}
    for record in found:
        groups.setdefault(key_of(record), []).append(record)
    rows = []
    for key, group in groups.items():
        row = dict(zip(KEY, key)) | {name: median([record[name] for record in group]) for name in FIGURES}
        rates = [record["ops_per_s"] for record in group]
        row["spread"] = 100 * (max(rates) - min(rates)) / row["ops_per_s"]
        row["repetitions"] = len(group)
        row["rates"] = rates
        rows.append(row)
    return rows


def ratio(row, other):
    """The speed-up: the median of the ratios of all repetitions. In one repetition both have the same noise."""
    return statistics.median(ours / theirs for ours, theirs in zip(row["rates"], other["rates"]))


def plain(row):
    """The fields of a row that --json writes."""
    return {name: row[name] for name in KEY + FIGURES}
