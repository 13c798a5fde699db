// A host and a viewer with nothing between them and the browser: what the tests drive. It knows the
// wire (WHIP, WHEP, the events socket) and none of the project's own client code.

import { ClockSource, ClockReader } from "./clock.js";
import { FrameWatch } from "./frames.js";

const LAYERS = [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];

let connection = null;
let negotiations = 0;
let location_ = "";
let clockReader = null;
let watch = null;
let answeredAt = 0;
const messages = [];
const errors = [];

addEventListener("error", (event) => errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));

/** Offers and applies the answer, as RFC 9725 says, without trickling. */
async function negotiate(url, token, changeAnswer = (sdp) => sdp) {
    negotiations += 1;
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
        body: connection.localDescription.sdp,
    });
    const body = await response.text();
    answeredAt = performance.now();
    if (response.status !== 201) throw new Error(`${response.status} ${body}`);
    location_ = new URL(response.headers.get("Location"), url).href;
    await connection.setRemoteDescription({ type: "answer", sdp: changeAnswer(body) });
    return { location: location_, etag: response.headers.get("ETag"), answer: body };
}

/** Waits for the candidates, at most two seconds: the server learns our address anyway. */
function gathered(peer) {
    if (peer.iceGatheringState === "complete") return Promise.resolve();
    return new Promise((resolve) => {
        peer.addEventListener("icegatheringstatechange", () => {
            if (peer.iceGatheringState === "complete") resolve();
        });
        setTimeout(resolve, 2000);
    });
}

function prefer(transceiver, codec) {
    if (!codec) return;
    const wanted = [`video/${codec}`.toLowerCase(), "video/rtx"];
    const codecs = RTCRtpReceiver.getCapabilities("video").codecs
        .filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase()));
    transceiver.setCodecPreferences(codecs);
}

/** Chromium receives dependency descriptors, and offers to only when it is told. */
function describeLayers(transceiver) {
    const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
    for (const extension of extensions) {
        if (extension.uri.endsWith("#dependency-descriptor-rtp-header-extension")) {
            extension.direction = "sendrecv";
        }
    }
    if (extensions.length > 0) transceiver.setHeaderExtensionsToNegotiate(extensions);
}

/** Without it a browser starts at some 300 kbit/s and small pictures, and takes long to climb. */
function startFast(sdp, kilobits) {
    if (/a=fmtp:\d+ .*packetization-mode/.test(sdp)) {
        return sdp.replace(/(a=fmtp:\d+ .*packetization-mode[^\r\n]*)/g,
            `$1;x-google-start-bitrate=${kilobits};x-google-min-bitrate=${kilobits}`);
    }
    return sdp.replace(/(a=rtpmap:(\d+) VP8\/90000\r?\n)/g,
        `$1a=fmtp:$2 x-google-start-bitrate=${kilobits};x-google-min-bitrate=${kilobits}\r\n`);
}

/** The answer of a server behind a relay: the same, but for the port that media goes to. */
function through(port, sdp) {
    return port ? sdp.replace(/^(a=candidate:.* )\d+( typ host)/gm, `$1${port}$2`) : sdp;
}

