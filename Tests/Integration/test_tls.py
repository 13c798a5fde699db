"""HTTPS: the API, WHIP and the events socket behind a certificate, as browsers away from localhost need
it, with everything that clients are told saying so."""

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError
from websockets.sync.client import connect

from harness.server import DEV_KEY, REGION, Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that is its own authority: its file, and its key's."""
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=rostrum test", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    return chain, key


def start(certificate):
    chain, key = certificate
    return Server("--tls-cert", str(chain), "--tls-key", str(key), name="tls")


@pytest.fixture(scope="module")
def server(certificate):
    server = start(certificate)
    try:
        server.wait_ready()
        yield server
        server.close()
    finally:
        server.kill()


def api(server, verify):
    return boto3.client(
        "ivs-realtime", region_name=REGION, endpoint_url=server.http, verify=str(verify),
        aws_access_key_id=DEV_KEY[0], aws_secret_access_key=DEV_KEY[1],
        config=Config(retries={"max_attempts": 0}))


@pytest.fixture(scope="module")
def stage(server, certificate):
    return api(server, certificate[0]).create_stage(
        participantTokenConfigurations=[{"userId": "ana"}])


def test_the_ready_line_and_the_endpoints_say_so(server, stage):
    assert server.http.startswith("https://127.0.0.1:")
    endpoints = stage["stage"]["endpoints"]
    assert endpoints["whip"] == server.http + "/whip"
    assert endpoints["events"] == server.http.replace("https", "wss") + "/events"


def test_a_client_that_does_not_trust_it_gets_nothing(server):
    with pytest.raises(SSLError):
        api(server, "/etc/ssl/certs/ca-certificates.crt").list_stages()


def test_plain_http_on_the_port_does_not_disturb_it(server, certificate):
    for _ in range(5):
        with pytest.raises((urllib.error.URLError, ConnectionError, OSError)):
            urllib.request.urlopen(server.http.replace("https", "http") + "/healthz", timeout=5)
    context = ssl.create_default_context(cafile=certificate[0])
    with urllib.request.urlopen(server.http + "/healthz", context=context) as response:
        assert response.status == 200


def test_old_tls_is_refused(server, certificate):
    context = ssl.create_default_context(cafile=certificate[0])
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(server.http + "/healthz", context=context, timeout=5)


def test_ending_does_not_wait_for_idle_clients(certificate):
    server = start(certificate).wait_ready()
    idle = api(server, certificate[0])
    idle.list_stages()
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 4


def test_whip_answers_over_it(server, certificate, stage):
    context = ssl.create_default_context(cafile=certificate[0])
    request = urllib.request.Request(
        stage["stage"]["endpoints"]["whip"], data=b"no offer", method="POST", headers={
            "Authorization": "Bearer " + stage["participantTokens"][0]["token"],
            "Content-Type": "application/sdp"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=context, timeout=5)
    assert refused.value.code == 422


def test_the_events_socket_is_wss(server, certificate, stage):
    url = stage["stage"]["endpoints"]["events"] + "/" + stage["stage"]["arn"].rpartition("/")[2]
    context = ssl.create_default_context(cafile=certificate[0])
    with connect(url, ssl=context, subprotocols=[stage["participantTokens"][0]["token"]]) as socket:
        state = json.loads(socket.recv(timeout=5))
        assert state["type"] == "STAGE_STATE"
        assert state["payload"]["participants"][0]["userId"] == "ana"
