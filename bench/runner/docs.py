# SPDX-License-Identifier: MIT
"""Writes rows, tables and charts to docs/."""
import json

from . import limit, plot, report, rows
from .shell import ROOT, say, warn

DOCS = ROOT / "docs"
PAGE = DOCS / "benchmarks.md"


def json_lines(results):
    return "".join(json.dumps(rows.plain(row)) + "\n" for row in results)


def charts(results, where):
    link = [row for row in results if row["case"] == "link"]
    return {
        "throughput": plot.chart(f"Link calls a second {where}", "calls/s", plot.series_of(link, "ops_per_s")),
        "p99": plot.chart(f"99th percentile of a link call {where}", "microseconds",
                          plot.series_of(link, "p99_us", {limit.PEER}), logarithmic=True),
        "client-cpu": plot.chart(f"Client's CPU time for a link call {where}", "microseconds",
                                 plot.series_of(link, "client_cpu_us"), logarithmic=True),
    }


def write(name, results, tables, drawn):
    """Writes the tables between the markers of this name in the page, and the rest to separate files."""
    (DOCS / "benchmarks").mkdir(exist_ok=True)
    for chart, text in drawn.items():
        (DOCS / "benchmarks" / f"{name}-{chart}.svg").write_text(text)
    (DOCS / "benchmarks" / f"{name}.jsonl").write_text(json_lines(results))
    text = PAGE.read_text()
    for section, lines in tables.items():
        if f"<!-- {name}, {section}: begin -->" not in text:
            warn(f"{PAGE.name} has no markers for '{name}, {section}'")
        text = report.replace(text, f"{name}, {section}", lines)
    PAGE.write_text(text)
    say(f"\nwritten: {PAGE.relative_to(ROOT)}, docs/benchmarks/{name}*")
