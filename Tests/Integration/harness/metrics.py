"""Reads the Prometheus text of ``/metrics``."""

import re

SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One scrape."""

    def __init__(self, text: str):
        self.text = text
        self.types: dict[str, str] = {}
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.removeprefix("# TYPE ").rsplit(" ", 1)
                self.types[name] = kind
            elif match := SAMPLE.match(line):
                labels = dict(LABEL.findall(match["labels"] or ""))
                self.samples.append((match["name"], labels, float(match["value"])))

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}

    def total(self, name: str, **labels: str) -> float:
        """The sum over all label sets that have these labels."""
        return sum(
            value for found, having, value in self.samples
            if found == name and labels.items() <= having.items())

    def buckets(self, name: str) -> list[tuple[float, float]]:
        """Upper bound and cumulative count of a histogram, over all label sets."""
        sums: dict[float, float] = {}
        for found, labels, value in self.samples:
            if found == f"{name}_bucket":
                bound = float(labels["le"].replace("+Inf", "inf"))
                sums[bound] = sums.get(bound, 0) + value
        return sorted(sums.items())


def quantile(
    q: float, after: list[tuple[float, float]], before: list[tuple[float, float]] = ()
) -> float:
    """The upper bound of the bucket that holds the quantile of what came between two scrapes."""
    earlier = dict(before)
    counts = [(bound, count - earlier.get(bound, 0)) for bound, count in after]
    total = counts[-1][1] if counts else 0
    if total <= 0:
        raise ValueError("no observation between the scrapes")
    return next(bound for bound, count in counts if count >= q * total)
