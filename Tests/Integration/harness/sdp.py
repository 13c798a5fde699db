"""Offers written by hand: what a client *may* send, without a client that would send it well."""

import dataclasses
import re
import secrets

CODECS = {
    "opus": ("audio", ["111 opus/48000/2"], ["111 minptime=10;useinbandfec=1"]),
    "vp8": ("video", ["96 VP8/90000"], []),
    "h264": (
        "video",
        ["102 H264/90000"],
        ["102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"],
    ),
    "pcmu": ("audio", ["0 PCMU/8000"], []),
    "h265": ("video", ["120 H265/90000"], []),
}


@dataclasses.dataclass
class Offer:
    """An offer that is valid until told otherwise."""

    codecs: tuple[str, ...] = ("opus", "vp8")
    direction: str = "sendonly"
    extensions: bool = True
    simulcast: bool = False
    newline: str = "\r\n"
    setup: str = "actpass"
    bundle: bool = True
    rtcp_mux: bool = True
    ice: tuple[str, str] = dataclasses.field(
        default_factory=lambda: (secrets.token_hex(4), secrets.token_hex(12)))

    def __str__(self) -> str:
        lines = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        if self.bundle:
            lines.append("a=group:BUNDLE " + " ".join(str(i) for i in range(len(self.codecs))))
        lines.append("a=msid-semantic: WMS stream")
        for mid, codec in enumerate(self.codecs):
            lines += self._section(mid, codec)
        return self.newline.join(lines) + self.newline

    def _section(self, mid: int, codec: str) -> list[str]:
        kind, maps, formats = CODECS[codec]
        payload_type = maps[0].split()[0]
        lines = [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}", "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0", f"a=ice-ufrag:{self.ice[0]}", f"a=ice-pwd:{self.ice[1]}",
            "a=ice-options:trickle", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
            f"a=setup:{self.setup}", f"a=mid:{mid}", f"a={self.direction}",
        ]
        if self.rtcp_mux:
            lines.append("a=rtcp-mux")
        if self.extensions:
            lines += [
                "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            ]
        if self.direction.startswith("send"):
            lines.append(f"a=msid:stream {kind}")
        lines += [f"a=rtpmap:{value}" for value in maps] + [f"a=fmtp:{value}" for value in formats]
        if kind == "video":
            lines += [f"a=rtcp-fb:{payload_type} nack", f"a=rtcp-fb:{payload_type} nack pli"]
        if self.simulcast and kind == "video":
            lines += [f"a=rid:{rid} send" for rid in "qhf"] + ["a=simulcast:send q;h;f"]
        elif self.direction.startswith("send"):
            lines.append(f"a=ssrc:{1000 + mid} cname:test")
        return lines


def sections(sdp: str) -> list[list[str]]:
    """The lines of each m-section, ``m=`` first."""
    parts = re.split(r"\r?\n(?=m=)", sdp.strip())
    return [part.splitlines() for part in parts[1:]]


def without_extensions(sdp: str) -> str:
    """The offer as some clients send it: with no header extension at all."""
    return re.sub(r"a=extmap[^\n]*\n", "", sdp)
