// A client for a stage: publish, watch, and hear what happens. No dependencies, no build step: copy this
// file and the folder `client` beside it.
//
//     const client = new StageClient(token);
//     await client.publish(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
//
//     const viewer = new StageClient(token);
//     viewer.addEventListener("change", () => {
//         for (const host of viewer.hosts()) show(host.userId, viewer.media(host.id).stream);
//     });
//     await viewer.subscribe();

import { describeLayers, onlyCodec, receivableCodecs } from "./client/codecs.js";
import { EventsSocket } from "./client/events.js";
import { SignallingError } from "./client/errors.js";
import { telemetry } from "./client/latency.js";
import { BITRATES, simulcastLayers } from "./client/layers.js";
import { layersKey, streamLayers } from "./client/received-layers.js";
import { withStartBitrate } from "./client/sdp.js";
import { MediaSession } from "./client/session.js";
import { SlotTable } from "./client/slots.js";
import { Speakers } from "./client/speakers.js";
import { decodeToken } from "./client/token.js";
import { WantedLayers } from "./client/wanted-layers.js";
import { Wishes } from "./client/wishes.js";

export { BUDGET_MS, budgetWords, latencyBudget } from "./client/latency.js";
export { SignallingError, explain } from "./client/errors.js";
export { networkWords, publisherQuality } from "./client/quality.js";
export { decodeToken } from "./client/token.js";
export { ViewportReporter } from "./client/viewport.js";

/** How often the server is told what the browser measures of a session. */
const TELEMETRY_EVERY_MS = 2000;

/**
 * @typedef {object} LayerState what the server receives
 * @property {string} rid
 * @property {"audio" | "video"} kind
 * @property {string} codec
 * @property {number} bitsPerSecond
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [framesPerSecond]
 *
 * @typedef {object} Participant as STAGE_STATE lists it
 * @property {string} id
 * @property {string} userId
 * @property {Record<string, string>} attributes
 * @property {boolean} isPublishing
 * @property {boolean} audioMuted
 * @property {boolean} videoStopped
 * @property {("audio" | "video")[]} [mutedByModerator] what the application has muted
 * @property {LayerState[]} layers
 *
 * @typedef {object} PublishOptions
 * @property {boolean} [simulcast] three layers (the default) or one
 * @property {"h264" | "vp8" | "vp9" | "av1"} [videoCodec] the browser's choice when absent, or when it lacks this one
 * @property {Partial<typeof BITRATES>} [bitrates] bits per second
 * @property {boolean} [video] keeps a place for a picture that the stream does not have yet, for
 *   replaceTrack() to fill
 *
 * @typedef {object} Media
 * @property {MediaStream} stream the same object for as long as its tracks are the same
 * @property {boolean} hasVideo
 * @property {boolean} hasAudio
 * @property {string} videoMid
 * @property {string} layer the `rid` of the layer that is received; empty for a single stream
 */

/** How many hosts a stage has at most, so how many slots a viewer asks for. */
export const MOST_HOSTS = 12;

/**
 * One participant on one stage.
 *
 * Dispatches the messages of the events socket under their names (`STAGE_STATE`, `SLOTS`, `QUALITY`,
 * `LAYER`, `ERROR`, `DISCONNECTED`, …; detail: the payload), and
 * * `layers` when a host's picture can be had in other sizes than before
 *   (detail: `{participantId, layers}`, see {@link getLayers}),
 * * `layerselected` when another of them is received, or none (detail: `{participantId, layer, reason}`;
 *   layer: a StreamLayer, or null while the picture is paused; reason: `STARTED`, `NETWORK`, `REQUESTED` or
 *   `PUBLISHER`),
 * * `speakers` when others speak than before (detail: `{active, speaking}`),
 * * `change` whenever anything that can be asked of it has changed.
 */
