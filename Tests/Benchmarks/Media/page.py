"""Renews the figures of Docs/packet-path.md: what is between markers, and nothing else."""

import datetime
import pathlib

import graph
import table
from lab import Lab
from machine import say
from network import Loopback
from rows import PARTS, Result

DOCS = pathlib.Path(__file__).resolve().parents[3] / "Docs"
PAGE, PICTURE = DOCS / "packet-path.md", DOCS / "packet-path.svg"

# What happens to a packet in each part.
STEPS = {
    "receive": "`recvmmsg` brings up to 64 datagrams; shared by all viewers",
    "open": "source address → peer, SRTP opened, parsed, one copy into the history; shared by all viewers",
    "rewrite": "for each viewer: sequence number, timestamp, SSRC and extensions into the send arena",
    "seal": "SRTP: encrypted from the history to behind the header, so that the encryption is the copy",
    "send": "runs of equal size to one viewer are one `UDP_SEGMENT` message; `sendmmsg` takes up to 64 of them",
}


def write_rows(described: str, lab: Lab, results: list[Result], failures: list[str]):
    """The table, the graph, and the steps of a packet; over a veth pair a table alone."""
    today = datetime.date.today().isoformat()
    lines = [f"Measured on {today}: {described}. {table.method(lab)}", "", table.markdown(results)]
    if failures:
        lines += ["", *(f"* {failure}" for failure in failures)]
    if not isinstance(lab.place.network, Loopback):
        replace("veth", "\n".join(lines))
        return say(f"renewed the table over a veth pair of {PAGE.name}")
    exact = [result for result in results if result.row == "j"]
    if exact:
        replace("path", steps(exact))
    replace("table", "\n".join(lines))
    PICTURE.write_text(graph.draw(results))
    say(f"renewed {PAGE.name} and {PICTURE.name}")


def steps(results: list[Result]) -> str:
    """A line for each step, with its cost for each SRTP profile."""
    names = [result.work.rpartition(", ")[2] for result in results]
    costs = [result.details["nanoseconds"] for result in results]
    rows = [["step", "what happens", *(f"{name}, ns" for name in names)],
            ["---", "---", *("---:" for _ in names)]]
    rows += [[part, STEPS[part], *(f"{cost[part]:,.0f}" for cost in costs)] for part in PARTS]
    rows.append(["whole", "measured in one go", *(f"**{cost['whole']:,.0f}**" for cost in costs)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write_comparison(described: str, lab: Lab, comparison):
    name = "peer" if isinstance(lab.place.network, Loopback) else "peer-veth"
    today = datetime.date.today().isoformat()
    replace(name, f"Measured on {today}: {described}.\n\n{comparison.markdown()}")
    say(f"renewed the comparison of {PAGE.name}")


def replace(name: str, text: str):
    """Puts a text between the markers of that name."""
    page = PAGE.read_text()
    begin, end = f"<!-- bench:{name} -->\n", f"<!-- bench:{name} end -->"
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"bench: {PAGE} has no markers bench:{name}")
    PAGE.write_text(f"{head}{begin}{text}\n{end}{tail}")
