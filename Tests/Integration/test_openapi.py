"""Requests made from /openapi.json, good and bad ones: every answer is one that the document has."""

import botocore.auth
import botocore.loaders
import pytest
import requests.auth
import schemathesis
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_schema_conformance, status_code_conformance)

from harness.server import DEV_KEY, REGION

MODEL = botocore.loaders.Loader().load_service_model("ivs-realtime", "service-2", "2020-07-14")
NAMES = set(MODEL["operations"])
#: Operations that Rostrum has and IVS has not.
OURS = {"MuteParticipant", "UnpublishParticipant"}
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]


class SignatureV4(requests.auth.AuthBase):
    """Signs a request as botocore does, whatever is in it."""

    def __call__(self, request):
        body = request.body or b""
        headers = {
            name: request.headers[name] for name in ["Content-Type"] if name in request.headers}
        signed = AWSRequest(
            request.method, request.url, headers=headers,
            data=body.encode() if isinstance(body, str) else body)
        botocore.auth.SigV4Auth(Credentials(*DEV_KEY), "ivs", REGION).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


@pytest.fixture(scope="module")
def operations(server) -> dict:
    """Every operation of the document by its name."""
    document = schemathesis.openapi.from_url(f"{server.http}/openapi.json")
    found = [operation.ok() for operation in document.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def test_every_operation_is_tried(operations):
    assert set(operations) - OURS == NAMES


@pytest.mark.parametrize("name", sorted(NAMES | OURS))
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_answers_are_in_the_document(operations, server, name, mode):
    @settings(
        max_examples=8, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck))
    @given(operations[name].as_strategy(generation_mode=mode))
    def check(case):
        answer = case.call(base_url=server.http, auth=SignatureV4())
        case.validate_response(answer, checks=CHECKS)

    check()
