#!/usr/bin/env python3
"""Draws the graphs of Docs/bandwidth-estimation.md, and renews its table, from simulator output.

    mkdir figures
    ESTIMATION_FIGURES=$PWD/figures swift test -c release -Xswiftc -enable-testing \\
        --filter CongestionTests > figures/log
    Tests/Benchmarks/Estimation/graphs.py figures

Plain SVG, which follows the reader's light or dark.
"""

import csv
import sys
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parents[3] / "Docs"
PAGE = DOCS / "bandwidth-estimation.md"
MARKS = ("<!-- estimation:reached -->", "<!-- estimation:reached end -->")
WIDTH, LEFT, RIGHT = 760, 52, 16
RATE_HEIGHT, QUEUE_HEIGHT = 190, 90
# Samples are 20 ms apart; a point is the mean of so many.
MERGED = 5
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  polyline { fill: none; stroke-width: 1.5; }
  .capacity { stroke: #59636e; stroke-dasharray: 4 3; }
  .throughput { stroke: #3a9a6a; stroke-opacity: 0.45; }
  .target { stroke: #3d76c2; } .queue { stroke: #d9822b; }
  .k-capacity { fill: #59636e; } .k-throughput { fill: #3a9a6a; }
  .k-target { fill: #3d76c2; } .k-queue { fill: #d9822b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .capacity { stroke: #9198a1; } .throughput { stroke: #4bb583; }
    .target { stroke: #5b95e0; } .queue { stroke: #e9a04f; }
    .k-capacity { fill: #9198a1; } .k-throughput { fill: #4bb583; }
    .k-target { fill: #5b95e0; } .k-queue { fill: #e9a04f; }
  }
"""
GRAPHS = {
    "step": "2.5, 0.6 and again 2.5 Mbit/s; the source follows the target",
    "step-layers": "The same with layers of 0.15, 0.5, 1.2 and 2.2 Mbit/s",
    "loss": "2.5 Mbit/s with 5 % of random loss",
    "limited": "A source of 300 kbit/s on 5 Mbit/s",
    "phone": "A phone that moves (generated)",
    "cubic": "3 Mbit/s, with a download (CUBIC) from 5 to 35 s",
}


def read(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    merged = []
    for start in range(0, len(rows) - MERGED + 1, MERGED):
        part = rows[start:start + MERGED]
        merged.append({key: sum(row[key] for row in part) / MERGED for key in part[0]})
    return merged


def nice(limit: float) -> float:
    return next(step for step in (0.5, 1, 2, 50, 100, 250, 500, 1000) if limit / step <= 5.5)


class Panel:
    """One set of lines over time."""

    def __init__(self, rows, top: float, height: float, limit: float, unit: str):
        self.rows, self.top, self.height, self.limit, self.unit = rows, top, height, limit, unit
        self.end = rows[-1]["time"]

    def x(self, time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * time / self.end

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - min(value, self.limit) / self.limit)

    def grid(self, step: float):
        value = 0.0
        while value <= self.limit:
            y = self.y(value)
            yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            yield (f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" class="small">'
                   f"{value:g}</text>")
            value += step
        yield f'<text x="{LEFT + 6}" y="{self.top + 12}" class="small">{escape(self.unit)}</text>'

    def line(self, key: str) -> str:
        points = " ".join(f"{self.x(row['time']):.0f},{self.y(row[key]):.1f}" for row in self.rows)
        return f'<polyline points="{points}" class="{key}"/>'


def draw(rows, title: str) -> str:
    rates = max(max(row["capacity"], row["target"]) for row in rows) * 1.08
    waits = max(60.0, max(row["queue"] for row in rows) * 1.08)
    upper = Panel(rows, 56, RATE_HEIGHT, rates, "Mbit/s")
    lower = Panel(rows, 56 + RATE_HEIGHT + 20, QUEUE_HEIGHT, waits, "queue, ms")
    shapes = [f'<text x="16" y="22" class="title">{escape(title)}</text>']
    for index, key in enumerate(("target", "capacity", "throughput", "queue")):
        x = LEFT + 110 * index
        shapes.append(f'<rect x="{x}" y="34" width="12" height="12" class="k-{key}"/>')
        shapes.append(f'<text x="{x + 18}" y="44" class="small">{key}</text>')
    shapes += [*upper.grid(nice(rates)), *map(upper.line, ("throughput", "capacity", "target"))]
    shapes += [*lower.grid(nice(waits)), lower.line("queue")]
    bottom = lower.top + QUEUE_HEIGHT + 16
    for second in range(0, int(lower.end) + 1, 5):
        shapes.append(f'<text x="{lower.x(second):.1f}" y="{bottom}" text-anchor="middle" '
                      f'class="small">{second} s</text>')
    height = bottom + 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


def table(log: Path) -> str:
    lines = [line for line in log.read_text().splitlines() if line.startswith("REACHED")]
    rows = sorted(line.removeprefix("REACHED ") + " |" for line in lines)
    head = "| scenario | bound | least | median | most | runs |\n| --- | --- | ---: | ---: | ---: | ---: |"
    return "\n".join([head, *rows])


def main():
    folder = Path(sys.argv[1])
    for name, title in GRAPHS.items():
        svg = draw(read(folder / f"{name}.csv"), title)
        (DOCS / f"bandwidth-estimation-{name}.svg").write_text(svg)
    if (folder / "log").exists():
        before, rest = PAGE.read_text().split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        PAGE.write_text(f"{before}{MARKS[0]}\n{table(folder / 'log')}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