window.peer = {
    /**
     * Publishes the camera, or the clock. `layers`: 1 or 3 streams; `scalability`: the layers of each, for
     * example "L1T3". Of VP9 and AV1 Chromium sends one stream with all layers unless it is told.
     */
    async publish({
        url, token, source = "camera", codec, layers = 1, scalability, audio = true, kilobits,
    }) {
        if (layers > 1 && /^(vp9|av1)$/i.test(codec)) scalability ??= "L1T3";
        const mode = scalability ? { scalabilityMode: scalability } : {};
        connection = new RTCPeerConnection();
        const media = await navigator.mediaDevices.getUserMedia({
            audio, video: source === "camera" && { width: 1280, height: 720, frameRate: 30 },
        });
        let [track] = media.getVideoTracks();
        if (source === "clock") {
            track = new ClockSource(1280, 720, 30).track;
            media.addTrack(track);
        }
        show(track);
        const video = connection.addTransceiver(track, {
            direction: "sendonly",
            streams: [media],
            sendEncodings: (layers > 1 ? LAYERS : [{ maxBitrate: 2_500_000 }])
                .map((encoding) => ({ ...encoding, ...mode })),
        });
        prefer(video, codec);
        for (const sound of media.getAudioTracks()) {
            connection.addTransceiver(sound, { direction: "sendonly", streams: [media] });
        }
        const session = await negotiate(
            url, token, (sdp) => (kilobits ? startFast(sdp, kilobits) : sdp));
        if (kilobits) {
            const parameters = video.sender.getParameters();
            parameters.degradationPreference = "maintain-resolution";
            await video.sender.setParameters(parameters);
        }
        return session;
    },

    /**
     * Subscribes with so many slots. `clock`: read the time out of the picture. `port`: of a relay
     * before the server. `watched`: note when each picture is shown. `described`: offer to take dependency
     * descriptors.
     */
    async subscribe({
        url, token, video = 1, audio = 1, clock = false, port = 0, watched = false, described = true,
    }) {
        connection = new RTCPeerConnection();
        connection.addEventListener("track", ({ track }) => {
            if (clock && track.kind === "video") {
                clockReader = new ClockReader(track);
                return;
            }
            const element = show(track);
            if (watched && track.kind === "video") watch = new FrameWatch(element, connection);
        });
        for (let i = 0; i < video; i += 1) {
            const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
            if (described) describeLayers(transceiver);
        }
        for (let i = 0; i < audio; i += 1) {
            connection.addTransceiver("audio", { direction: "recvonly" });
        }
        return negotiate(url, token, (sdp) => through(port, sdp));
    },

    /** What was seen since the last call; see FrameWatch. */
    seen() {
        return watch.take();
    },

    /** Milliseconds from the server's answer: to being connected, the first packet, and the first picture
     * as decoded and as shown. */
    async firstFrame() {
        const marks = await watch.first;
        return Object.fromEntries(
            Object.entries(marks).map(([name, when]) => [name, when - answeredAt]));
    },

    /** What goes over the connection, in plain values. */
    async report() {
        const stats = new Map();
        (await connection.getStats()).forEach((value) => stats.set(value.id, value));
        const codec = (value) => stats.get(value.codecId)?.mimeType ?? "";
        const of = (type) => [...stats.values()].filter((value) => value.type === type);
        return {
            state: connection.connectionState,
            negotiations,
            errors,
            inbound: of("inbound-rtp").map((value) => ({
                mid: value.mid ?? "",
                kind: value.kind,
                codec: codec(value),
                packets: value.packetsReceived ?? 0,
                lost: value.packetsLost ?? 0,
                frames: value.framesDecoded ?? 0,
                width: value.frameWidth ?? 0,
                height: value.frameHeight ?? 0,
                keyFrames: value.keyFramesDecoded ?? 0,
                freezes: value.freezeCount ?? 0,
                energy: value.totalAudioEnergy ?? 0,
            })),
            outbound: of("outbound-rtp").map((value) => ({
                kind: value.kind,
                rid: value.rid ?? "",
                codec: codec(value),
                packets: value.packetsSent ?? 0,
                frames: value.framesEncoded ?? 0,
                width: value.frameWidth ?? 0,
                height: value.frameHeight ?? 0,
                plis: value.pliCount ?? 0,
                mode: value.scalabilityMode ?? "",
            })),
        };
    },

    /** Opens the events socket and keeps what it says. */
    events({ url, token }) {
        const socket = new WebSocket(url, [token]);
        socket.addEventListener("message", ({ data }) => messages.push(JSON.parse(data)));
        return new Promise((resolve, reject) => {
            socket.addEventListener("open", () => resolve(socket.protocol === token));
            socket.addEventListener("error", () => reject(new Error("events socket refused")));
        });
    },

    /** The payloads of a type, oldest first. */
    messages({ type }) {
        return messages.filter((message) => message.type === type).map(({ payload }) => payload);
    },

    /** Latencies in ms since the last call, and how many pictures could not be read. */
    clock() {
        return clockReader?.take() ?? { latencies: [], unreadable: 0, width: 0, height: 0 };
    },

    async leave({ token }) {
        // First the resource, then the connection: its close_notify ends the session as well.
        const response = await fetch(
            location_, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
        connection.close();
        return response.status;
    },
};

function show(track) {
    if (!track) return null;
    const element = document.createElement(track.kind === "video" ? "video" : "audio");
    element.srcObject = new MediaStream([track]);
    element.autoplay = true;
    element.playsInline = true;
    document.body.append(element);
    element.play?.().catch((error) => errors.push(String(error)));
    return element;
}
