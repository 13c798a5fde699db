"""`rostrum load`: what it reports of a server, and what it says when there is none."""

import json
import signal
import subprocess
import time

import pytest

from harness.server import binary, environment, run


def load(server, *arguments, timeout=60):
    """Exit code and report of a run against `server`."""
    result = run("load", "--endpoint", server.http, "--json", "-", *arguments, timeout=timeout)
    assert result.stdout.startswith("{"), result.stderr
    return result.returncode, json.loads(result.stdout)


def test_every_viewer_gets_every_packet(server):
    code, report = load(
        server, "--publishers", 2, "--viewers", 20, "--steady", 3, "--server-pid", server.pid
    )
    assert code == 0, report
    assert report["joins"]["asked"] == report["joins"]["succeeded"] == 20
    assert report["joins"]["failed"] == 0 and report["errors"] == {}
    steady = report["steady"]
    assert steady["lost"] == steady["duplicates"] == steady["unauthentic"] == 0
    assert steady["streamsPlaying"] == steady["streamsExpected"] == 40
    # Two publishers with 50 packets of sound and, at 1.5 Mbit/s, some 180 of picture a second.
    assert steady["packetsPerSecond"] > 20 * 2 * 150
    latency = report["latencyMicroseconds"]
    assert latency["count"] > 100
    assert 0 < latency["p50"] <= latency["p99"] <= latency["p999"] <= latency["max"]
    assert report["joins"]["timeToFirstFrame"]["p50"] > 0
    assert report["server"]["nanosecondsPerPacket"] > 0
    assert report["server"]["residentBytesLoaded"] > 1_000_000
    assert report["server"]["waitedSeconds"] >= 0


@pytest.mark.parametrize("profile", ["gcm", "cm"])
def test_what_is_lost_is_repaired(server, profile):
    code, report = load(
        server, "--viewers", 5, "--steady", 3, "--loss", 3, "--srtp", profile, "--codec", "vp8"
    )
    assert code == 0, report
    steady = report["steady"]
    assert steady["dropped"] > 0 and steady["nacks"] > 0 and steady["repaired"] > 0
    assert steady["lost"] < steady["dropped"] / 5


def test_loss_stays_when_nobody_asks_again(server):
    code, report = load(server, "--viewers", 3, "--steady", 2, "--loss", 5, "--no-nack")
    assert code == 0, report
    assert report["steady"]["lost"] > 0
    assert report["steady"]["nacks"] == report["steady"]["repaired"] == 0


def test_viewers_come_and_go(server):
    code, report = load(server, "--viewers", 10, "--cycles", 30, "--steady", 1)
    assert code == 0, report
    assert report["joins"]["succeeded"] == 30 and report["errors"] == {}


def test_no_server():
    result = run("load", "--endpoint", "http://127.0.0.1:9")
    assert result.returncode == 69
    assert result.stderr.count("\n") == 1
    assert "no server answers at http://127.0.0.1:9" in result.stderr
    assert "rostrum serve" in result.stderr


def test_a_wrong_key(server):
    result = run(
        "load", "--endpoint", server.http, "--access-key", "nobody", "--secret-key", "knows"
    )
    assert result.returncode == 1
    assert "the stage could not be made: HTTP 403" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--viewers", "0"],
        ["--loss", "100"],
        ["--whip", "http://127.0.0.1/whip"],
        ["--codec", "av1"],
        ["--cycles", "3", "--viewers", "9"],
        ["--no-audio", "--no-video"],
        ["--no-video", "--clips", "nowhere"],
    ],
)
def test_wrong_options(arguments):
    assert run("load", *arguments).returncode == 64


def test_a_signal_ends_it_in_order(server):
    process = subprocess.Popen(
        [str(binary()), "load", "--endpoint", server.http, "--steady", "60", "--viewers", "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=10)
    assert process.returncode == 0, stderr
    assert "3 of 3" in stdout


def test_plain_whip_and_whep(server, stage):
    """Any server: only the URLs and tokens are known."""
    host, viewer = stage.host(), stage.viewer()
    result = run(
        "load", "--whip", host.whip_url, "--whip-token", host.text,
        "--whep", viewer.subscribe_url(), "--token", viewer.text, "--viewers", 1,
        "--steady", 2, "--json", "-", timeout=60,
    )
    report = json.loads(result.stdout)
    assert result.returncode == 0, report
    assert report["steady"]["lost"] == 0 and report["steady"]["streamsPlaying"] == 1


def test_simulcast_of_several_publishers(server):
    code, report = load(
        server, "--publishers", 3, "--layers", 3, "--viewers", 4, "--steady", 2,
        "--video-bitrate", 600_000, "--no-audio",
    )
    assert code == 0, report
    assert report["steady"]["lost"] == 0
    assert report["steady"]["streamsPlaying"] == 12


def test_speakers_without_pictures(server):
    """The first sound counts as the keyframe: nobody waits for one."""
    code, report = load(server, "--publishers", 3, "--viewers", 4, "--no-video", "--steady", 2)
    assert code == 0, report
    steady = report["steady"]
    assert steady["lost"] == 0 and report["joins"]["succeeded"] == 4
    assert steady["streamsExpected"] == steady["streamsPlaying"] == 0
    # 50 packets a second of each speaker.
    assert 0.9 < steady["packetsPerSecond"] / (4 * 3 * 50) < 1.1
