// The latency budget: what each leg between the host's camera and the viewer's screen takes.

/**
 * @typedef {object} Leg
 * @property {"hostToServer" | "server" | "serverToViewer" | "jitterBuffer"} key
 * @property {string} label
 * @property {number | null} ms null when it is not known yet
 * @property {number} [pacerMs] the part of the server's leg for which packets are kept back on purpose
 * @property {string} [participantId] the host whose leg it is: the one that is farthest away
 *
 * @typedef {object} Budget
 * @property {Leg[]} legs
 * @property {number} totalMs of what is known
 * @property {boolean} complete whether that is every leg
 * @property {number} budgetMs
 * @property {Leg["key"] | null} blame the leg that costs most, where all cost too much
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

const pictures = (summary) =>
    (summary?.received ?? []).filter(({ kind, kbps }) => kind === "video" && kbps);

/**
 * What a viewer's own connection shows and the server cannot see: the payload of TELEMETRY, without the
 * resource.
 * @param {import("./stats.js").Summary | null} summary
 * @returns {{jitterBufferMs?: number, freezes: number, framesPerSecond?: number} | null} null before
 *   anything is received
 */
export function telemetry(summary) {
    const video = (summary?.received ?? []).filter(({ kind }) => kind === "video");
    if (video.length === 0) return null;
    const playing = pictures(summary);
    const rounded = (value) => (value === null ? undefined : Math.round(value * 10) / 10);
    return {
        jitterBufferMs: rounded(median(playing.map((track) => track.jitterBufferMs ?? null))),
        freezes: video.reduce((sum, { freezes }) => sum + (freezes ?? 0), 0),
        framesPerSecond: rounded(median(playing.map(({ fps }) => fps ?? null))),
    };
}

/**
 * The legs for a viewer, with the way of the host that is farthest away.
 * @param {object | null} quality payload of the newest QUALITY message
 * @param {import("./stats.js").Summary | null} summary of this viewer's own connection
 * @returns {Budget}
 */
export function latencyBudget(quality, summary) {
    const seen = quality?.latency ?? {};
    const farthest = farthestHost(quality);
    const halfRoundTrip = known((summary?.roundTripMs ?? NaN) / 2);
    const serverMs = known(seen.serverMs ?? NaN);
    const pacerMs = known(seen.pacerMs ?? NaN);
    const legs = [
        {
            key: "hostToServer",
            label: "Host to server",
            ms: farthest?.hostToServerMs ?? known(seen.hostToServerMs ?? NaN),
            participantId: farthest?.participantId,
        },
        {
            key: "server",
            label: "Inside the server",
            ms: serverMs,
            ...(serverMs && pacerMs ? { pacerMs: Math.min(pacerMs, serverMs) } : {}),
        },
        {
            key: "serverToViewer",
            label: "Server to you",
            ms: known(seen.serverToViewerMs ?? NaN) ?? halfRoundTrip,
        },
        {
            key: "jitterBuffer",
            label: "In your jitter buffer",
            ms: median(pictures(summary).map((track) => track.jitterBufferMs ?? null))
                ?? known(seen.jitterBufferMs ?? NaN),
        },
    ];
    const totalMs = legs.reduce((sum, leg) => sum + (leg.ms ?? 0), 0);
    const budgetMs = known(seen.budgetMs ?? NaN) || BUDGET_MS;
    const [worst] = [...legs].sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0));
    return {
        legs, totalMs, budgetMs,
        complete: legs.every((leg) => leg.ms !== null),
        blame: totalMs > budgetMs ? worst.key : null,
    };
}

/** What a leg is called where it is to blame. */
const COSTS = {
    hostToServer: "the host's network costs most",
    server: "the server costs most",
    serverToViewer: "your network costs most",
    jitterBuffer: "waiting for late packets costs most",
};

/**
 * How it stands with the budget, in words: "Within budget: 228 ms to spare.", or "420 ms: the host's
 * network costs most."
 * @param {Budget} budget
 * @returns {{words: string, tone: "good" | "bad" | ""}}
 */
export function budgetWords({ legs, totalMs, budgetMs, complete, blame }) {
    if (legs.every(({ ms }) => ms === null)) {
        return { words: "Nothing is measured before a host is live.", tone: "" };
    }
    if (blame) return { words: `${Math.round(totalMs)} ms: ${COSTS[blame]}.`, tone: "bad" };
    const spare = `${Math.round(budgetMs - totalMs)} ms to spare`;
    return {
        words: complete ? `Within budget: ${spare}.` : `${spare} of what is known so far.`,
        tone: "good",
    };
}
