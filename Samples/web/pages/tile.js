// One host on the viewer's page.

import { bitrateWords, element, icon, nameOf, setText, signalBars } from "./ui.js";

const LAYER_WORDS = { hi: "High", mid: "Medium", low: "Low" };

function initials(name) {
    const words = name.split(/[\s._-]+/).filter(Boolean);
    return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

export class Tile {
    /** @param {import("../rostrum.js").Participant} host */
    constructor(host) {
        this.video = element("video", { playsinline: "", autoplay: "" });
        this.face = element("div", { class: "tile-face", "aria-hidden": "true" }, element("span"));
        this.name = element("span", { class: "tile-name" });
        this.badges = element("span", { class: "tile-badges" });
        this.signal = element("span", { class: "tile-signal" });
        this.detail = element("span", { class: "tile-detail" });
        this.root = element(
            "article", { class: "tile", role: "listitem" }, this.video, this.face,
            element("div", { class: "tile-bar" }, this.name, this.badges, this.signal, this.detail));
        this.update(host);
    }

    /**
     * @param {import("../rostrum.js").Participant} host
     * @param {import("../rostrum.js").Media} [media]
     * @param {import("../client/stats.js").Received} [received]
     * @param {{words: string, tone: string, bars: number} | null} [network] the host's
     */
    update(host, media, received, network) {
        const name = nameOf(host);
        setText(this.name, name);
        setText(this.face.firstChild, initials(name));
        this.root.setAttribute("aria-label", name);
        if (media && this.video.srcObject !== media.stream) this.video.srcObject = media.stream;
        const hasPicture = Boolean(media?.hasVideo) && !host.videoStopped
            && (this.video.videoWidth > 0);
        this.face.hidden = hasPicture;
        this.#badge(host);
        this.#grade(network ?? null);
        const warning = ["wait", "bad"].includes(network?.tone)
            ? `Network: ${network.words.toLowerCase()} · ` : "";
        setText(this.detail, warning + this.#words(host, media, received));
    }

    #badge({ audioMuted, videoStopped }) {
        const wanted = [
            audioMuted && ["mic-off", "Muted"], videoStopped && ["camera-off", "Camera stopped"],
        ].filter(Boolean);
        const key = wanted.map(([name]) => name).join(" ");
        if (this.badges.dataset.key === key) return;
        this.badges.dataset.key = key;
        this.badges.replaceChildren(...wanted.map(([name, words]) => element(
            "span", { title: words }, icon(name),
            element("span", { class: "visually-hidden" }, words))));
    }

    /** The host's network in bars and, for who does not see them, in words. */
    #grade(network) {
        const words = network ? `Network: ${network.words.toLowerCase()}` : "";
        if (this.signal.title === words) return;
        this.signal.title = words;
        this.signal.dataset.tone = network?.tone ?? "";
        this.signal.replaceChildren(...(network ? [
            signalBars(network.bars), element("span", { class: "visually-hidden" }, words),
        ] : []));
    }

    #words(host, media, received) {
        if (host.videoStopped) return "Camera stopped";
        if (!media?.hasVideo) return media?.hasAudio ? "Sound only" : "Joining…";
        if (!received?.width) return "Waiting for the picture";
        return [
            LAYER_WORDS[media.layer],
            `${received.width} × ${received.height}`,
            received.fps !== null && `${Math.round(received.fps)} fps`,
            received.kbps !== null && bitrateWords(received.kbps),
        ].filter(Boolean).join(" · ");
    }

    remove() {
        this.video.srcObject = null;
        this.root.remove();
    }
}
