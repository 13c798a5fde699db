// The latency budget: what each leg between the host's camera and the viewer's screen takes.

/**
 * @typedef {object} Leg
 * @property {"hostToServer" | "server" | "serverToViewer" | "jitterBuffer"} key
 * @property {string} label
 * @property {number | null} ms null when it is not known yet
 * @property {string} [participantId] the host whose leg it is: the one that is farthest away
 */

import { farthestHost } from "./quality.js";

export const BUDGET_MS = 300;

const known = (value) => (Number.isFinite(value) && value >= 0 ? value : null);

/**
 * The median of what is known.
 * @param {(number | null)[]} values
 */
export function median(values) {
    const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The legs for a viewer, with the way of the host that is farthest away.
 * @param {object | null} quality payload of the newest QUALITY message
 * @param {import("./stats.js").Summary | null} summary of this viewer's own connection
 * @returns {{legs: Leg[], totalMs: number, complete: boolean, budgetMs: number}} the total of what is
 *   known; `complete` when that is every leg
 */
export function latencyBudget(quality, summary) {
    const seen = quality?.latency ?? {};
    const farthest = farthestHost(quality);
    const halfRoundTrip = known((summary?.roundTripMs ?? NaN) / 2);
    const video = (summary?.received ?? []).filter(({ kind, kbps }) => kind === "video" && kbps);
    const legs = [
        {
            key: "hostToServer",
            label: "Host to server",
            ms: farthest?.hostToServerMs ?? known(seen.hostToServerMs ?? NaN),
            participantId: farthest?.participantId,
        },
        { key: "server", label: "Inside the server", ms: known(seen.serverMs ?? NaN) },
        {
            key: "serverToViewer",
            label: "Server to you",
            ms: known(seen.serverToViewerMs ?? NaN) ?? halfRoundTrip,
        },
        {
            key: "jitterBuffer",
            label: "In your jitter buffer",
            ms: median(video.map((track) => track.jitterBufferMs)),
        },
    ];
    return {
        legs,
        totalMs: legs.reduce((sum, leg) => sum + (leg.ms ?? 0), 0),
        complete: legs.every((leg) => leg.ms !== null),
        budgetMs: known(seen.budgetMs ?? NaN) || BUDGET_MS,
    };
}
