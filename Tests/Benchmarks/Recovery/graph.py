#!/usr/bin/env python3
"""Draws the graph of Docs/loss-recovery.md from simulated networks.

    mkdir figures
    RECOVERY_FIGURES=$PWD/figures swift test --filter RecoveryTests
    Tests/Benchmarks/Recovery/graph.py figures

Plain SVG, which follows the reader's light or dark.
"""

import csv
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "Docs"
WIDTH, LEFT, TOP, SIDE, HEIGHT, GAP = 760, 46, 66, 320, 150, 44
TITLE = "Frames that a viewer cannot show in time"
PANELS = (
    ("0.05", "1.0", "5 %, one at a time"), ("0.1", "1.0", "10 %, one at a time"),
    ("0.05", "3.0", "5 %, three at a time"), ("0.1", "3.0", "10 %, three at a time"),
)
LINES = (("nack_frames", "asked for again"), ("fec_frames", "and repaired"),
         ("added", "rate added by repair"))
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  polyline { fill: none; stroke-width: 2; }
  .k-nack_frames { stroke: #d9822b; } .k-fec_frames { stroke: #3d76c2; }
  .k-added { stroke: #59636e; stroke-dasharray: 3 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .k-nack_frames { stroke: #e9a04f; } .k-fec_frames { stroke: #5b95e0; }
    .k-added { stroke: #9198a1; }
  }
"""


def panel(rows, index: int):
    loss, burst, label = PANELS[index]
    left = LEFT + (index % 2) * (SIDE + GAP)
    top = TOP + (index // 2) * (HEIGHT + GAP)

    def x(trip: float) -> float:
        return left + SIDE * (trip - 50) / 350

    def y(share: float) -> float:
        return top + HEIGHT * (1 - share / 0.5)

    for percent in range(0, 51, 10):
        line = y(percent / 100)
        yield f'<line x1="{left}" x2="{left + SIDE}" y1="{line:.1f}" y2="{line:.1f}" class="grid"/>'
        yield (f'<text x="{left - 6}" y="{line + 4:.1f}" text-anchor="end" '
               f'class="small">{percent} %</text>')
    for trip in (50, 100, 150, 200, 300, 400):
        yield (f'<text x="{x(trip):.1f}" y="{top + HEIGHT + 15}" text-anchor="middle" '
               f'class="small">{trip} ms</text>')
    yield f'<text x="{left + 6}" y="{top + 14}" class="small">{label}</text>'
    here = [row for row in rows if (row["loss"], row["burst"]) == (loss, burst)]
    for key, _ in LINES:
        points = " ".join(f"{x(float(row['round_trip'])):.1f},{y(float(row[key])):.1f}" for row in here)
        yield f'<polyline points="{points}" class="k-{key}"/>'


def draw(rows) -> str:
    shapes = [f'<text x="16" y="22" class="title">{TITLE}</text>']
    for index, (key, label) in enumerate(LINES):
        left = LEFT + 150 * index
        shapes.append(f'<polyline points="{left},42 {left + 18},42" class="k-{key}"/>')
        shapes.append(f'<text x="{left + 24}" y="46" class="small">{label}</text>')
    for index in range(len(PANELS)):
        shapes += panel(rows, index)
    height = TOP + 2 * HEIGHT + GAP + 26
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" role="img" aria-label="{TITLE}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


with (Path(sys.argv[1]) / "recovery.csv").open() as file:
    (DOCS / "loss-recovery.svg").write_text(draw(list(csv.DictReader(file))))
