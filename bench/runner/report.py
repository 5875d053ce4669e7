# SPDX-License-Identifier: MIT
"""Formats rows as tables for the terminal and for docs/benchmarks.md."""
import re

from .limit import PEER as LIMIT
from .rows import ratio as times

OURS = "podlink"

HEAD = ["peer", "calls/s", "of the best peer", "spread", "p50 us", "p99 us", "of the best p99", "p99.9 us",
        "client CPU us", "server CPU us"]


def table(head, lines):
    """A markdown table with aligned columns, which is also readable in a terminal."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]

    def text(cells):
        first, *rest = zip(cells, widths)
        return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"

    return [text(head), text(rule), *map(text, lines)]


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def rivals(rows):
    """The peers that podlink is compared with: not podlink itself, and not the limit of the server."""
    return [row for row in rows if row["peer"] not in (OURS, LIMIT)]


def ratio(value, best):
    return f"{value / best:.2f}" if best else ""


def row_cells(row, rows):
    others = rivals(rows)
    best = max((other["ops_per_s"] for other in others), default=None)
    best_p99 = min((other["p99_us"] for other in others), default=None)
    is_limit = row["peer"] == LIMIT
    return [row["peer"], number(row["ops_per_s"]), ratio(row["ops_per_s"], best), spread(row),
            number(row["p50_us"], 1), number(row["p99_us"], 1), "" if is_limit else ratio(row["p99_us"], best_p99),
            number(row["p999_us"], 1), number(row["client_cpu_us"], 2), number(row["server_cpu_us"], 2)]


def spread(row):
    return f"{row['spread']:.0f} %" if row["repetitions"] > 1 else ""


def by_rate(rows):
    return sorted(rows, key=lambda row: (row["peer"] == LIMIT, -row["ops_per_s"]))


def rate_table(rows):
    return table(HEAD, [row_cells(row, rows) for row in by_rate(rows)])


def link(rows):
    """One table per number of callers."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        lines += [f"{threads} caller{'s' if threads > 1 else ''}:", "",
                  *rate_table([row for row in rows if row["threads"] == threads]), ""]
    return lines[:-1]


def goals(rows):
    """podlink compared with the best peer for each number of callers, and the goals."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        here = [row for row in rows if row["threads"] == threads]
        ours = [row for row in here if row["peer"] == OURS]
        others = rivals(here)
        if not ours or not others:
            continue
        best = max(others, key=lambda row: row["ops_per_s"])
        steady = min(others, key=lambda row: row["p99_us"])
        lines.append([str(threads), ratio(ours[0]["ops_per_s"], best["ops_per_s"]), "1.00" if threads <= 8 else "1.30",
                      best["peer"], ratio(ours[0]["p99_us"], steady["p99_us"]), "" if threads < 16 else "0.75",
                      steady["peer"]])
    return table(["callers", "throughput", "at least", "best peer", "p99", "at most", "best p99"], lines)


def batch(rows):
    limit = next((row["ops_per_s"] for row in rows if row["peer"] == LIMIT), None)
    lines = [[row["peer"], number(row["ops_per_s"]), ratio(row["ops_per_s"], limit), spread(row),
              number(row["client_cpu_us"], 3), number(row["server_cpu_us"], 2)] for row in by_rate(rows)]
    return table(["peer", "links/s", "of the limit", "spread", "client CPU us", "server CPU us"], lines)


def one_caller(rows):
    hiredis = next((row for row in rows if row["peer"] == "hiredis"), None)
    lines = [[row["peer"], number(row["p50_us"], 2), ratio(row["p50_us"], hiredis and hiredis["p50_us"]),
              number(row["p99_us"], 2), number(row["p999_us"], 2)] for row in rows]
    return table(["peer", "p50 us", "to hiredis", "p99 us", "p99.9 us"], lines)


def versus(rows, goals):
    """The sides of a case, compared with the first one."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        first, *others = [row for row in rows if row["threads"] == threads]
        for row in [first, *others]:
            goal = goals.get((row["peer"], threads))
            lines.append([row["peer"], str(threads), number(row["ops_per_s"]), f"{times(row, first):.2f}",
                          number(goal, 2), spread(row), number(row["p50_us"], 1), number(row["p99_us"], 1),
                          number(row["client_cpu_us"], 2), number(row["server_cpu_us"], 2)])
    return table(["what", "callers", "calls/s", "of the first", "at least", "spread", "p50 us", "p99 us",
                  "client CPU us", "server CPU us"], lines)


def masters(rows, _):
    """The measured rates, and the rates that the masters could serve on separate machines."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        first, *others = [row for row in rows if row["threads"] == threads]
        for row in [first, *others]:
            most = int(row["peer"]) * 1e6 / row["server_cpu_us"]
            lines.append([row["peer"], str(threads), number(row["ops_per_s"]), f"{times(row, first):.2f}", spread(row),
                          number(row["p99_us"], 1), number(row["client_cpu_us"], 2), number(row["server_cpu_us"], 2),
                          number(most), number(most * row["client_cpu_us"] / 1e6, 1)])
    return table(["masters", "callers", "calls/s", "of one", "spread", "p99 us", "client CPU us", "server CPU us",
                  "calls/s that they could serve", "client's processors for that"], lines)


def figures(found):
    lines = [[figure["figure"], number(figure["value"], 2 if figure["unit"] == "ratio" else 0), figure["unit"]]
             for figure in found]
    return table(["figure", "value", "unit"], lines)


def facts(found):
    return table(["what", "which"], [[name, value] for name, value in found.items()])


def replace(text, name, lines):
    """Replaces the lines between the markers of this name. A text without the markers does not change."""
    pattern = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + "\n" + "\n".join(lines) + "\n\n" + match[2], text)
