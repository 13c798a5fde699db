"""What of a forwarded packet's cost is exact: allocations, system calls, datagrams a message, held to
Tests/Benchmarks/thresholds.json. Times are only printed: machines are shared and noisy."""

import json
import subprocess

import pytest

from harness.server import REPOSITORY, binary, environment

THRESHOLDS = json.loads((REPOSITORY / "Tests/Benchmarks/thresholds.json").read_text())


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Those of a short run with 100 viewers and 10 packets a batch, by SRTP profile."""
    benchmark = binary().with_name("ForwardingBenchmark")
    if not benchmark.exists():
        pytest.skip(f"{benchmark} was not built: swift build --product ForwardingBenchmark")
    path = tmp_path_factory.mktemp("benchmark") / "report.json"
    result = subprocess.run(
        [benchmark, "--viewers", "100", "--packets", "10", "--frames", "40", "--runs", "1",
         "--json", path],
        capture_output=True, text=True, timeout=120, env=environment())
    print(result.stdout)
    assert result.returncode == 0, result.stderr
    return json.loads(path.read_text())["profiles"]


@pytest.mark.parametrize(
    "profile, name", [(profile, name) for profile, names in THRESHOLDS.items() for name in names]
)
def test_a_forwarded_packet_costs_no_more_than_the_threshold(figures, profile, name):
    measured, threshold = figures[profile][name], THRESHOLDS[profile][name]
    print(f"{profile}: {name} {measured}, threshold {threshold}")
    assert measured <= threshold.get("atMost", measured)
    assert measured >= threshold.get("atLeast", measured)


def test_every_profile_has_thresholds(figures):
    assert figures.keys() == THRESHOLDS.keys()