export class StageClient extends EventTarget {
    /** @type {import("./client/token.js").TokenInfo} */
    token;
    /** @type {EventsSocket} */
    events;
    /** @type {MediaSession | null} what is published */
    publishing = null;
    /** @type {MediaSession | null} the whole-stage subscription */
    watching = null;
    /** @type {Map<string, MediaSession>} subscriptions to one participant, by its id */
    watchingOne = new Map();
    /** @type {Map<string, Participant>} */
    participants = new Map();
    /** @type {string} why the server ended it; empty while it has not */
    disconnectedReason = "";
    /** Whether a STAGE_STATE has come: before it, an empty stage is only an unknown one. */
    knowsStage = false;
    muted = { audioMuted: false, videoStopped: false };
    /** @type {object | null} for who publishes: the payload of the newest BUDGET, how viewers fare */
    viewersBudget = null;
    #environment;
    #slots = new SlotTable();
    /** The payload of the newest QUALITY message, by resource. */
    #quality = new Map();
    /** What LAYER messages said last, by resource and participant. */
    #layers = new Map();
    #speakers = new Speakers();
    #wishes = new Wishes((type, payload) => this.events.send(type, payload));
    #wanted = new WantedLayers();
    /** When the server was last told what the browser measures, by resource. */
    #toldAt = new Map();
    #streams = new Map();
    #source = null;
    #listeners = new AbortController();

