// Which participant stands in which receive slot of a whole-stage subscription.

/**
 * @typedef {object} Slot
 * @property {string} mid
 * @property {"audio" | "video"} kind
 * @property {string | null} [participantId] nobody when null
 * @property {string} [layer] the `rid` that is forwarded
 */

/** SLOTS messages may come before the answer that says which resource is ours: the newest are kept. */
const KEPT_RESOURCES = 8;

export class SlotTable {
    /** @type {Map<string, Slot[]>} newest last */
    #byResource = new Map();

    /** @param {{resource: string, slots: Slot[]}} payload of a SLOTS message */
    take({ resource, slots }) {
        this.#byResource.delete(resource);
        this.#byResource.set(resource, Array.isArray(slots) ? slots : []);
        if (this.#byResource.size > KEPT_RESOURCES) {
            this.#byResource.delete(this.#byResource.keys().next().value);
        }
    }

    /** @param {string} resource */
    slots(resource) {
        return this.#byResource.get(resource) ?? [];
    }

    /**
     * @param {string} resource
     * @param {string} participantId
     * @returns {{video: Slot | null, audio: Slot | null}}
     */
    of(resource, participantId) {
        const mine = this.slots(resource).filter((slot) => slot.participantId === participantId);
        const find = (kind) => mine.find((slot) => slot.kind === kind) ?? null;
        return { video: find("video"), audio: find("audio") };
    }
}

/** The resource id in a `Location`: its last path part. */
export function resourceId(location) {
    return new URL(location, "http://localhost").pathname.split("/").filter(Boolean).at(-1) ?? "";
}
