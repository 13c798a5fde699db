"""Draws what browsers saw over bad links: the figures that test_impaired.py leaves, as SVG.

    python3 Tests/Browser/impaired_picture.py .test-output/impaired.json > Docs/impaired-browsers.svg
"""

import json
import pathlib
import sys

WIDTH, LEFT, RIGHT, PANEL = 760, 58, 702, 190
NAMES = {"chromium": "Chromium", "firefox": "Firefox"}
TOP_RATE = 3000  # kbit/s at the upper edge
LINES = (180, 360, 720)
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  polyline { fill: none; stroke-width: 1.5; }
  .link { stroke: #59636e; stroke-dasharray: 4 3; }
  .received { stroke: #3d76c2; } .lines { stroke: #3a9a6a; stroke-width: 2; }
  .gap { fill: #c2413d; }
  .k-link { fill: #59636e; } .k-received { fill: #3d76c2; } .k-lines { fill: #3a9a6a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .link { stroke: #9198a1; } .received { stroke: #5b95e0; } .lines { stroke: #4bb583; }
    .gap { fill: #e5706c; }
    .k-link { fill: #9198a1; } .k-received { fill: #5b95e0; } .k-lines { fill: #4bb583; }
  }
"""


def text(x: float, y: float, words: str, name: str = "small", anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def polyline(points, name: str) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" class="{name}"/>'


def steps(points):
    """A line that holds each value until the next."""
    for (x, y), (after, _) in zip(points, points[1:]):
        yield x, y
        yield after, y
    yield points[-1]


def rates(samples) -> list[tuple[float, float]]:
    """kbit/s over a second, from counts of bytes."""
    found = []
    for index in range(4, len(samples)):
        (then, before), (now, bytes_) = samples[index - 4], samples[index]
        if now > then:
            found.append((now, (bytes_ - before) * 8 / 1000 / (now - then)))
    return found


def panel(name: str, run: dict, top: float) -> list[str]:
    end = run["rates"][-1][0]
    bottom = top + PANEL - 50

    def x(second: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(max(second, 0), end) / end

    def y(rate: float) -> float:
        return bottom - (bottom - top) * min(rate, TOP_RATE) / TOP_RATE

    def y_lines(lines: float) -> float:
        return bottom - (bottom - top) * min(lines, 800) / 800

    parts = [text(LEFT, top - 8, NAMES.get(name, name), "title")]
    for rate in (0, 1000, 2000, 3000):
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(rate):.1f}" y2="{y(rate):.1f}" '
                     'class="grid"/>')
        parts.append(text(LEFT - 6, y(rate) + 4, f"{rate / 1000:g}", anchor="end"))
    for lines in LINES:
        parts.append(text(RIGHT + 6, y_lines(lines) + 4, f"{lines}p"))
    for second in range(0, int(end) + 1, 10):
        parts.append(text(x(second), bottom + 16, f"{second} s", anchor="middle"))
    parts.append(polyline(steps([(x(second), y(rate)) for second, rate in run["rates"]]), "link"))
    parts.append(polyline([(x(s), y(rate)) for s, rate in rates(run["samples"])], "received"))
    heights = [run["frames"][0]] + [
        later for earlier, later in zip(run["frames"], run["frames"][1:])
        if later[1] != earlier[1]] + [run["frames"][-1]]
    parts.append(polyline(steps([(x(s), y_lines(lines)) for s, lines in heights]), "lines"))
    for earlier, later in zip(run["frames"], run["frames"][1:]):
        if (gap := later[0] - earlier[0]) > 0.3 and earlier[0] < end:
            width = max(2, x(later[0]) - x(earlier[0]))
            parts.append(f'<rect x="{x(earlier[0]):.1f}" y="{bottom - 6:.0f}" width="{width:.1f}" '
                         f'height="6" class="gap"><title>{gap * 1000:.0f} ms</title></rect>')
    return parts


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def lines_of_figures(results: dict) -> list[str]:
    found = []
    for name, run in results.get("loss", {}).items():
        count = run["seen"] if run["freezes"] is None else run["freezes"]
        found.append(f"3 % loss, {NAMES[name]}, {run['seconds']} s: {count} freezes, longest gap "
                     f"{run['gap']:.0f} ms")
    for name, run in results.get("first", {}).items():
        found.append(f"first picture at 50 ms of round trip, {NAMES[name]}: p50 "
                     f"{quantile(run['times'], 0.5):.0f} ms of {len(run['times'])} joins")
    for run in results.get("glass", {}).values():
        found.append("camera to screen at 40 ms of round trip: p50 "
                     f"{quantile(run['latencies'], 0.5):.0f} ms, p95 "
                     f"{quantile(run['latencies'], 0.95):.0f} ms")
    return found


def draw(results: dict) -> str:
    runs = results.get("step", {})
    figures = lines_of_figures(results)
    height = 76 + PANEL * len(runs) + 20 * len(figures)
    title = "What browsers see over bad links"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" role="img" aria-label="{title}">', f"<style>{STYLE}</style>",
        text(16, 22, title, "title")]
    for index, (name, words) in enumerate((
            ("link", "link, Mbit/s"), ("received", "video received"), ("lines", "picture shown"))):
        parts.append(f'<rect x="{LEFT + index * 130}" y="34" width="12" height="12" '
                     f'class="k-{name}"/>')
        parts.append(text(LEFT + 18 + index * 130, 44, words))
    parts.append(f'<rect x="{LEFT + 390}" y="37" width="12" height="6" class="gap"/>')
    parts.append(text(LEFT + 408, 44, "no new picture for over 300 ms"))
    for index, (name, run) in enumerate(runs.items()):
        parts += panel(name, run, 80 + index * PANEL)
    for index, words in enumerate(figures):
        parts.append(text(LEFT, 76 + PANEL * len(runs) + 20 * index, words, "figure"))
    return "\n".join(parts + ["</svg>", ""])


if __name__ == "__main__":
    print(draw(json.loads(pathlib.Path(sys.argv[1]).read_text())), end="")