    /**
     * @param {string} token
     * @param {object} [environment] stands in for the browser's `fetch`, `WebSocket` and
     *   `RTCPeerConnection` in tests
     * @throws {SignallingError} TOKEN_MALFORMED
     */
    constructor(token, environment = {}) {
        super();
        this.token = decodeToken(token);
        this.#environment = {
            fetch: (...words) => globalThis.fetch(...words),
            WebSocket: globalThis.WebSocket,
            RTCPeerConnection: globalThis.RTCPeerConnection,
            ...environment,
        };
        this.events = new EventsSocket(this.token, this.#environment);
        this.events.addEventListener("message", ({ detail }) => this.#take(detail));
        this.events.addEventListener("statechange", () => {
            this.#forgetSpeakers();
            if (this.events.state === "open") {
                this.#sayMuted();
                this.#wishes.sayAgain();
            } else {
                // The server knows, and takes it that everything is sent.
                this.#wanted.forget();
                this.#wanted.apply(this.publishing);
            }
            this.#changed();
        });
        this.#watchPage();
    }

    /** Opens the events socket. publish() and subscribe() do so too. */
    connect() {
        this.events.connect();
    }

    /**
     * Publishes a camera and a microphone, or whatever else the stream holds.
     * @param {MediaStream} stream
     * @param {PublishOptions} [options]
     * @returns {Promise<MediaSession>} once media flows
     * @throws {SignallingError} when the server refuses; a network that fails is tried again
     */
    async publish(stream, options = {}) {
        if (!this.token.canPublish) {
            throw new SignallingError({
                code: 8, name: "NO_PUBLISH", message: "The token lacks the capability PUBLISH." });
        }
        this.publishing?.stop();
        this.#source = stream;
        const video = (options.video ?? false) || stream.getVideoTracks().length > 0;
        this.#enableTracks();
        this.connect();
        const session = this.#session({
            url: this.token.whipUrl,
            prepare: (peer) => preparePublisher(peer, stream, { ...options, video }),
            changeAnswer: (answer) => withStartBitrate(answer, startKilobits(options)),
        });
        session.addEventListener("statechange", () => {
            if (session.state !== "connected") return;
            this.#sayMuted();
            this.#wanted.apply(session);
        });
        this.publishing = session;
        return session.start();
    }

    /**
     * Sends another camera or microphone from now on, or nothing, without renegotiation.
     * @param {MediaStreamTrack | null} track
     * @param {"audio" | "video"} [kind] which to stop, where `track` is null
     */
    async replaceTrack(track, kind = track?.kind) {
        // A sender that sends nothing has no track to know it by; its receiver always has one.
        const transceiver = this.publishing?.peer?.getTransceivers()
            .find(({ receiver }) => receiver.track.kind === kind);
        await transceiver?.sender.replaceTrack(track);
        for (const old of this.#source?.getTracks() ?? []) {
            if (old.kind === kind && old !== track) this.#source.removeTrack(old);
        }
        if (track) this.#source?.addTrack(track);
        this.#enableTracks();
    }

    /**
     * Watches the whole stage over one peer connection: hosts that come later need no new offer.
     * @param {{video?: number, audio?: number}} [slots] how many hosts at once
     * @returns {Promise<MediaSession>}
     */
    async subscribe({ video = MOST_HOSTS, audio = MOST_HOSTS } = {}) {
        this.#mayWatch();
        this.watching?.stop();
        this.connect();
        this.watching = this.#session({
            url: `${this.token.whipUrl}/subscribe`,
            prepare: (peer) => {
                for (let i = 0; i < video; i += 1) receive(peer, "video");
                for (let i = 0; i < audio; i += 1) receive(peer, "audio");
            },
        });
        return this.watching.start();
    }

    /**
     * Watches one participant over a peer connection of its own.
     * @param {string} participantId
     * @param {{video?: boolean, audio?: boolean}} [kinds]
     * @returns {Promise<MediaSession>}
     */
    async subscribeTo(participantId, { video = true, audio = true } = {}) {
        this.#mayWatch();
        this.watchingOne.get(participantId)?.stop();
        this.connect();
        const session = this.#session({
            url: `${this.token.whipUrl}/subscribe/${encodeURIComponent(participantId)}`,
            prepare: (peer) => {
                if (video) receive(peer, "video");
                if (audio) receive(peer, "audio");
            },
        });
        this.watchingOne.set(participantId, session);
        return session.start();
    }

    /** Those who publish, in the order of the server's list. @returns {Participant[]} */
    hosts() {
        return [...this.participants.values()].filter(({ isPublishing }) => isPublishing);
    }

    /**
     * What is received of a participant.
     * @param {string} participantId
     * @returns {Media}
     */
    media(participantId) {
        const session = this.watchingOne.get(participantId) ?? this.watching;
        const slots = this.#slots.of(session?.resource ?? "", participantId);
        const alone = this.watchingOne.has(participantId);
        const receivers = (session?.peer?.getTransceivers() ?? []).filter(({ receiver, mid }) =>
            alone || mid === (slots[receiver.track.kind]?.mid ?? NaN));
        const tracks = receivers.map(({ receiver }) => receiver.track);
        const video = receivers.find(({ receiver }) => receiver.track.kind === "video");
        return {
            stream: this.#stream(participantId, tracks),
            hasVideo: video !== undefined,
            hasAudio: tracks.some(({ kind }) => kind === "audio"),
            videoMid: video?.mid ?? "",
            layer: this.#receivedLayer(participantId) ?? "",
        };
    }

    /**
     * The sizes in which a host's picture can be had, best first.
     * @param {string} participantId
     * @returns {import("./client/received-layers.js").StreamLayer[]} empty while no picture arrives
     */
    getLayers(participantId) {
        return streamLayers(
            this.participants.get(participantId), this.#receivedLayer(participantId));
    }

    /** The one that is received now; null while there is none. @param {string} participantId */
    getSelectedLayer(participantId) {
        return this.getLayers(participantId).find(({ selected }) => selected) ?? null;
    }

    /** The one with the least bits; null while no picture arrives. @param {string} participantId */
    getLowestQualityLayer(participantId) {
        return this.getLayers(participantId).at(-1) ?? null;
    }

    /** The one with the most bits; null while no picture arrives. @param {string} participantId */
    getHighestQualityLayer(participantId) {
        return this.getLayers(participantId)[0] ?? null;
    }

    /**
     * Asks for one size of a host's picture, as long as the network carries it. Like all that is said of
     * pictures, it may be said before the host is there, and is said again when the events socket comes back.
     * @param {string} participantId
     * @param {import("./client/received-layers.js").StreamLayer | string | null} layer one of
     *   {@link getLayers} or its `rid`; null: the server chooses
     */
    preferLayer(participantId, layer) {
        this.#wish(participantId, { layer: typeof layer === "string" ? layer : layer?.rid ?? null });
    }

    /**
     * Lets a host's picture go before others where the network does not carry all.
     * @param {string} participantId
     * @param {boolean} [pinned]
     */
    pin(participantId, pinned = true) {
        this.#wish(participantId, { pinned });
    }

    /** Stops a host's picture for this viewer; its sound goes on. @param {string} participantId */
    pause(participantId) {
        this.#wish(participantId, { paused: true });
    }

    /** Takes {@link pause} back. @param {string} participantId */
    resume(participantId) {
        this.#wish(participantId, { paused: false });
    }

    /**
     * Says how large pictures are seen, so that none is sent larger. Whoever is not named stays as it was.
     * To have it said by itself, see `ViewportReporter`.
     * @param {import("./client/viewport.js").ShownSize[]} sizes in pixels of the screen; 0 × 0: not visible
     */
    setViewport(sizes) {
        for (const { participantId, width, height } of sizes) {
            this.#wishes.change(participantId, { shown: { width, height } });
        }
    }

    /** What was said of a host's picture. @param {string} participantId */
    wish(participantId) {
        const { layer = null, pinned = false, paused = false } = this.#wishes.of(participantId);
        return { layer, pinned, paused };
    }

    /** Who speaks, or spoke last; null while nobody did. @returns {string | null} */
    get activeSpeaker() {
        return this.#speakers.active;
    }

    /** @param {string} participantId */
    isSpeaking(participantId) {
        return this.#speakers.has(participantId);
    }

    /**
     * Tells the server what only this end sees: the jitter buffer, freezes, pictures a second. Call it with
     * each `session.stats()`; it is said every two seconds at most.
     * @param {MediaSession | null} session
     * @param {import("./client/stats.js").Summary | null} summary
     */
    reportStats(session, summary) {
        const resource = session?.resource;
        const measured = telemetry(summary);
        const now = Date.now();
        if (!resource || !measured || now - (this.#toldAt.get(resource) ?? 0) < TELEMETRY_EVERY_MS) {
            return;
        }
        if (!this.events.send("TELEMETRY", { resource, ...measured })) return;
        const live = this.#sessions().map((one) => one.resource);
        this.#toldAt = new Map([...this.#toldAt].filter(([known]) => live.includes(known)));
        this.#toldAt.set(resource, now);
    }

    /**
     * The layer of a host's picture that the server last said is received, null while it is paused, and why.
     * @param {MediaSession | null} session
     * @param {string} participantId
     * @returns {{layer: string | null, reason: "STARTED" | "NETWORK" | "REQUESTED" | "PUBLISHER"} | null}
     */
    layer(session, participantId) {
        return this.#layers.get(session?.resource)?.get(participantId) ?? null;
    }

    /**
     * What the server last said about a session's network and latency.
     * @param {MediaSession | null} session
     * @returns {{latency: object, fractionLost?: number, networkQuality?: number,
     *   publishers?: import("./client/quality.js").PublisherQuality[]} | null}
     */
    quality(session) {
        return this.#quality.get(session?.resource) ?? null;
    }

    /**
     * Tells everybody, and sends silence and black from now on. To let go of a camera as well, see
     * {@link replaceTrack}.
     * @param {{audioMuted?: boolean, videoStopped?: boolean}} change what is left out stays as it is
     */
    mute(change) {
        this.muted = { ...this.muted, ...change };
        this.#enableTracks();
        this.#sayMuted();
        this.#changed();
    }

    /**
     * Goes on with another token of the same participant and stage. Everybody sees its attributes at
     * once; what needs a capability that it lacks ends.
     * @param {string} text
     * @throws {SignallingError} when the server does not take it; all is as before then
     */
    async exchangeToken(text) {
        const token = decodeToken(text);
        if (!this.events.send("EXCHANGE_TOKEN", { token: token.text })) {
            throw new SignallingError({
                code: 4, name: "CONNECTION_LOST", message: "The events socket is not open." });
        }
        await this.#exchangeAnswer();
        this.token = token;
        this.events.useToken(token);
        for (const session of this.#sessions()) session.useToken(token.text);
        if (!token.canPublish) this.publishing?.stop();
        if (!token.canSubscribe) {
            for (const session of [this.watching, ...this.watchingOne.values()]) session?.stop();
        }
        this.#changed();
    }

    /** Resolves with TOKEN_EXCHANGED, rejects with the refusal or when the socket is lost. */
    #exchangeAnswer() {
        const heard = new AbortController();
        const { signal } = heard;
        return new Promise((resolve, reject) => {
            this.addEventListener("TOKEN_EXCHANGED", ({ detail }) => resolve(detail), { signal });
            this.addEventListener("ERROR", ({ detail }) => {
                if (detail.request === "EXCHANGE_TOKEN") reject(new SignallingError(detail));
            }, { signal });
            this.events.addEventListener("statechange", () => reject(new SignallingError({
                code: 4, name: "CONNECTION_LOST", message: "The events socket was lost." })),
            { signal });
        }).finally(() => heard.abort());
    }

    /** Ends what is published and watched, and closes the events socket. */
    stop() {
        this.#listeners.abort();
        for (const session of this.#sessions()) session.stop();
        this.watchingOne.clear();
        this.#wishes.stop();
        this.events.close();
        this.#changed();
    }

    #mayWatch() {
        if (this.token.canSubscribe) return;
        throw new SignallingError({
            code: 8, name: "NO_SUBSCRIBE", message: "The token lacks the capability SUBSCRIBE." });
    }

    #sessions() {
        return [this.publishing, this.watching, ...this.watchingOne.values()].filter(Boolean);
    }

    #session(plan) {
        const session = new MediaSession({ token: this.token.text, ...plan }, this.#environment);
        session.addEventListener("statechange", () => this.#changed());
        session.addEventListener("track", () => this.#changed());
        return session;
    }

    /** The same MediaStream as long as its tracks are the same: a new one would restart the picture. */
    #stream(participantId, tracks) {
        const key = tracks.map(({ id }) => id).sort().join(" ");
        const known = this.#streams.get(participantId);
        if (known?.key === key) return known.stream;
        const stream = new MediaStream(tracks);
        this.#streams.set(participantId, { key, stream });
        return stream;
    }

    #enableTracks() {
        for (const track of this.#source?.getAudioTracks() ?? []) {
            track.enabled = !this.muted.audioMuted;
        }
        for (const track of this.#source?.getVideoTracks() ?? []) {
            track.enabled = !this.muted.videoStopped;
        }
    }

    #wish(participantId, change) {
        this.#wishes.change(participantId, change);
        this.#changed();
    }

    /** The `rid` that is received of a host; null while its picture is paused or there is none. */
    #receivedLayer(participantId) {
        const session = this.watchingOne.get(participantId) ?? this.watching;
        const news = this.layer(session, participantId);
        if (news) return news.layer;
        return this.#slots.of(session?.resource ?? "", participantId).video?.layer ?? null;
    }

    /** Nobody says any more who speaks while the socket is away. */
    #forgetSpeakers() {
        if (this.#speakers.take({})) this.#tell("speakers", { active: null, speaking: [] });
    }

    #tell(name, detail) {
        this.dispatchEvent(new CustomEvent(name, { detail }));
    }

    #sayMuted() {
        if (this.publishing) this.events.send("MUTE", this.muted);
    }

    #take({ type, payload, final }) {
        if (type === "STAGE_STATE") this.#takeStage(payload);
        if (type === "SLOTS") this.#slots.take(payload);
        if (type === "QUALITY") this.#takeQuality(payload);
        if (type === "ERROR") this.#takeError(payload);
        if (type === "LAYER") this.#takeLayer(payload);
        if (type === "WANTED_LAYERS") {
            this.#wanted.take(payload);
            this.#wanted.apply(this.publishing);
        }
        if (type === "BUDGET") this.viewersBudget = payload;
        if (type === "SPEAKERS" && this.#speakers.take(payload)) {
            this.#tell("speakers", { active: this.activeSpeaker, speaking: this.#speakers.speaking });
        }
        if (type === "DISCONNECTED" && final) this.#end(payload.reason);
        if (/^[A-Z][A-Z_]*$/.test(type)) {
            this.dispatchEvent(new CustomEvent(type, { detail: payload }));
        }
        this.#changed();
    }

    #takeStage({ participants }) {
        this.knowsStage = true;
        const before = this.participants;
        this.participants = new Map((participants ?? []).map((one) => [one.id, one]));
        for (const id of this.#streams.keys()) {
            if (!this.participants.has(id)) this.#streams.delete(id);
        }
        for (const id of new Set([...before.keys(), ...this.participants.keys()])) {
            const [old, now] = [before.get(id), this.participants.get(id)];
            // What was received of a host says nothing of what it publishes next.
            if (old?.isPublishing && !now?.isPublishing) {
                for (const known of this.#layers.values()) known.delete(id);
            }
            if (layersKey(old) !== layersKey(now)) {
                this.#tell("layers", { participantId: id, layers: this.getLayers(id) });
            }
        }
    }

    #takeQuality(payload) {
        const live = this.#sessions().map(({ resource }) => resource);
        for (const resource of this.#quality.keys()) {
            if (!live.includes(resource)) this.#quality.delete(resource);
        }
        if (live.includes(payload.resource)) this.#quality.set(payload.resource, payload);
    }

    /** The server ends a session that asked too much, or that the application does not want. */
    #takeError(payload) {
        for (const session of this.#sessions()) {
            if (payload.resource && session.resource === payload.resource) {
                session.end(new SignallingError(payload));
            }
        }
    }

    /** May come before the answer that says which resource is ours: the newest few are kept. */
    #takeLayer({ resource, participantId, layer, reason }) {
        const known = this.#layers.get(resource) ?? new Map();
        known.set(participantId, { layer, reason });
        this.#layers.delete(resource);
        this.#layers.set(resource, known);
        if (this.#layers.size > MOST_HOSTS + 4) {
            this.#layers.delete(this.#layers.keys().next().value);
        }
        const session = this.watchingOne.get(participantId) ?? this.watching;
        if (session?.resource !== resource) return;
        this.#tell(
            "layerselected", { participantId, layer: this.getSelectedLayer(participantId), reason });
    }

    #end(reason) {
        this.disconnectedReason = reason;
        // Somebody else has the socket now; the media is the server's to end.
        if (reason !== "DISPLACED") for (const session of this.#sessions()) session.stop();
    }

    #watchPage() {
        const { signal } = this.#listeners;
        globalThis.addEventListener?.("pagehide", () => {
            for (const session of this.#sessions()) session.leave();
        }, { signal });
        globalThis.addEventListener?.("pageshow", ({ persisted }) => {
            if (persisted) for (const session of this.#sessions()) session.resume();
        }, { signal });
    }

    #changed() {
        this.dispatchEvent(new Event("change"));
    }
}

