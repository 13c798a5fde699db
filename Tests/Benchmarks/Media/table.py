"""The results as a table: for a terminal, and in Markdown."""

from rows import Result

HEADINGS = ["", "work", "packets/s", "CPU ns a packet", "packets/s/core", "lost", "figure",
            "must / goal", ""]
# Which columns are numbers.
RIGHT = {2, 3, 4, 5, 6}


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def cells(result: Result) -> list[str]:
    return [result.row, result.work, number(result.packets_per_second),
            number(result.nanoseconds), number(result.per_core), number(result.lost),
            result.figure, str(result.goal), result.verdict]


def text(results: list[Result]) -> str:
    """In columns, with the remarks below."""
    lines = [HEADINGS] + [cells(result) for result in results]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def line(row: list[str]) -> str:
        return "  ".join(
            cell.rjust(width) if column in RIGHT else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))).rstrip()

    return "\n".join([*map(line, lines), "", *remarks(results)])


def remarks(results: list[Result]) -> list[str]:
    return [remark for result in results for remark in result.remarks]


def markdown(results: list[Result]) -> str:
    """The same for a page."""
    rule = ["---:" if column in RIGHT else "---" for column in range(len(HEADINGS))]
    rows = [HEADINGS, rule] + [cells(result) for result in results]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return table + "\n\n" + "\n".join(f"* {remark}" for remark in remarks(results))


def method(lab) -> str:
    """How the figures came about, in a sentence or two."""
    return (f"Median of {lab.rounds} runs of {lab.seconds:g} s, each with a server of its own on CPU "
            f"{lab.place.server} and the generator on CPU {lab.place.generator}, over "
            f"{lab.place.network.name}; CPU time is user and "
            "kernel mode of the whole server, a packet is one that a viewer received; lost is the "
            "worst run's.")
