"""What the media plane costs: real servers under real load, a row for each work. Prints figures; the
machines that run it are shared and noisy, so only what is exact is tested (Tests/Benchmarks/thresholds.json).

Only the standard library: it runs wherever the server does."""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import sys

import graph
import janus
import machine
import page
import table
from lab import Lab
from machine import say
from network import Loopback, NetworkFailed, VethPair
from processes import Place, RunFailed
from rows import ROWS, Result


def main():
    options = arguments()
    # So that what runs is ended when we are told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with network_of(options.network) as network:
        lab = Lab(place(options.binary, network), options.seconds,
                  options.rounds or (5 if options.peer else 3))
        described = machine.describe()
        say(described)
        machine.warn_of_company()
        started = machine.cpu_times()
        if options.peer:
            compare(lab, options, described)
        else:
            measure(lab, options, described, started)


@contextlib.contextmanager
def network_of(name: str):
    """What lies between server and generator, for as long as it is needed."""
    if name == "veth":
        with VethPair(cpus()[-1]) as pair:
            yield pair
    else:
        yield Loopback()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("binary", type=pathlib.Path, help="the server, built for release")
    parser.add_argument("--rows", default=",".join(ROWS), help="which rows, as in a,b,j")
    parser.add_argument("--seconds", type=float, default=10, help="of each measured window")
    parser.add_argument("--rounds", type=int, help="runs of each work; the median counts")
    parser.add_argument("--viewers", type=int, default=100, help="of the comparison with a peer")
    parser.add_argument("--peer", choices=["janus"], help="compare with another server")
    parser.add_argument("--network", choices=["loopback", "veth"], default="loopback",
                        help="what lies between the server and the generator")
    parser.add_argument("--json", type=pathlib.Path, help="where the figures go as JSON")
    parser.add_argument("--svg", type=pathlib.Path, help="where the graph goes")
    parser.add_argument("--write-docs", action="store_true", help="renew Docs/packet-path.md")
    options = parser.parse_args()
    options.rows = [row.strip() for row in options.rows.split(",") if row.strip()]
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if options.seconds < 2 or (options.rounds or 1) < 1:
        parser.error("--seconds must be at least 2, --rounds at least 1")
    return options


def cpus() -> tuple[int, ...]:
    found = tuple(sorted(os.sched_getaffinity(0)))
    if len(found) < 2:
        raise SystemExit("bench: this needs two CPUs: one for the server, one for the generator")
    return found


def place(binary: pathlib.Path, network: Loopback | VethPair) -> Place:
    if not binary.exists():
        raise SystemExit(f"bench: there is no {binary}")
    return Place(binary.resolve(), cpus(), network)


def measure(lab: Lab, options: argparse.Namespace, described: str, started: list[int]):
    """The rows, one after the other; one that fails does not take the others with it."""
    results: list[Result] = []
    failures: list[str] = []
    for row in options.rows:
        try:
            results += ROWS[row](lab)
        except (RunFailed, OSError) as failure:
            failures.append(f"row {row} was not measured: {failure}")
            say(failures[-1])
    stolen = machine.share(started, machine.cpu_times(), machine.STOLEN)
    described += f"; its host took {stolen:.0%} of the CPU time for others" if stolen > 0.01 else ""
    print(f"{described}\n{table.method(lab)}\n\n{table.text(results)}")
    for failure in failures:
        print(failure)
    if options.json:
        options.json.write_text(as_json(described, results, failures))
    if options.svg:
        options.svg.write_text(graph.draw(results))
    if options.write_docs:
        page.write_rows(described, lab, results, failures)
    sys.exit(1 if failures else 0)


def as_json(described: str, results: list[Result], failures: list[str]) -> str:
    rows = [dataclasses.asdict(result) | {"verdict": result.verdict} for result in results]
    return json.dumps({"machine": described, "rows": rows, "failures": failures}, indent=2) + "\n"


def compare(lab: Lab, options: argparse.Namespace, described: str):
    comparison = janus.compare(lab, options.viewers)
    print(f"{described}\n\n{comparison.text()}")
    if options.json:
        found = {"machine": described, "ratio": comparison.ratio, **dataclasses.asdict(comparison)}
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.write_docs:
        page.write_comparison(described, lab, comparison)


if __name__ == "__main__":
    try:
        main()
    except (RunFailed, NetworkFailed) as failure:
        raise SystemExit(f"bench: {failure}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
