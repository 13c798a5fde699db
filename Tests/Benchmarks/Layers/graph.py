#!/usr/bin/env python3
"""Draws the graph of Docs/layer-forwarding.md from a viewer's story in virtual time.

    mkdir figures
    LAYER_FIGURES=$PWD/figures swift test --filter LayerFigures
    Tests/Benchmarks/Layers/graph.py figures

Plain SVG, which follows the reader's light or dark.
"""

import csv
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "Docs"
WIDTH, LEFT, RIGHT, TOP, ROW = 760, 52, 16, 78, 20
TITLE = "Frames of three spatial and three temporal layers, and what one viewer gets"
LABELS = {"sent": "sent", "late": "sent, a packet of it came late", "kept": "left out"}
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .moment { stroke: #59636e; stroke-dasharray: 2 4; }
  .key { stroke: #d9822b; stroke-width: 1.5; }
  .k-sent { fill: #3d76c2; } .k-late { fill: #c94f4f; } .k-kept { fill: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .moment { stroke: #9198a1; } .key { stroke: #e9a04f; }
    .k-sent { fill: #5b95e0; } .k-late { fill: #e57373; } .k-kept { fill: #3d444d; }
  }
"""


def read(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def draw(frames, wishes) -> str:
    bottom = TOP + 9 * ROW + 2 * 8

    def x(time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * time / 3

    def y(spatial: float, temporal: float) -> float:
        return bottom - ROW * (3 * spatial + temporal + 0.5) - 8 * spatial

    shapes = [f'<text x="16" y="22" class="title">{TITLE}</text>']
    for index, (key, label) in enumerate(LABELS.items()):
        left = LEFT + (0, 60, 260)[index]
        shapes.append(f'<rect x="{left}" y="34" width="12" height="12" class="k-{key}"/>')
        shapes.append(f'<text x="{left + 18}" y="44" class="small">{label}</text>')
    shapes.append(f'<line x1="{LEFT + 340}" x2="{LEFT + 340}" y1="34" y2="46" class="key"/>')
    shapes.append(f'<text x="{LEFT + 348}" y="44" class="small">keyframe</text>')
    for spatial in range(3):
        for temporal in range(3):
            shapes.append(f'<text x="{LEFT - 10}" y="{y(spatial, temporal) + 4:.1f}" '
                          f'text-anchor="end" class="small">S{spatial} T{temporal}</text>')
    for frame in frames:
        if frame["isKeyframe"]:
            shapes.append(f'<line x1="{x(frame["time"]):.1f}" x2="{x(frame["time"]):.1f}" '
                          f'y1="{TOP}" y2="{bottom}" class="key"/>')
    for wish in wishes:
        shapes.append(f'<line x1="{x(wish["time"]):.1f}" x2="{x(wish["time"]):.1f}" '
                      f'y1="{TOP - 8}" y2="{bottom}" class="moment"/>')
        shapes.append(f'<text x="{x(wish["time"]) + 4:.1f}" y="{TOP - 10}" class="small">wants '
                      f'S{wish["spatial"]:.0f} T{wish["temporal"]:.0f}</text>')
    for frame in frames:
        kind = "kept" if not frame["isSent"] else "late" if frame["isLate"] else "sent"
        shapes.append(f'<circle cx="{x(frame["time"]):.1f}" '
                      f'cy="{y(frame["spatial"], frame["temporal"]):.1f}" r="3.2" class="k-{kind}"/>')
    for tenth in range(0, 31, 5):
        shapes.append(f'<text x="{x(tenth / 10):.1f}" y="{bottom + 16}" text-anchor="middle" '
                      f'class="small">{tenth / 10:g} s</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 26}" '
            f'width="{WIDTH}" role="img" aria-label="{TITLE}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


FOLDER = Path(sys.argv[1])
(DOCS / "layer-forwarding.svg").write_text(
    draw(read(FOLDER / "frames.csv"), read(FOLDER / "wishes.csv")))
