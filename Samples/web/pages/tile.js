// One host on the viewer's page.

import { layerWords, nowWords, pausedWords } from "./picture.js";
import { bitrateWords, element, icon, nameOf, setText, signalBars } from "./ui.js";

/**
 * @typedef {object} Picture how the viewer gets the picture of a host
 * @property {{layer: string | null, reason: string} | null} news what LAYER said last
 * @property {import("../client/received-layers.js").StreamLayer | null} selected
 * @property {{layer: string | null, pinned: boolean, paused: boolean}} wish
 * @property {"" | "yes" | "active"} speaking
 */

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
        this.coverWords = element("span", { role: "status" });
        this.resume = element("button", { class: "button quiet", type: "button" }, "Resume");
        this.cover = element(
            "div", { class: "tile-cover" }, icon("pause"), this.coverWords, this.resume);
        this.menu = element("button", { class: "tile-menu", type: "button" }, icon("more"));
        this.root = element(
            "article", { class: "tile", role: "listitem" }, this.video, this.face, this.cover,
            element("div", { class: "tile-bar" }, this.name, this.badges, this.signal, this.detail),
            this.menu);
        this.update(host);
    }

    /**
     * @param {import("../rostrum.js").Participant} host
     * @param {import("../rostrum.js").Media} [media]
     * @param {import("../client/stats.js").Received} [received]
     * @param {{words: string, tone: string, bars: number} | null} [network] the host's
     * @param {Picture | null} [picture]
     */
    update(host, media, received, network, picture) {
        const name = nameOf(host);
        setText(this.name, name);
        setText(this.face.firstChild, initials(name));
        this.root.setAttribute("aria-label", name);
        this.menu.setAttribute("aria-label", `Picture of ${name}: size, pin, pause`);
        this.root.dataset.speaking = picture?.speaking ?? "";
        if (media && this.video.srcObject !== media.stream) this.video.srcObject = media.stream;
        const hasPicture = Boolean(media?.hasVideo) && !host.videoStopped
            && (this.video.videoWidth > 0);
        this.face.hidden = hasPicture;
        const paused = picture && !host.videoStopped ? pausedWords(picture.news, picture.wish) : "";
        this.cover.hidden = paused === "";
        setText(this.coverWords, paused);
        this.resume.hidden = !picture?.wish.paused;
        this.#badge(host, picture?.wish.pinned);
        this.#grade(network ?? null);
        const warning = ["wait", "bad"].includes(network?.tone)
            ? `Network: ${network.words.toLowerCase()} · ` : "";
        // Something stays there also without a picture, so that the bar keeps its height.
        const words = paused
            ? (media?.hasAudio ? "Sound only" : "Paused") : this.#words(host, media, received, picture);
        setText(this.detail, warning + words);
        this.detail.title = picture ? nowWords(picture.selected, picture.news?.reason, paused) : "";
    }

    #badge({ audioMuted, videoStopped }, pinned) {
        const wanted = [
            pinned && ["pin", "Pinned"], audioMuted && ["mic-off", "Muted"], videoStopped && ["camera-off", "Camera stopped"],
        ].filter(Boolean);
        const key = wanted.map(([name]) => name).join(" ");
        if (this.badges.dataset.key === key) return;
        this.badges.dataset.key = key;
        this.badges.replaceChildren(...wanted.map(([name, words]) => element(
            "span", { title: words, "data-badge": name }, icon(name),
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

    #words(host, media, received, picture) {
        if (host.videoStopped) return "Camera stopped";
        if (!media?.hasVideo) return media?.hasAudio ? "Sound only" : "Joining…";
        if (!received?.width) return "Waiting for the picture";
        return [
            layerWords(picture?.selected ?? null, picture?.news?.reason),
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
