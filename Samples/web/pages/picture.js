// Words about the picture of one host: which layer, why, and why none.

import { bitrateWords } from "./ui.js";

/** Why this layer, in a few words; empty where there is nothing to say. */
const REASONS = {
    NETWORK: "your network",
    REQUESTED: "for your choice or its size",
    PUBLISHER: "as the host sends it",
};

/**
 * Why there is no picture, for the tile; empty where there is one, or none to pause.
 * @param {{layer: string | null, reason: string} | null} news what LAYER said last
 * @param {{paused: boolean}} wish
 */
export function pausedWords(news, wish) {
    if (wish.paused) return "Paused by you";
    if (news?.layer !== null) return "";
    return {
        NETWORK: "Paused: your network",
        PUBLISHER: "Paused: the host sends nothing",
        REQUESTED: "The picture comes back…",
    }[news?.reason] ?? (news ? "Paused" : "");
}

/** Size and rate of a layer. @param {import("../client/received-layers.js").StreamLayer} layer */
export function layerFacts({ width, height, bitrate }) {
    return [
        width > 0 && `${width} × ${height}`,
        bitrate > 0 && bitrateWords(bitrate / 1000),
    ].filter(Boolean).join(" · ");
}

/**
 * Which layer is received, and why: "Medium (your network)". A first or only layer needs no reason.
 * @param {import("../client/received-layers.js").StreamLayer | null} layer
 * @param {string} [reason]
 */
export function layerWords(layer, reason) {
    if (!layer || layer.label === "Only") return "";
    const why = reason === "NETWORK" ? REASONS.NETWORK : "";
    return why ? `${layer.label} (${why})` : layer.label;
}

/** The same as a sentence, for the menu. */
export function nowWords(layer, reason, paused) {
    if (paused) return paused;
    if (!layer) return "No picture yet";
    const label = layer.label === "Only" ? "One size only" : `Now ${layer.label}`;
    return REASONS[reason] ? `${label}: ${REASONS[reason]}` : label;
}
