// Who speaks, as the server hears it.

export class Speakers {
    /** @type {string | null} who speaks, or spoke last */
    active = null;
    /** @type {Set<string>} */
    #speaking = new Set();

    /**
     * @param {{active?: string | null, speaking?: string[]}} payload of a SPEAKERS message
     * @returns {boolean} whether anything is different now
     */
    take({ active, speaking }) {
        const before = JSON.stringify([this.active, this.speaking]);
        this.active = typeof active === "string" ? active : null;
        const ids = Array.isArray(speaking) ? speaking : [];
        this.#speaking = new Set(ids.filter((id) => typeof id === "string"));
        return JSON.stringify([this.active, this.speaking]) !== before;
    }

    get speaking() {
        return [...this.#speaking];
    }

    has(participantId) {
        return this.#speaking.has(participantId);
    }
}
