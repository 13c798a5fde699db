"""schemathesis against the server's own OpenAPI document: no 500, and no answer outside it."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import pytest

from harness.server import output_directory

pytestmark = pytest.mark.timeout(600)
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_headers_conformance", "response_schema_conformance")


@pytest.fixture(scope="module")
def document(server) -> dict:
    with urllib.request.urlopen(server.http + "/openapi.json", timeout=10) as response:
        assert response.headers["Content-Type"] == "application/json"
        return json.load(response)


def test_the_document_names_every_operation(document, api):
    named = {
        operation["operationId"] for path in document["paths"].values()
        for operation in path.values() if isinstance(operation, dict)}
    missing = set(api.meta.service_model.operation_names) - named
    assert not missing, missing
    assert document["openapi"].startswith("3.1")


def test_no_answer_is_outside_the_document(server):
    """Made-up requests, valid and not, each signed: see harness/signing_hooks.py."""
    report = output_directory() / "schemathesis.txt"
    command = [
        str(pathlib.Path(sys.executable).parent / "schemathesis"), "run",
        server.http + "/openapi.json", "--url", server.http, "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "1",
        "--generation-deterministic", "--suppress-health-check", "all", "--no-color",
        "--request-timeout", "20"]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "harness.signing_hooks",
        "PYTHONPATH": str(pathlib.Path(__file__).parent)}
    with report.open("w") as file:
        result = subprocess.run(
            command, stdout=file, stderr=subprocess.STDOUT, timeout=500, env=environment,
            cwd=output_directory())
    text = report.read_text()
    assert result.returncode == 0, text[-6_000:]
    assert " passed" in text, text[-2_000:]
