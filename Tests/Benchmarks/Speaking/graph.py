#!/usr/bin/env python3
"""Draws the graph of Docs/active-speaker.md from a conversation in virtual time.

    mkdir figures
    SPEAKER_FIGURES=$PWD/figures swift test --filter SpeakerFigures
    Tests/Benchmarks/Speaking/graph.py figures

Plain SVG, which follows the reader's light or dark.
"""

import csv
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "Docs"
WIDTH, LEFT, RIGHT, TOP, ROW, END = 760, 120, 16, 44, 62, 28.0
TITLE = "Who has the floor in a conversation"
PEOPLE = ("first", "second, noisy", "third, with DTX", "claims -6 dBov")
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .level { stroke: #59636e; stroke-width: 1; fill: none; }
  .speaks { fill: #3a9a6a; } .floor { fill: #3d76c2; fill-opacity: 0.22; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .level { stroke: #9198a1; } .speaks { fill: #4bb583; }
    .floor { fill: #5b95e0; fill-opacity: 0.3; }
  }
"""


def read(path: Path):
    with path.open() as file:
        return list(csv.DictReader(file))


def x(time: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * time / END


def box(start: float, end: float, y: float, height: float, kind: str) -> str:
    return (f'<rect x="{x(start):.1f}" y="{y:.1f}" width="{x(end) - x(start):.1f}" '
            f'height="{height}" class="{kind}"/>')


def floors(events):
    changes = [(float(row["time"]), int(row["person"])) for row in events if row["kind"] == "floor"]
    for (start, person), (end, _) in zip(changes, changes[1:] + [(END, -1)]):
        yield box(start, end, TOP + person * ROW, ROW - 8, "floor")


def speaking(events):
    since = {}
    for row in events + [{"time": END, "kind": "speaking", "person": p, "value": 0} for p in range(4)]:
        if row["kind"] != "speaking":
            continue
        person = int(row["person"])
        if int(row["value"]):
            since[person] = float(row["time"])
        elif person in since:
            yield box(since.pop(person), float(row["time"]), TOP + person * ROW + ROW - 12, 4, "speaks")


def level(levels, person: int) -> str:
    base = TOP + person * ROW + ROW - 14
    points, last = [], None
    for row in levels:
        if int(row["person"]) != person:
            continue
        time, loud = float(row["time"]), 127 - float(row["level"])
        if last is not None and time - last > 0.08:
            points += [(last + 0.05, 0), (time, 0)]
        points.append((time, loud))
        last = time
    line = " ".join(f"{x(time):.1f},{base - loud * 0.37:.1f}" for time, loud in points if time <= END)
    return f'<polyline points="{line}" class="level"/>'


def draw(folder: Path) -> str:
    levels, events = read(folder / "levels.csv"), read(folder / "events.csv")
    bottom = TOP + ROW * len(PEOPLE)
    shapes = [f'<text x="16" y="22" class="title">{TITLE}</text>']
    for index, (kind, label) in enumerate((("floor", "has the floor"), ("speaks", "speaks"))):
        shapes.append(f'<rect x="{400 + 130 * index}" y="12" width="12" height="12" class="{kind}"/>')
        shapes.append(f'<text x="{418 + 130 * index}" y="22" class="small">{label}</text>')
    for second in range(0, int(END) + 1, 4):
        shapes.append(f'<line x1="{x(second):.1f}" x2="{x(second):.1f}" y1="{TOP}" y2="{bottom}" class="grid"/>')
        shapes.append(f'<text x="{x(second):.1f}" y="{bottom + 14}" text-anchor="middle" '
                      f'class="small">{second} s</text>')
    shapes += floors(events)
    for person, name in enumerate(PEOPLE):
        shapes.append(f'<text x="{LEFT - 8}" y="{TOP + person * ROW + 30}" text-anchor="end">{name}</text>')
        shapes.append(level(levels, person))
    shapes += speaking(events)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 24}" '
            f'width="{WIDTH}" role="img" aria-label="{TITLE}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


(DOCS / "active-speaker.svg").write_text(draw(Path(sys.argv[1])))
