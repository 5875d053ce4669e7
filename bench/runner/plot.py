# SPDX-License-Identifier: MIT
"""Line charts as SVG: callers on a logarithmic axis, one line per peer."""
import math
from xml.sax.saxutils import escape

from .limit import PEER as LIMIT

WIDTH, HEIGHT = 820, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 170, 48, 56

# Distinguishable with a colour vision deficiency (Okabe and Ito).
COLOURS = {"podlink": "#d55e00", "hiredis": "#0072b2", "hiredis-pool": "#56b4e9", "go-redis": "#009e73",
           "go-redis-wide": "#7fc8a9", "rueidis": "#cc79a7", "redis-rs": "#8c6d31", "lettuce": "#e69f00",
           LIMIT: "#666666"}
OTHER = "#999999"


def short(value):
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def linear_ticks(top):
    step = 10 ** math.floor(math.log10(top))
    for factor in (0.1, 0.2, 0.5, 1, 2):
        if top / (step * factor) <= 8:
            step *= factor
            break
    return [i * step for i in range(math.ceil(top / step) + 1)]


def decade_ticks(bottom, top):
    low, high = math.floor(math.log10(bottom)), math.ceil(math.log10(top))
    ticks = [factor * 10 ** power for power in range(low, high + 1) for factor in (1, 2, 5)]
    first = max(i for i, tick in enumerate(ticks) if tick <= bottom)
    last = min(i for i, tick in enumerate(ticks) if tick >= top)
    return ticks[first:max(last, first + 1) + 1]


class Axis:
    """Maps values to positions between start and end."""

    def __init__(self, ticks, start, end, logarithmic):
        self.ticks = ticks
        self.scale = math.log if logarithmic else float
        self.low, self.high = self.scale(ticks[0]), self.scale(ticks[-1])
        self.start, self.end = start, end

    def place(self, value):
        share = (self.scale(value) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def grid(across, up, label):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    lines = []
    for tick in up.ticks:
        y = up.place(tick)
        lines += [f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>',
                  text(LEFT - 8, y + 4, short(tick), "end")]
    for tick in across.ticks:
        x = across.place(tick)
        lines += [f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}"/>', text(x, bottom + 20, str(tick))]
    middle = (TOP + bottom) / 2
    return lines + [text((LEFT + right) / 2, HEIGHT - 12, "blocking callers"),
                    text(20, middle, label, extra=f' transform="rotate(-90 20 {middle})"')]


def curve(name, points, across, up):
    colour = COLOURS.get(name, OTHER)
    width = 3 if name == "podlink" else 1.6
    dash = ' stroke-dasharray="6 4"' if name == LIMIT else ""
    places = [(across.place(x), up.place(y)) for x, y in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = [f'<circle cx="{x}" cy="{y}" r="{width + 0.6:.1f}" fill="{colour}"/>' for x, y in places]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>', *dots]


def labels(series, up):
    """Names at the right ends of their curves, moved apart if they overlap."""
    wanted = sorted((up.place(points[-1][1]) + 4, name) for name, points in series.items())
    lines, above = [], 0
    for y, name in wanted:
        above = max(y, above + 15)
        weight = ' font-weight="bold"' if name == "podlink" else ""
        lines.append(text(WIDTH - RIGHT + 12, round(above, 1), name, "start",
                          f' fill="{COLOURS.get(name, OTHER)}"{weight}'))
    return lines


def chart(title, label, series, logarithmic=False):
    """series: name -> [(callers, value), ...], sorted by callers."""
    values = [y for points in series.values() for _, y in points]
    callers = sorted({x for points in series.values() for x, _ in points})
    ticks = decade_ticks(min(values), max(values)) if logarithmic else linear_ticks(max(values))
    across = Axis(callers, LEFT, WIDTH - RIGHT, True)
    up = Axis(ticks, HEIGHT - BOTTOM, TOP, logarithmic)
    body = [text(LEFT, 26, title, "start", ' font-size="16" font-weight="bold"'), *grid(across, up, label)]
    for name in sorted(series, key=lambda name: name == "podlink"): # podlink last: on top
        body += curve(name, series[name], across, up)
    body += labels(series, up)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        "<style>.grid { stroke: #dddddd; stroke-width: 1 }</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *body, "</svg>"]) + "\n"


def series_of(rows, figure, without=()):
    series = {}
    for row in sorted(rows, key=lambda row: row["threads"]):
        if row["peer"] not in without:
            series.setdefault(row["peer"], []).append((row["threads"], row[figure]))
    return series
