"""Signs whatever schemathesis makes: Signature V4 over the request as it goes out."""

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.server import DEV_KEY, REGION


class Signature(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        if isinstance(body, str):
            body = request.body = body.encode()
        signed = AWSRequest(request.method, request.url, data=body)
        SigV4Auth(Credentials(*DEV_KEY), "ivs", REGION).add_auth(signed)
        for name in ("Authorization", "X-Amz-Date"):
            request.headers[name] = signed.headers[name]
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    kwargs["auth"] = Signature()
