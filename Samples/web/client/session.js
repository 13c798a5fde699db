// One peer connection with the server, over WHIP or WHEP, that mends itself.

import { backoff, wait } from "./backoff.js";
import { SignallingError, isTransient, refusal } from "./errors.js";
import { restartFragment, restartedAnswer } from "./sdp.js";
import { resourceId } from "./slots.js";
import { snapshot, summarise } from "./stats.js";

/** From the answer to media flowing. */
const CONNECT_TIMEOUT_MS = 12_000;
/** `disconnected` often heals by itself: so long it may take. */
const DISCONNECTED_MS = 3_000;
/** How long an ICE restart may take before everything is set up anew. */
const RESTART_TIMEOUT_MS = 5_000;
/** How long the server may take to hear that a session ends. */
const FAREWELL_MS = 1_000;

/**
 * @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "failed" | "stopped"} SessionState
 *
 * @typedef {object} SessionPlan
 * @property {string} url where the offer goes
 * @property {string} token
 * @property {(peer: RTCPeerConnection) => void} prepare adds the transceivers, for each new connection
 * @property {(answer: string) => string} [changeAnswer]
 */

/**
 * Dispatches `statechange` (detail: `{state, error, retryInMs}`) and `track` (detail: RTCTrackEvent).
 */
export class MediaSession extends EventTarget {
    /** @type {SessionState} */
    state = "idle";
    /** @type {unknown} why it is not connected, where that is known */
    error = null;
    /** @type {RTCPeerConnection | null} */
    peer = null;
    /** The last part of `Location`: how the events socket calls this session. */
    resource = "";
    #plan;
    #environment;
    #location = "";
    #entityTag = "";
    #stopped = new AbortController();
    #busy = false;
    #previous = null;
    #listeners = new AbortController();

    /**
     * @param {SessionPlan} plan
     * @param {{fetch: typeof fetch, RTCPeerConnection: typeof RTCPeerConnection}} [environment]
     */
    constructor(plan, environment = globalThis) {
        super();
        this.#plan = plan;
        this.#environment = environment;
    }

    /**
     * Connects, trying again for as long as that may help.
     * @returns {Promise<this>} once media flows; rejects when the server refuses, or after stop()
     */
    async start() {
        this.#become("connecting");
        this.#watchNetwork();
        this.#busy = true;
        try {
            await this.#establish();
        } finally {
            this.#busy = false;
        }
        return this;
    }

    /** Ends it here and on the server. */
    stop() {
        if (this.state === "stopped") return;
        this.#stopped.abort(new DOMException("Stopped", "AbortError"));
        this.#listeners.abort();
        this.#discard();
        this.#become("stopped");
    }

    /**
     * The server has ended it and said why: it is not tried again.
     * @param {SignallingError} error
     */
    end(error) {
        if (["failed", "stopped"].includes(this.state)) return;
        this.#listeners.abort();
        this.#discard();
        this.#become("failed", error);
        this.#stopped.abort(error);
    }

    /** Another token of the same participant, for what is asked of the server from now on. */
    useToken(text) {
        this.#plan = { ...this.#plan, token: text };
    }

    /** The page goes away: a request that outlives it tells the server. */
    leave() {
        this.#discard();
    }

    /** The page came back from the browser's cache: what leave() ended begins again. */
    async resume() {
        if (this.peer === null && !this.#stopped.signal.aborted) await this.#mend(false);
    }

    /** What has gone over the connection since the last call, in numbers. */
    async stats() {
        if (!this.peer) return null;
        const current = snapshot(await this.peer.getStats());
        const summary = summarise(this.#previous, current);
        this.#previous = current;
        return summary;
    }

    async #establish() {
        for (let attempt = 0; ; attempt += 1) {
            try {
                await this.#negotiate();
                await this.#connected(CONNECT_TIMEOUT_MS);
                return;
            } catch (error) {
                this.#stopped.signal.throwIfAborted();
                this.#discard();
                if (!isTransient(error)) {
                    this.#become("failed", error);
                    throw error;
                }
                const retryInMs = backoff(attempt);
                this.#become("reconnecting", error, retryInMs);
                await wait(retryInMs, this.#stopped.signal);
            }
        }
    }

    async #negotiate() {
        this.#discard();
        const peer = new this.#environment.RTCPeerConnection({ bundlePolicy: "max-bundle" });
        this.peer = peer;
        this.#previous = null;
        this.#watch(peer);
        this.#plan.prepare(peer);
        // The server is ICE-lite and its answer has its candidates: ours need not be known, so there is
        // nothing to wait for before the offer goes out.
        await peer.setLocalDescription(await peer.createOffer());
        const response = await this.#request("POST", this.#plan.url, {
            type: "application/sdp", body: peer.localDescription.sdp,
        });
        const answer = await response.text();
        if (response.status !== 201) throw refusal(response.status, answer);
        const location = response.headers.get("Location") ?? "";
        this.#location = new URL(location, response.url || this.#plan.url).href;
        this.#entityTag = response.headers.get("ETag") ?? "";
        this.resource = resourceId(this.#location);
        const sdp = this.#plan.changeAnswer?.(answer) ?? answer;
        await peer.setRemoteDescription({ type: "answer", sdp });
        this.#watchTransport(peer);
    }

