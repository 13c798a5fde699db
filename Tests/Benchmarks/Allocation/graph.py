#!/usr/bin/env python3
"""Draws the graph of Docs/layer-allocation.md from a viewer's story in virtual time.

    mkdir figures
    ALLOCATION_FIGURES=$PWD/figures swift test --filter AllocationFigures
    Tests/Benchmarks/Allocation/graph.py figures

Plain SVG, which follows the reader's light or dark.
"""

import csv
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "Docs"
WIDTH, LEFT, RIGHT, TOP, HEIGHT = 760, 52, 16, 76, 250
TITLE = "What one viewer is given of three publishers"
SHARES = ("sound", "first", "second", "third")
LABELS = {
    "target": "target", "sound": "sound", "first": "first publisher", "second": "second",
    "third": "third",
}
MOMENTS = {4: "more rate", 18: "dip", 26: "over", 40: "another layout", 55: "± 12 % each 3 s"}
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .moment { stroke: #59636e; stroke-dasharray: 2 4; }
  polygon { fill-opacity: 0.55; }
  polyline { fill: none; stroke-width: 1.5; stroke: #1f2328; }
  .k-target { fill: #1f2328; } .k-sound { fill: #59636e; } .k-first { fill: #3d76c2; }
  .k-second { fill: #3a9a6a; } .k-third { fill: #d9822b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .moment { stroke: #9198a1; } polyline { stroke: #e6edf3; }
    .k-target { fill: #e6edf3; } .k-sound { fill: #9198a1; } .k-first { fill: #5b95e0; }
    .k-second { fill: #4bb583; } .k-third { fill: #e9a04f; }
  }
"""


def read(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


class Panel:
    def __init__(self, rows):
        self.rows = rows
        self.end = rows[-1]["time"]
        self.limit = max(row["target"] for row in rows) * 1.1

    def x(self, time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * time / self.end

    def y(self, rate: float) -> float:
        return TOP + HEIGHT * (1 - rate / self.limit)

    def steps(self, values: list[float]) -> list[str]:
        """The points of a line that holds each value until the next one."""
        points, last = [], None
        for row, value in zip(self.rows, values):
            if value != last and last is not None:
                points.append(f"{self.x(row['time']):.1f},{self.y(last):.1f}")
            if value != last:
                points.append(f"{self.x(row['time']):.1f},{self.y(value):.1f}")
            last = value
        return points + [f"{self.x(self.end):.1f},{self.y(last):.1f}"]

    def shares(self):
        below = [0.0] * len(self.rows)
        for key in SHARES:
            above = [base + row[key] for base, row in zip(below, self.rows)]
            points = self.steps(above) + self.steps(below)[::-1]
            yield f'<polygon points="{" ".join(points)}" class="k-{key}"/>'
            below = above

    def grid(self):
        for megabits in range(int(self.limit / 1e6) + 1):
            y = self.y(megabits * 1e6)
            yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            yield (f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" class="small">'
                   f"{megabits}</text>")
        yield f'<text x="{LEFT + 6}" y="{TOP + 12}" class="small">Mbit/s</text>'
        for second in range(0, int(self.end) + 1, 10):
            yield (f'<text x="{self.x(second):.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle" '
                   f'class="small">{second} s</text>')

    def moments(self):
        for second, label in MOMENTS.items():
            x = self.x(second)
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{TOP + HEIGHT}" class="moment"/>'
            yield f'<text x="{x + 4:.1f}" y="{TOP - 10}" class="small">{label}</text>'


def draw(rows) -> str:
    panel = Panel(rows)
    shapes = [f'<text x="16" y="22" class="title">{TITLE}</text>']
    for index, (key, label) in enumerate(LABELS.items()):
        x = LEFT + 110 * index
        shapes.append(f'<rect x="{x}" y="34" width="12" height="12" class="k-{key}"/>')
        shapes.append(f'<text x="{x + 18}" y="44" class="small">{label}</text>')
    line = " ".join(panel.steps([row["target"] for row in rows]))
    shapes += [*panel.grid(), *panel.shares(), *panel.moments(), f'<polyline points="{line}"/>']
    height = TOP + HEIGHT + 26
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" role="img" aria-label="{TITLE}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


(DOCS / "layer-allocation.svg").write_text(draw(read(Path(sys.argv[1]) / "story.csv")))
