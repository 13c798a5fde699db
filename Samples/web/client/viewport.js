// At which size each picture is seen: what the server needs to know to send no more than that.

/** Sizes that change all the time, while a window is dragged, are said when they rest. */
const RESTING_MS = 250;
/** What is covered or scrolled away comes back often: its picture stops only after this. */
const HIDDEN_MS = 2000;

/** @typedef {{participantId: string, width: number, height: number}} ShownSize in pixels of the screen */

/** Decides what to say, and when: no clock and no page in here. */
export class ViewportPlan {
    /** @type {Map<string, {width: number, height: number, seen: boolean, dueAt: number, said: string}>} */
    #tiles = new Map();
    #hidden = false;

    /** A tile has this size now. */
    resize(participantId, width, height, now) {
        const known = this.#tiles.get(participantId);
        const size = { width: Math.round(width), height: Math.round(height) };
        if (known?.width === size.width && known.height === size.height) return;
        const tile = { seen: true, said: "", ...known, ...size };
        // The first size is said at once: the picture waits for it.
        this.#tiles.set(participantId, { ...tile, dueAt: known ? now + RESTING_MS : now });
    }

    /** A tile was scrolled into or out of view. */
    setSeen(participantId, seen, now) {
        const tile = this.#tiles.get(participantId);
        if (!tile || tile.seen === seen) return;
        tile.seen = seen;
        tile.dueAt = seen && !this.#hidden ? now : now + HIDDEN_MS;
    }

    /** The whole page was put away, or came back. */
    setHidden(hidden, now) {
        if (this.#hidden === hidden) return;
        this.#hidden = hidden;
        for (const tile of this.#tiles.values()) tile.dueAt = hidden ? now + HIDDEN_MS : now;
    }

    remove(participantId) {
        this.#tiles.delete(participantId);
    }

    /** What has come to be said. @returns {ShownSize[]} */
    due(now) {
        const sizes = [];
        for (const [participantId, tile] of this.#tiles) {
            if (tile.dueAt > now) continue;
            tile.dueAt = Infinity;
            const visible = tile.seen && !this.#hidden;
            const size = visible ? { width: tile.width, height: tile.height } : { width: 0, height: 0 };
            const said = `${size.width}×${size.height}`;
            if (said === tile.said) continue;
            tile.said = said;
            sizes.push({ participantId, ...size });
        }
        return sizes;
    }

    /** When something is due next; Infinity when nothing is. */
    get nextAt() {
        return Math.min(Infinity, ...[...this.#tiles.values()].map(({ dueAt }) => dueAt));
    }
}

/** Watches the elements that show hosts, and tells the client at which size each is seen. */
export class ViewportReporter {
    #plan = new ViewportPlan();
    #client;
    #timer = 0;
    /** @type {Map<Element, string>} */
    #elements = new Map();
    #sizes;
    #sights;
    #listeners = new AbortController();

    /** @param {{setViewport: (sizes: ShownSize[]) => void}} client */
    constructor(client) {
        this.#client = client;
        this.#sizes = new ResizeObserver((entries) => this.#resized(entries));
        this.#sights = new IntersectionObserver((entries) => this.#sighted(entries));
        const { signal } = this.#listeners;
        const changed = () => this.#hide();
        document.addEventListener("visibilitychange", changed, { signal });
        for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) {
            document.addEventListener(name, changed, { signal, capture: true });
        }
        this.#hide();
    }

    /** @param {Element} element shows that host, and nobody else */
    observe(element, participantId) {
        this.#elements.set(element, participantId);
        this.#sizes.observe(element);
        this.#sights.observe(element);
    }

    unobserve(element) {
        this.#plan.remove(this.#elements.get(element));
        this.#elements.delete(element);
        this.#sizes.unobserve(element);
        this.#sights.unobserve(element);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#listeners.abort();
        this.#sizes.disconnect();
        this.#sights.disconnect();
    }

    #resized(entries) {
        for (const { target, contentRect } of entries) {
            const id = this.#elements.get(target);
            if (id === undefined) continue;
            const scale = globalThis.devicePixelRatio || 1;
            this.#plan.resize(
                id, contentRect.width * scale, contentRect.height * scale, performance.now());
        }
        this.#wake();
    }

    #sighted(entries) {
        for (const { target, isIntersecting } of entries) {
            this.#plan.setSeen(this.#elements.get(target), isIntersecting, performance.now());
        }
        this.#wake();
    }

    #hide() {
        // A picture that floats above other windows is seen though its page is not.
        const floats = Boolean(document.pictureInPictureElement);
        this.#plan.setHidden(document.hidden && !floats, performance.now());
        this.#wake();
    }

    #wake() {
        clearTimeout(this.#timer);
        const { nextAt } = this.#plan;
        if (nextAt === Infinity) return;
        this.#timer = setTimeout(() => {
            const sizes = this.#plan.due(performance.now());
            if (sizes.length > 0) this.#client.setViewport(sizes);
            this.#wake();
        }, Math.max(0, nextAt - performance.now()));
    }
}