/** A receiver that plays as soon as it can: this is live. */
function receive(peer, kind) {
    const transceiver = peer.addTransceiver(kind, { direction: "recvonly" });
    const codecs = receivableCodecs(
        globalThis.RTCRtpReceiver?.getCapabilities?.(kind)?.codecs ?? []);
    if (codecs.length > 0) transceiver.setCodecPreferences?.(codecs);
    describeLayers(transceiver);
    const { receiver } = transceiver;
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    else if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}

function preparePublisher(peer, stream, { simulcast = true, videoCodec, bitrates = {}, video }) {
    const rate = { ...BITRATES, ...bitrates };
    for (const track of stream.getAudioTracks()) {
        peer.addTransceiver(track, {
            direction: "sendonly", streams: [stream], sendEncodings: [{ maxBitrate: rate.audio }],
        });
    }
    const pictures = stream.getVideoTracks();
    // A place without a track: the camera is stopped, and may be started again.
    if (video && pictures.length === 0) pictures.push(null);
    for (const track of pictures) {
        const { width, height } = track?.getSettings() ?? {};
        const layers = simulcast
            ? simulcastLayers(Math.min(width, height) || 720, bitrates, videoCodec) : [];
        // Chrome fills layers in the order given; Firefox wants the largest first, and gives it the least
        // bits otherwise.
        if (/\bFirefox\//.test(globalThis.navigator?.userAgent ?? "")) layers.reverse();
        const transceiver = peer.addTransceiver(track ?? "video", {
            direction: "sendonly",
            streams: [stream],
            sendEncodings: layers.length > 0 ? layers : [{ maxBitrate: rate.single }],
        });
        const codecs = globalThis.RTCRtpSender?.getCapabilities?.("video")?.codecs;
        if (videoCodec && codecs) transceiver.setCodecPreferences?.(onlyCodec(codecs, videoCodec));
    }
}

/** Two thirds of everything: enough for all layers to begin, and no flood on a slow line. */
function startKilobits({ simulcast = true, bitrates = {} }) {
    const rate = { ...BITRATES, ...bitrates };
    const sum = simulcast ? rate.hi + rate.mid + rate.low : rate.single;
    return Math.round((sum * 2) / 3 / 1000);
}
