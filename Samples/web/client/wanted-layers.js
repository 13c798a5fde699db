// Which layers of its picture a host sends: those that the server says somebody watches.

/** How many sessions' news are kept: one may come before the answer that says which session is ours. */
const KEPT = 4;

/**
 * @typedef {object} WantedLayer
 * @property {string} rid empty for a picture that is sent once
 * @property {"audio" | "video"} kind
 * @property {boolean} active
 */

export class WantedLayers {
    /** @type {Map<string, WantedLayer[]>} what was said last, by resource */
    #said = new Map();
    /** The rids that were stopped here, by sender: what the page stopped itself stays stopped. */
    #stopped = new WeakMap();
    /** One change after the other: a sender takes back only the parameters that it gave out last. */
    #turn = Promise.resolve();

    /** @param {{resource: string, layers: WantedLayer[]}} news the payload of WANTED_LAYERS */
    take({ resource, layers }) {
        this.#said.delete(resource);
        this.#said.set(resource, layers);
        if (this.#said.size > KEPT) this.#said.delete(this.#said.keys().next().value);
    }

    /** Nobody says any more what is wanted: everything is. */
    forget() {
        this.#said.clear();
    }

    /**
     * Brings what a session sends to what is wanted.
     * @param {import("./session.js").MediaSession | null} session
     * @returns {Promise<void>} when it is done
     */
    apply(session) {
        const sender = session?.peer?.getTransceivers()
            .find(({ receiver }) => receiver.track.kind === "video")?.sender;
        if (!sender) return this.#turn;
        const layers = this.#said.get(session.resource) ?? [];
        const unwanted = layers
            .filter(({ kind, active }) => kind === "video" && !active).map(({ rid }) => rid);
        // A connection that has just ended takes no parameters.
        this.#turn = this.#turn.then(() => this.#stop(sender, unwanted)).catch(() => {});
        return this.#turn;
    }

    async #stop(sender, unwanted) {
        const stopped = this.#stopped.get(sender) ?? new Set();
        this.#stopped.set(sender, stopped);
        const parameters = sender.getParameters();
        let isNew = false;
        for (const encoding of parameters.encodings ?? []) {
            const rid = encoding.rid ?? "";
            const isActive = encoding.active ?? true;
            if (isActive && unwanted.includes(rid)) {
                stopped.add(rid);
            } else if (isActive || unwanted.includes(rid) || !stopped.delete(rid)) {
                continue;
            }
            encoding.active = !isActive;
            isNew = true;
        }
        if (isNew) await sender.setParameters(parameters);
    }
}
