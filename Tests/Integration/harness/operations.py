"""Operations that Rostrum has and IVS has not: SDKs know nothing of them, so they are signed here."""

import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from . import http
from .server import DEV_KEY, REGION


def call(server, operation: str, key: tuple[str, str] = DEV_KEY, **members) -> http.Response:
    """``POST /<operation>`` with a Signature V4."""
    body = json.dumps(members)
    url = f"{server.http}/{operation}"
    request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=body)
    SigV4Auth(Credentials(*key), "ivs", REGION).add_auth(request)
    headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
    return http.request("POST", url, body, **headers)
