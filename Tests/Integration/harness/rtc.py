"""aiortc as a host and as a viewer: another WebRTC stack than a browser's."""

import array
import asyncio
import contextlib
import fractions
import math
import time

import av
from aiortc import (
    AudioStreamTrack, MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender,
    RTCSessionDescription, VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

from . import http, sdp
from .relay import Relay


class Bars(VideoStreamTrack):
    """Moving bars: every frame differs, so that the encoder has something to send."""

    def __init__(self, width: int = 320, height: int = 180):
        super().__init__()
        self.width, self.height, self.count = width, height, 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        luma = frame.planes[0]
        row = bytes((x * 2 + self.count * 4) & 0xFF for x in range(luma.line_size))
        luma.update(row * luma.height)
        for plane in frame.planes[1:]:
            plane.update(bytes([(self.count * 2) & 0xFF]) * plane.buffer_size)
        self.count += 1
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(MediaStreamTrack):
    """A 440 Hz sine, 48 kHz mono, at a third of full scale."""

    kind = "audio"
    RATE, SAMPLES = 48_000, 960

    def __init__(self):
        super().__init__()
        self.began: float | None = None
        self.pts = 0

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        if self.began is None:
            self.began = time.monotonic()
        await asyncio.sleep(max(0, self.began + self.pts / self.RATE - time.monotonic()))
        wave = array.array("h", (
            int(10_000 * math.sin(2 * math.pi * 440 * (self.pts + i) / self.RATE))
            for i in range(self.SAMPLES)))
        frame = av.AudioFrame(format="s16", layout="mono", samples=self.SAMPLES)
        frame.planes[0].update(wave.tobytes())
        frame.sample_rate, frame.pts = self.RATE, self.pts
        frame.time_base = fractions.Fraction(1, self.RATE)
        self.pts += self.SAMPLES
        return frame


class Peer:
    """A peer connection to the server, by WHIP or WHEP; its media goes ``via`` a relay, if one is given.
    """

    def __init__(self, strip_extensions: bool = True, via: Relay | None = None):
        # No STUN server: gathering must not wait for one that can't be reached.
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.strip_extensions = strip_extensions
        self.via = via
        self.token = None
        self.answer: http.Response | None = None
        self.resource = ""

    async def negotiate(self, url: str, token) -> http.Response:
        """Offers, and applies the answer when there is one."""
        self.token = token
        await self.pc.setLocalDescription(await self.pc.createOffer())
        text = self.pc.localDescription.sdp
        if self.strip_extensions:
            text = sdp.without_extensions(text)
        self.answer = await asyncio.to_thread(http.offer, url, text, token)
        if self.answer.status == 201:
            self.resource = http.resource_url(url, self.answer)
            answer = self.via.reroute(self.answer.body) if self.via else self.answer.body
            await self.pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        return self.answer

    async def connected(self, timeout: float = 15):
        deadline = time.monotonic() + timeout
        while self.pc.connectionState != "connected":
            assert self.pc.connectionState not in ("failed", "closed"), self.pc.connectionState
            assert time.monotonic() < deadline, f"still {self.pc.connectionState} after {timeout} s"
            await asyncio.sleep(0.05)

    async def sent(self, kind: str = "video") -> int:
        """Packets sent so far."""
        return await self._count("outbound-rtp", kind, "packetsSent")

    async def received(self, kind: str = "video") -> int:
        """Packets received so far."""
        return await self._count("inbound-rtp", kind, "packetsReceived")

    async def _count(self, type: str, kind: str, member: str) -> int:
        report = await self.pc.getStats()
        return sum(
            getattr(stats, member) for stats in report.values()
            if stats.type == type and stats.kind == kind)

    async def inject(self, datagram: bytes):
        """Sends raw bytes on the path that ICE has validated, past DTLS and SRTP."""
        transport = (self.pc.getTransceivers()[0]).sender.transport.transport
        with contextlib.suppress(ConnectionError):
            await transport._connection.send(datagram)

    async def close(self, delete: bool = True):
        if delete and self.resource:
            await asyncio.to_thread(http.request, "DELETE", self.resource, "", self.token)
        await self.pc.close()


class Publisher(Peer):
    """A host: ``codec`` is VP8, H264 or None for sound only."""

    def __init__(self, codec: str | None = "VP8", audio: bool = True, light: bool = False, **options):
        super().__init__(**options)
        if codec:
            transceiver = self.pc.addTransceiver(Bars(), direction="sendonly")
            wanted = [
                c for c in RTCRtpSender.getCapabilities("video").codecs
                if c.mimeType.lower() in (f"video/{codec.lower()}", "video/rtx")]
            transceiver.setCodecPreferences(wanted)
        if audio:
            source = AudioStreamTrack() if light else Tone()
            self.pc.addTransceiver(source, direction="sendonly")

    async def publish(self, token, url: str | None = None) -> "Publisher":
        answer = await self.negotiate(url or token.publish_url, token)
        assert answer.status == 201, f"{answer.status} {answer.body}"
        await self.connected()
        return self


class Subscriber(Peer):
    """A viewer with a number of receive slots. Every decoded frame is counted."""

    def __init__(self, video: int = 1, audio: int = 1, **options):
        super().__init__(**options)
        self.frames: dict[str, int] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.energy: dict[str, float] = {}
        self.tasks: list[asyncio.Task] = []
        for kind, count in (("video", video), ("audio", audio)):
            for _ in range(count):
                self.pc.addTransceiver(kind, direction="recvonly")
        self.pc.on("track", self._on_track)

    def _on_track(self, track: MediaStreamTrack):
        mid = next(t.mid for t in self.pc.getTransceivers() if t.receiver.track is track)
        self.tasks.append(asyncio.ensure_future(self._consume(track, mid)))

    async def _consume(self, track: MediaStreamTrack, mid: str):
        with contextlib.suppress(MediaStreamError, asyncio.CancelledError):
            while True:
                frame = await track.recv()
                self.frames[mid] = self.frames.get(mid, 0) + 1
                if isinstance(frame, av.VideoFrame):
                    self.sizes[mid] = (frame.width, frame.height)
                else:
                    samples = array.array("h", bytes(frame.planes[0])[: frame.samples * 2])
                    loud = sum(s * s for s in samples[::16]) / max(1, len(samples[::16]))
                    self.energy[mid] = self.energy.get(mid, 0) + loud / 32768**2

    def mids(self, kind: str) -> list[str]:
        return [t.mid for t in self.pc.getTransceivers() if t.kind == kind]

    def decoded(self, kind: str) -> int:
        return sum(self.frames.get(mid, 0) for mid in self.mids(kind))

    async def subscribe(self, token, publisher=None, url: str | None = None) -> "Subscriber":
        answer = await self.negotiate(url or token.subscribe_url(publisher), token)
        assert answer.status == 201, f"{answer.status} {answer.body}"
        await self.connected()
        return self

    async def until_decoded(self, kind: str, count: int, timeout: float = 20):
        await eventually(
            lambda: self.decoded(kind) >= count, timeout,
            lambda: f"{self.decoded(kind)} of {count} {kind} frames; all: {self.frames}")

    async def close(self, delete: bool = True):
        for task in self.tasks:
            task.cancel()
        await super().close(delete)


async def eventually(condition, timeout: float, message=lambda: "not in time"):
    """Polls ``condition`` (a function or coroutine function) until it holds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"{message()} after {timeout} s"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def peers():
    """A list of peers that are closed at the end, whatever happens."""
    everyone: list[Peer] = []
    try:
        yield everyone
    finally:
        await asyncio.gather(*(peer.close() for peer in everyone), return_exceptions=True)


async def watched(everyone: list[Peer], host, viewer) -> tuple[Publisher, Subscriber]:
    """A host who publishes, and a viewer of it; both are among ``everyone``."""
    publisher, subscriber = Publisher(), Subscriber()
    everyone += [publisher, subscriber]
    await publisher.publish(host)
    await subscriber.subscribe(viewer, host)
    return publisher, subscriber
