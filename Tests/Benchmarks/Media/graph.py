"""The graph of Docs/packet-path.md: plain SVG, which follows the reader's light or dark."""

from xml.sax.saxutils import escape

from rows import PARTS, VIEWER_RATE, Result

WIDTH, LEFT, RIGHT = 760, 210, 90
BAR, GAP = 22, 14
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #59636e; }
  .mark { stroke: #1f2328; stroke-width: 2; }
  .bar { fill: #3d76c2; }
  .receive { fill: #8a63d2; } .open { fill: #c2508f; } .rewrite { fill: #d9822b; }
  .seal { fill: #3d76c2; } .send { fill: #3a9a6a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .mark { stroke: #e6edf3; }
    .bar, .seal { fill: #5b95e0; } .send { fill: #4bb583; }
    .receive { fill: #a583e6; } .open { fill: #da74ab; } .rewrite { fill: #e9a04f; }
  }
"""
# Rows whose CPU time a packet can be compared.
COMPARED = "abcdfg"


class Canvas:
    """Shapes from top to bottom."""

    def __init__(self):
        self.y = 0
        self._shapes: list[str] = []

    def text(self, x: float, words: str, style: str = "", anchor: str = "start", dy: float = 0):
        self._shapes.append(
            f'<text x="{x:.1f}" y="{self.y + dy:.1f}" text-anchor="{anchor}" class="{style}">'
            f"{escape(words)}</text>")

    def bar(self, x: float, width: float, style: str, title: str):
        self._shapes.append(
            f'<rect x="{x:.1f}" y="{self.y:.1f}" width="{max(width, 0.5):.1f}" height="{BAR}" '
            f'class="{style}"><title>{escape(title)}</title></rect>')

    def mark(self, x: float):
        self._shapes.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self.y - 3:.1f}" y2="{self.y + BAR + 3:.1f}" '
            'class="mark"/>')

    def svg(self) -> str:
        body = "\n".join(self._shapes)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.y:.0f}" '
                f'width="{WIDTH}" role="img" aria-label="CPU time of a forwarded packet">\n'
                f"<style>{STYLE}</style>\n{body}\n</svg>\n")


def draw(results: list[Result]) -> str:
    """Two panels: a packet's parts, and a packet in the different works."""
    canvas = Canvas()
    canvas.y = 22
    draw_parts(canvas, [result for result in results if result.row == "j"])
    draw_works(canvas, [result for result in results
                        if result.row in COMPARED and result.nanoseconds])
    return canvas.svg()


def draw_parts(canvas: Canvas, results: list[Result]):
    if not results:
        return
    title(canvas, "A forwarded packet, part by part (ns, in process, 100 viewers)")
    sums = {result.work: {part: max(0.0, result.details["nanoseconds"][part]) for part in PARTS}
            for result in results}
    scale = (WIDTH - LEFT - RIGHT) / max(sum(parts.values()) for parts in sums.values())
    for work, parts in sums.items():
        name = work.rpartition(", ")[2].removeprefix("AEAD_").removesuffix("_80")
        stack(canvas, name, parts, scale)
    legend(canvas)


def stack(canvas: Canvas, name: str, parts: dict[str, float], scale: float):
    canvas.text(LEFT - 10, name, anchor="end", dy=16)
    x = LEFT
    for part, value in parts.items():
        canvas.bar(x, value * scale, part, f"{part}: {value:.0f} ns")
        x += value * scale
    canvas.text(x + 8, f"{sum(parts.values()):,.0f} ns", dy=16)
    canvas.y += BAR + GAP


def legend(canvas: Canvas):
    for index, part in enumerate(PARTS):
        x = LEFT + index * 90
        canvas.bar(x, 12, part, part)
        canvas.text(x + 18, part, "small", dy=15)
    canvas.y += BAR + 2 * GAP


def draw_works(canvas: Canvas, results: list[Result]):
    if not results:
        return
    title(canvas, "CPU time a packet in each work (ns); the lines are what it must be, and the goal")
    most = max(max(result.nanoseconds, *bounds(result)) for result in results)
    scale = (WIDTH - LEFT - RIGHT) / most
    for result in results:
        canvas.text(LEFT - 10, NAMES[result.row], anchor="end", dy=16)
        canvas.bar(LEFT, result.nanoseconds * scale, "bar", f"{result.nanoseconds:.0f} ns")
        for bound in bounds(result):
            if bound:
                canvas.mark(LEFT + bound * scale)
        canvas.text(LEFT + max(result.nanoseconds, *bounds(result)) * scale + 8,
                    f"{result.nanoseconds:,.0f} ns", dy=16)
        canvas.y += BAR + GAP


NAMES = {"a": "a  1 to 300, GCM", "b": "b  1 to 100, CM", "c": "c  1 to 500, with sound",
         "d": "d  10 speakers to 300", "f": "f  12 with layers to 200",
         "g": "g  1 to 600, two workers"}


def bounds(result: Result) -> list[float]:
    """What a packet may take by the goals of the row, in ns; 0 for one that says nothing of it."""
    goal = result.goal
    match result.row:
        case "a" | "b" | "f": return [goal.must * 1000, goal.should * 1000]
        case "c": return [1e9 / VIEWER_RATE / goal.must, 1e9 / VIEWER_RATE / goal.should]
        case "d": return [1e9 / goal.must, 1e9 / goal.should]
        case _: return [0, 0]


def title(canvas: Canvas, words: str):
    canvas.text(16, words, "title")
    canvas.y += GAP