    #request(method, url, { type, body, headers = {}, keepalive = false } = {}) {
        return this.#environment.fetch(url, {
            method,
            body,
            keepalive,
            headers: {
                Authorization: `Bearer ${this.#plan.token}`,
                ...(type ? { "Content-Type": type } : {}),
                ...headers,
            },
            signal: keepalive ? undefined : this.#stopped.signal,
        });
    }

    /** Resolves when media can flow. */
    #connected(timeoutMs) {
        const { peer } = this;
        return new Promise((resolve, reject) => {
            const check = () => {
                const lost = peer !== this.peer || ["failed", "closed"].includes(peer.connectionState);
                if (peer.connectionState !== "connected" && !lost) return;
                finish();
                if (lost) {
                    reject(new SignallingError({
                        name: "CONNECTION_LOST", message: "The connection failed." }));
                } else {
                    this.#become("connected");
                    resolve();
                }
            };
            const abort = () => {
                finish();
                reject(this.#stopped.signal.reason);
            };
            const timer = setTimeout(() => {
                finish();
                reject(new SignallingError({
                    name: "CONNECT_TIMEOUT", message: "No connection for sound and picture." }));
            }, timeoutMs);
            const finish = () => {
                clearTimeout(timer);
                peer.removeEventListener("connectionstatechange", check);
                this.#stopped.signal.removeEventListener("abort", abort);
            };
            peer.addEventListener("connectionstatechange", check);
            this.#stopped.signal.addEventListener("abort", abort);
            check();
        });
    }

    #watch(peer) {
        let timer = 0;
        peer.addEventListener("connectionstatechange", () => {
            clearTimeout(timer);
            if (peer !== this.peer) return;
            if (peer.connectionState === "failed") this.#mend();
            if (peer.connectionState === "disconnected") {
                timer = setTimeout(() => peer === this.peer && this.#mend(), DISCONNECTED_MS);
            }
        });
        peer.addEventListener("track", (event) => {
            this.dispatchEvent(new CustomEvent("track", { detail: event }));
        });
    }

    /** The server ends DTLS when it goes away: no need to wait until ICE notices. */
    #watchTransport(peer) {
        const [transceiver] = peer.getTransceivers();
        const transport = transceiver?.sender.transport ?? transceiver?.receiver.transport;
        transport?.addEventListener("statechange", () => {
            if (peer === this.peer && ["closed", "failed"].includes(transport.state)) {
                this.#mend(false);
            }
        });
    }

    #watchNetwork() {
        const { signal } = this.#listeners;
        const changed = () => this.state === "connected" && this.#mend();
        globalThis.addEventListener?.("online", changed, { signal });
        globalThis.navigator?.connection?.addEventListener?.("change", changed, { signal });
    }

    /** Brings media back: by an ICE restart if that can do, else with everything new. */
    async #mend(byRestart = true) {
        if (this.#busy || ["failed", "stopped"].includes(this.state)) return;
        this.#busy = true;
        try {
            if (this.peer?.connectionState !== "connected") this.#become("reconnecting");
            if (!byRestart || !(await this.#restartedICE())) await this.#establish();
        } catch {
            // establish() has told why through the state
        } finally {
            this.#busy = false;
        }
    }

    /** @returns {Promise<boolean>} whether the connection is back (RFC 9725 §4.3.3) */
    async #restartedICE() {
        const { peer } = this;
        try {
            const answer = peer.currentRemoteDescription.sdp;
            await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
            const response = await this.#request("PATCH", this.#location, {
                type: "application/trickle-ice-sdpfrag",
                body: restartFragment(peer.localDescription.sdp),
                headers: { "If-Match": "*" },
            });
            if (response.status !== 200) return false;
            this.#entityTag = response.headers.get("ETag") ?? this.#entityTag;
            const sdp = restartedAnswer(answer, await response.text());
            await peer.setRemoteDescription({ type: "answer", sdp });
            await this.#connected(RESTART_TIMEOUT_MS);
            return true;
        } catch {
            return false;
        }
    }

    /**
     * Ends the session on the server, then the peer connection: the other way round the server would see
     * the connection end, forget the session, and find nothing to DELETE.
     */
    #discard() {
        const { peer } = this;
        const location = this.#location;
        this.peer = null;
        this.#location = "";
        this.resource = "";
        for (const sender of peer?.getSenders() ?? []) sender.replaceTrack(null).catch(() => {});
        if (!location) {
            peer?.close();
            return;
        }
        const told = this.#request("DELETE", location, { keepalive: true }).catch(() => {});
        Promise.race([told, wait(FAREWELL_MS)]).then(() => peer?.close());
    }

    #become(state, error = null, retryInMs = 0) {
        if (this.#stopped.signal.aborted && state !== "stopped") return;
        this.state = state;
        this.error = error;
        this.dispatchEvent(new CustomEvent("statechange", { detail: { state, error, retryInMs } }));
    }
}
