// The events socket: one WebSocket that comes back by itself.

import { backoff, wait } from "./backoff.js";

const PING_EVERY_MS = 10_000;
/** Nothing heard for so long, not even a PONG: the network is gone though nobody said so. */
const SILENCE_MS = 25_000;
/** The server forgives clocks that differ by so much. */
const LEEWAY_MS = 30_000;
/** After these the server would only refuse again. */
const FINAL_REASONS = ["PARTICIPANT_DISCONNECTED", "STAGE_DELETED", "DISPLACED"];

/**
 * Dispatches `message` (detail: `{type, payload}`) and `statechange` (detail: the state).
 * @typedef {"idle" | "connecting" | "open" | "reconnecting" | "closed"} EventsState
 */
export class EventsSocket extends EventTarget {
    /** @type {EventsState} */
    state = "idle";
    #url;
    #token;
    #environment;
    #socket = null;
    #heardAt = 0;
    #ended = new AbortController();

    /**
     * @param {import("./token.js").TokenInfo} token
     * @param {{WebSocket: typeof WebSocket}} [environment]
     */
    constructor(token, environment = globalThis) {
        super();
        this.#token = token;
        this.#url = `${token.eventsUrl}/${encodeURIComponent(token.stageId)}`;
        this.#environment = environment;
    }

    /** Connects, and stays connected until {@link close} or the server's last word. */
    async connect() {
        if (this.state !== "idle") return;
        this.#become("connecting");
        for (let attempt = 0; !this.#ended.signal.aborted; attempt += 1) {
            const wasOpen = await this.#live();
            if (this.#ended.signal.aborted) break;
            if (wasOpen) attempt = 0;
            else if (Date.now() > this.#token.expiresAt + LEEWAY_MS) break;
            this.#become("reconnecting");
            await wait(backoff(attempt), this.#ended.signal).catch(() => {});
        }
        this.#become("closed");
    }

    /** Another token of the same participant and stage, for when the socket has to come back. */
    useToken(token) {
        this.#token = token;
    }

    /** Says something to the server, if the socket is open. */
    send(type, payload) {
        if (this.#socket?.readyState !== 1) return false;
        this.#socket.send(JSON.stringify(payload === undefined ? { type } : { type, payload }));
        return true;
    }

    close() {
        this.#ended.abort();
        this.#socket?.close(1000);
    }

    /** One socket, from opening to its end. Resolves with whether it ever opened. */
    #live() {
        return new Promise((resolve) => {
            const socket = new this.#environment.WebSocket(this.#url, [this.#token.text]);
            this.#socket = socket;
            let opened = false;
            const pinging = setInterval(() => this.#ping(), PING_EVERY_MS);
            socket.addEventListener("open", () => {
                opened = true;
                this.#heardAt = Date.now();
                this.#become("open");
            });
            socket.addEventListener("message", ({ data }) => this.#receive(data));
            socket.addEventListener("close", () => {
                clearInterval(pinging);
                resolve(opened);
            });
        });
    }

    #ping() {
        if (Date.now() - this.#heardAt > SILENCE_MS) this.#socket.close();
        else this.send("PING");
    }

    #receive(text) {
        this.#heardAt = Date.now();
        let message = null;
        try {
            message = JSON.parse(text);
        } catch {
            return; // not ours to understand
        }
        if (typeof message?.type !== "string") return;
        const final = message.type === "DISCONNECTED"
            && FINAL_REASONS.includes(message.payload?.reason);
        if (final) this.#ended.abort();
        this.dispatchEvent(new CustomEvent("message", {
            detail: { type: message.type, payload: message.payload ?? {}, final },
        }));
    }

    #become(state) {
        if (this.state === state) return;
        this.state = state;
        this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
    }
}
