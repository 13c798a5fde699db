"""HTTP as a WHIP client speaks it, with nothing hidden: any method, any header, any body."""

import dataclasses
import http.client
import json
import urllib.parse


@dataclasses.dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def error(self) -> dict:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, int, str]:
        """Status, code and name of an error on the media endpoints."""
        return self.status, self.error["code"], self.error["name"]

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""


def request(
    method: str, url: str, body: str | bytes = "", token: str | None = None, timeout: float = 10,
    **headers: str | None,
) -> Response:
    """Sends one request on a connection of its own. Header names are given with underscores; one
    that is ``None`` is left out. No redirect is followed."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    fields = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    if token is not None:
        fields["Authorization"] = f"Bearer {getattr(token, 'text', token)}"
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        data = body.encode() if isinstance(body, str) else body
        connection.request(method, path or "/", body=data or None, headers=fields)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read().decode(errors="replace"))
    finally:
        connection.close()


def offer(url: str, sdp: str | bytes, token, **headers) -> Response:
    """POSTs an SDP offer."""
    headers.setdefault("Content_Type", "application/sdp")
    return request("POST", url, sdp, token, **headers)


def resource_url(endpoint: str, answer: Response) -> str:
    """The session's URL: ``Location`` may be relative."""
    return urllib.parse.urljoin(endpoint, answer.header("Location"))
