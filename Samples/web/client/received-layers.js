// The layers of a host's picture, as a viewer sees them.

/**
 * @typedef {object} StreamLayer one size in which a host's picture can be had, like the StageStreamLayer of
 *   the IVS broadcast SDK
 * @property {string} label "High", "Medium", "Low"; "Only" where there is one
 * @property {string} rid how the server calls it; empty where there is one
 * @property {number} width 0 while it is not known
 * @property {number} height
 * @property {number} bitrate bits per second, as they arrive at the server
 * @property {number} framesPerSecond
 * @property {boolean} selected whether it is the one that is received now
 */

const LABELS = ["High", "Medium", "Low"];
const KNOWN = {
    hi: "High", high: "High", h: "High", f: "High",
    mid: "Medium", medium: "Medium", m: "Medium",
    low: "Low", lo: "Low", l: "Low", q: "Low",
};

function labels(layers) {
    if (layers.length === 1) return ["Only"];
    const known = layers.map(({ rid }) => KNOWN[rid.toLowerCase()]);
    if (new Set(known).size === layers.length && !known.includes(undefined)) return known;
    if (layers.length === 2) return ["High", "Low"];
    return layers.length === 3 ? LABELS : layers.map(({ rid }) => rid);
}

/**
 * @param {import("../rostrum.js").Participant | undefined} participant
 * @param {string | null | undefined} selected the `rid` that is received; null or undefined: none
 * @returns {StreamLayer[]} best first; empty while no picture arrives
 */
export function streamLayers(participant, selected) {
    const layers = (participant?.layers ?? []).filter(({ kind }) => kind === "video");
    const words = labels(layers);
    return layers.map((layer, index) => ({
        label: words[index],
        rid: layer.rid,
        width: layer.width ?? 0,
        height: layer.height ?? 0,
        bitrate: layer.bitsPerSecond ?? 0,
        framesPerSecond: layer.framesPerSecond ?? 0,
        selected: layer.rid === selected,
    }));
}

/** What changes when somebody would want to draw a menu anew: not every bitrate. */
export const layersKey = (participant) => streamLayers(participant, null)
    .map(({ rid, width, height }) => `${rid}:${width}x${height}`).join(" ");
