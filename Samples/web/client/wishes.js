// How a viewer wants the pictures of hosts: said to the server, said again when the socket comes back, and
// never faster than the server listens.

/** The server takes 20 messages in any second, of all kinds: half of them are for these. */
const MOST_IN_A_SECOND = 10;
/** The server remembers so many publishers for each viewer. */
const MOST_PUBLISHERS = 64;

/**
 * @typedef {object} Wish of one host's picture; what is absent was never said
 * @property {{width: number, height: number}} [shown] in pixels of the screen; 0 × 0 is not visible
 * @property {string | null} [layer] the `rid` that is asked for; null is automatic
 * @property {boolean} [pinned] it goes before others
 * @property {boolean} [paused] no picture, only sound
 */

export class Wishes {
    /** @type {Map<string, Wish>} those that changed last at the end */
    #wishes = new Map();
    /** @type {Map<string, Set<keyof Wish>>} what the server has not heard */
    #unsaid = new Map();
    /** When the newest messages went, oldest first. */
    #times = [];
    #timer = null;
    #send;
    #environment;

    /**
     * @param {(type: string, payload: object) => boolean} send false while nobody hears
     * @param {object} [environment] stands in for the clock in tests
     */
    constructor(send, environment = {}) {
        this.#send = send;
        this.#environment = {
            now: () => performance.now(),
            setTimeout: (...words) => globalThis.setTimeout(...words),
            clearTimeout: (...words) => globalThis.clearTimeout(...words),
            ...environment,
        };
    }

    /** @param {string} participantId @returns {Wish} */
    of(participantId) {
        return this.#wishes.get(participantId) ?? {};
    }

    /**
     * Wishes something of one picture; what is left out stays as it is.
     * @param {string} participantId
     * @param {Wish} change
     */
    change(participantId, change) {
        const wish = this.of(participantId);
        const fields = Object.keys(change)
            .filter((field) => JSON.stringify(change[field]) !== JSON.stringify(wish[field]));
        if (fields.length === 0) return;
        this.#wishes.delete(participantId);
        this.#wishes.set(participantId, { ...wish, ...change });
        if (this.#wishes.size > MOST_PUBLISHERS) this.#forget(this.#wishes.keys().next().value);
        this.#unsaid.set(
            participantId, new Set([...(this.#unsaid.get(participantId) ?? []), ...fields]));
        this.#flushIn(0);
    }

    /**
     * The socket is open again. The server may have forgotten everything, or remember what was taken back
     * meanwhile: all is said once more.
     */
    sayAgain() {
        for (const [id, wish] of this.#wishes) this.#unsaid.set(id, new Set(Object.keys(wish)));
        this.#flushIn(0);
    }

    /** Says nothing more. */
    stop() {
        this.#environment.clearTimeout(this.#timer);
        this.#timer = null;
        this.#unsaid.clear();
    }

    #forget(participantId) {
        this.#wishes.delete(participantId);
        this.#unsaid.delete(participantId);
    }

    /** Later, so that what is wished in one go is said in one message. */
    #flushIn(milliseconds) {
        this.#timer ??= this.#environment.setTimeout(() => {
            this.#timer = null;
            this.#flush();
        }, milliseconds);
    }

    #flush() {
        for (let next = this.#next(); next; next = this.#next()) {
            const wait = this.#wait();
            if (wait > 0) {
                this.#flushIn(wait);
                return;
            }
            if (!this.#send(next.type, next.payload)) return;
            this.#times.push(this.#environment.now());
            for (const id of next.ids) this.#heard(id, next.fields);
        }
    }

    /** How long until one more message may go, in milliseconds. */
    #wait() {
        if (this.#times.length < MOST_IN_A_SECOND) return 0;
        this.#times = this.#times.slice(-MOST_IN_A_SECOND);
        return Math.max(0, Math.ceil(this.#times[0] + 1000 - this.#environment.now()));
    }

    #heard(participantId, fields) {
        const unsaid = this.#unsaid.get(participantId);
        for (const field of fields) unsaid.delete(field);
        if (unsaid.size === 0) this.#unsaid.delete(participantId);
    }

    /** The next message, or null: first the sizes of all in one, then what was asked for one by one. */
    #next() {
        const ids = [...this.#unsaid.keys()].filter((id) => this.#unsaid.get(id).has("shown"));
        if (ids.length > 0) {
            const shown = ids.map(
                (participantId) => ({ participantId, ...this.of(participantId).shown }));
            return { type: "VIEWPORT", payload: { shown }, ids, fields: ["shown"] };
        }
        for (const [participantId, unsaid] of this.#unsaid) {
            const wish = this.of(participantId);
            if (unsaid.has("paused")) {
                return {
                    type: wish.paused ? "PAUSE" : "RESUME", payload: { participantId },
                    ids: [participantId], fields: ["paused"],
                };
            }
            const fields = ["layer", "pinned"].filter((field) => unsaid.has(field));
            const said = Object.fromEntries(fields.map((field) => [field, wish[field]]));
            return {
                type: "PREFER_LAYER", payload: { participantId, ...said },
                ids: [participantId], fields,
            };
        }
        return null;
    }
}
