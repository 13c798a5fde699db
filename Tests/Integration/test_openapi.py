"""schemathesis against the server's own OpenAPI document: no 500, and no answer outside it."""

import json
import urllib.request

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, settings

from harness.server import DEV_KEY, REGION

pytestmark = pytest.mark.timeout(600)


class Signature(requests.auth.AuthBase):
    """Signature V4 over whatever schemathesis has made."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
            request.body = body
        signed = AWSRequest(
            request.method, request.url, data=body,
            headers={"Content-Type": request.headers.get("Content-Type", "application/json")})
        SigV4Auth(Credentials(*DEV_KEY), "ivs", REGION).add_auth(signed)
        for name in ("Authorization", "X-Amz-Date", "Content-Type"):
            request.headers[name] = signed.headers[name]
        return request


@pytest.fixture(scope="module")
def document(server) -> dict:
    with urllib.request.urlopen(server.http + "/openapi.json", timeout=10) as response:
        assert response.headers["Content-Type"] == "application/json"
        return json.load(response)


@pytest.fixture(scope="module")
def schema(server, document):
    return schemathesis.openapi.from_dict(document | {"servers": [{"url": server.http}]})


def test_the_document_names_every_operation(document, api):
    named = {
        operation["operationId"] for path in document["paths"].values()
        for operation in path.values() if isinstance(operation, dict)}
    missing = set(api.meta.service_model.operation_names) - named
    assert not missing, missing
    assert document["openapi"].startswith("3.1")


schema_of_server = schemathesis.pytest.from_fixture("schema")


@schema_of_server.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
def test_no_answer_is_outside_the_document(case):
    case.call_and_validate(auth=Signature(), timeout=20)
