#!/usr/bin/env python3
"""Draws what a simulated viewer saw over time: estimate, capacity, rate, layer and queue.

    mkdir figures
    ROSTRUM_FIGURES=$PWD/figures swift test -c release -Xswiftc -enable-testing \\
        --filter ChangingRateTests
    Tests/Benchmarks/Viewing/graphs.py figures [where the graphs go]

Plain SVG in the form of Docs/bandwidth-estimation-*.svg.
"""

import importlib.util
import sys
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("estimation", HERE.parent / "Estimation/graphs.py")
estimation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(estimation)

GRAPHS = {
    "step": "A viewer of 0.15, 0.5 and 1.5 Mbit/s over 2.5, 0.6 and again 2.5 Mbit/s",
    "phone": "The same over the network of a phone that moves (generated)",
}
UPPER = ("target", "capacity", "throughput", "layer")
STYLE = estimation.STYLE.replace(
    "  @media", "  .layer { stroke: #8a5cc2; stroke-width: 2; } .k-layer { fill: #8a5cc2; }\n  @media", 1)


def draw(rows, title: str) -> str:
    rates = min(max(max(row[key] for key in UPPER) for row in rows) * 1.08, 9)
    waits = max(60.0, max(row["queue"] for row in rows) * 1.08)
    upper = estimation.Panel(rows, 56, estimation.RATE_HEIGHT, rates, "Mbit/s")
    top = 56 + estimation.RATE_HEIGHT + 20
    lower = estimation.Panel(rows, top, estimation.QUEUE_HEIGHT, waits, "queue, ms")
    shapes = [f'<text x="16" y="22" class="title">{escape(title)}</text>']
    for index, key in enumerate((*UPPER, "queue")):
        x = estimation.LEFT + 110 * index
        shapes.append(f'<rect x="{x}" y="34" width="12" height="12" class="k-{key}"/>')
        shapes.append(f'<text x="{x + 18}" y="44" class="small">{key}</text>')
    order = ("throughput", "capacity", "target", "layer")
    shapes += [*upper.grid(estimation.nice(rates)), *map(upper.line, order)]
    shapes += [*lower.grid(estimation.nice(waits)), lower.line("queue")]
    bottom = lower.top + estimation.QUEUE_HEIGHT + 16
    for second in range(0, int(lower.end) + 1, 5):
        shapes.append(f'<text x="{lower.x(second):.1f}" y="{bottom}" text-anchor="middle" '
                      f'class="small">{second} s</text>')
    size = f'viewBox="0 0 {estimation.WIDTH} {bottom + 10}" width="{estimation.WIDTH}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
            f'aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
            + "\n".join(shapes) + "\n</svg>\n")


def main():
    folder = Path(sys.argv[1])
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else estimation.DOCS
    for name, title in GRAPHS.items():
        svg = draw(estimation.read(folder / f"{name}.csv"), title)
        (target / f"viewing-{name}.svg").write_text(svg)


main()
