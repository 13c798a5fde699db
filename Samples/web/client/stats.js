// Numbers for people, out of two RTCStatsReports taken some time apart.

/**
 * @typedef {object} Sent one layer of video, or the sound
 * @property {"audio" | "video"} kind
 * @property {string} rid empty when there is only one
 * @property {boolean} active
 * @property {string} codec for example "H264"
 * @property {number | null} kbps
 * @property {number | null} fps
 * @property {number} width
 * @property {number} height
 * @property {string} limitedBy "cpu", "bandwidth", "other" or ""
 * @property {number | null} lossPercent as the server reports it
 *
 * @typedef {object} Received one track
 * @property {"audio" | "video"} kind
 * @property {string} mid
 * @property {string} codec
 * @property {number | null} kbps
 * @property {number | null} fps
 * @property {number} width
 * @property {number} height
 * @property {number | null} jitterBufferMs
 * @property {number | null} lossPercent
 * @property {number} framesDecoded
 * @property {number} freezes
 *
 * @typedef {{roundTripMs: number | null, sent: Sent[], received: Received[]}} Summary
 */

/** How much a counter grew a second; null when that can't be told. */
export function rate(before, now, field) {
    const seconds = (now.timestamp - (before?.timestamp ?? now.timestamp)) / 1000;
    const grown = now[field] - before?.[field];
    return seconds > 0 && grown >= 0 ? grown / seconds : null;
}

const kilobits = (bytesPerSecond) =>
    (bytesPerSecond === null ? null : Math.round((bytesPerSecond * 8) / 1000));

/** Lost of all that should have come between two reports, in percent; null when nothing came. */
export function lossPercent(before, now) {
    const lost = Math.max(0, now.packetsLost - (before?.packetsLost ?? 0));
    const received = now.packetsReceived - (before?.packetsReceived ?? 0);
    return received > 0 ? (100 * lost) / (lost + received) : null;
}

/** How long a frame or sample waited in the jitter buffer between two reports, in milliseconds. */
export function jitterBufferMs(before, now) {
    const emitted = now.jitterBufferEmittedCount - (before?.jitterBufferEmittedCount ?? 0);
    const waited = now.jitterBufferDelay - (before?.jitterBufferDelay ?? 0);
    return emitted > 0 && waited >= 0 ? (1000 * waited) / emitted : null;
}

/** @param {Map<string, any>} stats */
function roundTripMs(stats) {
    const values = [...stats.values()];
    const transport = values.find((value) => value.type === "transport");
    const pair = stats.get(transport?.selectedCandidatePairId)
        ?? values.find((value) => value.type === "candidate-pair" && value.nominated);
    const seconds = pair?.currentRoundTripTime
        ?? values.find((value) => value.type === "remote-inbound-rtp")?.roundTripTime;
    return seconds === undefined ? null : seconds * 1000;
}

const codecName = (stats, value) => (stats.get(value.codecId)?.mimeType ?? "").replace(/^\w+\//, "");

/** @returns {Sent} */
function sent(before, stats, value) {
    const reported = [...stats.values()].find(
        (other) => other.type === "remote-inbound-rtp" && other.localId === value.id);
    const limited = value.qualityLimitationReason;
    return {
        kind: value.kind,
        rid: value.rid ?? "",
        active: value.active !== false,
        codec: codecName(stats, value),
        kbps: kilobits(rate(before, value, "bytesSent")),
        fps: value.framesPerSecond ?? null,
        width: value.frameWidth ?? 0,
        height: value.frameHeight ?? 0,
        limitedBy: limited === "none" || limited === undefined ? "" : limited,
        lossPercent: reported?.fractionLost === undefined ? null : 100 * reported.fractionLost,
    };
}

/** @returns {Received} */
function received(before, stats, value) {
    return {
        kind: value.kind,
        mid: value.mid ?? "",
        codec: codecName(stats, value),
        kbps: kilobits(rate(before, value, "bytesReceived")),
        fps: value.framesPerSecond ?? rate(before, value, "framesDecoded"),
        width: value.frameWidth ?? 0,
        height: value.frameHeight ?? 0,
        jitterBufferMs: jitterBufferMs(before, value),
        lossPercent: lossPercent(before, value),
        framesDecoded: value.framesDecoded ?? 0,
        freezes: value.freezeCount ?? 0,
    };
}

const LAYER_ORDER = ["hi", "mid", "low"];
const layerRank = ({ rid }) => LAYER_ORDER.indexOf(rid);

/**
 * @param {Map<string, any> | null} previous the report before, or null for the first
 * @param {Map<string, any>} current
 * @returns {Summary} layers best first
 */
export function summarise(previous, current) {
    const values = [...current.values()];
    const all = (type, read) => values.filter((value) => value.type === type)
        .map((value) => read(previous?.get(value.id), current, value));
    return {
        roundTripMs: roundTripMs(current),
        sent: all("outbound-rtp", sent).sort((a, b) => layerRank(a) - layerRank(b)),
        received: all("inbound-rtp", received),
    };
}

/** A report as a Map of plain values, to be kept for the next comparison. */
export function snapshot(report) {
    const values = new Map();
    report.forEach((value) => values.set(value.id, value));
    return values;
}
