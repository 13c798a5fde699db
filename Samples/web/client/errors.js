// What can go wrong, as values, and what to say about it.

/** A refusal of the server, or of this client on the server's behalf. */
export class SignallingError extends Error {
    /**
     * @param {object} refusal
     * @param {number} [refusal.status] HTTP status; 0 when no request was made
     * @param {number} [refusal.code] the number of the error, as in StageErrorCode
     * @param {string} refusal.name for example TOKEN_EXPIRED
     * @param {string} refusal.message
     */
    constructor({ status = 0, code = 0, name, message }) {
        super(message);
        this.name = "SignallingError";
        this.status = status;
        this.code = code;
        this.reason = name;
    }
}

/**
 * Reads `{"code", "name", "message"}`, or makes the best of another body.
 * @param {number} status
 * @param {string} body
 */
export function refusal(status, body) {
    try {
        const { code, name, message } = JSON.parse(body);
        if (typeof name === "string") return new SignallingError({ status, code, name, message });
    } catch {
        // Not JSON: a proxy spoke, and its status says enough.
    }
    return new SignallingError({
        status, name: `HTTP_${status}`, message: `The server answered with status ${status}.`,
    });
}

/** Whether the same request may succeed a little later. */
export function isTransient(error) {
    if (!(error instanceof SignallingError)) return error instanceof TypeError; // fetch: no network
    return error.status >= 500 || [408, 429].includes(error.status)
        || ["CONNECT_TIMEOUT", "CONNECTION_LOST"].includes(error.reason);
}

/** @type {Record<string, [title: string, advice: string]>} */
const WORDS = {
    TOKEN_MALFORMED: [
        "This token can't be used", "Copy the whole token again, or ask for a new one."],
    TOKEN_EXPIRED: ["This token has expired", "Ask for a new one: tokens open a stage only for a while."],
    TOKEN_NOT_ALLOWED: [
        "This token doesn't allow that",
        "Publishing needs a token with PUBLISH, watching one with SUBSCRIBE."],
    NO_PUBLISH: [
        "This token is for watching only",
        "Going live needs a token with the PUBLISH capability. Ask for one, or open the viewer page."],
    NO_SUBSCRIBE: [
        "This token is for hosting only",
        "Watching needs a token with the SUBSCRIBE capability. Ask for one, or open the host page."],
    STAGE_AT_CAPACITY: [
        "The stage is full", "As many hosts as it holds are live. Try again when one has left."],
    RESOLUTION_EXCEEDED: [
        "The picture is too large", "Choose a smaller one, and go live again."],
    BITRATE_EXCEEDED: [
        "Too much data was sent", "Choose a lower quality, and go live again."],
    STREAM_DURATION_EXCEEDED: [
        "The longest time is over", "Begin anew to go on."],
    UNPUBLISHED: [
        "You were taken off the air", "Whoever runs the stage has ended what you sent."],
    CODEC_MISMATCH: [
        "No common video format", "Choose the other codec, or use another browser."],
    STAGE_DELETED: ["This stage is gone", "Whoever runs it has deleted it. Ask for a token for another one."],
    PARTICIPANT_DISCONNECTED: [
        "You were removed from the stage", "This token no longer works. Ask whoever runs the stage."],
    DISPLACED: [
        "Opened somewhere else", "The same token is used in another tab or on another device."],
    CONNECT_TIMEOUT: [
        "No way through for sound and picture",
        "The server answers, but its media port can't be reached. A firewall may block UDP."],
    TOO_MANY_REQUESTS: ["Too many requests", "It is tried again in a moment."],
    CONNECTION_LOST: ["The connection was lost", "It is being set up again."],
    NO_MEDIA_DEVICES: [
        "This page may not use a camera here",
        "Browsers allow it only on https:// and on localhost. Open the page there."],
    NotAllowedError: [
        "Camera and microphone are not allowed",
        "Allow both for this site, with the icon beside the address, and try again."],
    NotFoundError: [
        "No camera or microphone was found", "Plug one in, or choose another device."],
    NotReadableError: [
        "The camera or microphone is busy", "Another program may be using it. Close that and try again."],
    OverconstrainedError: ["That device can't be used", "Choose another camera or microphone."],
    AbortError: ["Stopped", ""],
};

/**
 * An error in words.
 * @param {unknown} error
 * @returns {{title: string, advice: string, detail: string}} `detail` is the server's own sentence
 */
export function explain(error) {
    if (error instanceof SignallingError) {
        const words = WORDS[error.reason];
        if (words) return { title: words[0], advice: words[1], detail: error.message ?? "" };
        if (error.status >= 500) {
            return {
                title: "The server has trouble", advice: "It is tried again by itself.",
                detail: error.message ?? "",
            };
        }
        return { title: "The server refused", advice: error.message ?? "", detail: "" };
    }
    const words = WORDS[error?.name];
    if (words) return { title: words[0], advice: words[1], detail: "" };
    if (error instanceof TypeError) {
        return {
            title: "The server can't be reached",
            advice: "Check your network, and that the server runs. It is tried again by itself.",
            detail: "",
        };
    }
    return { title: "Something went wrong", advice: String(error?.message ?? error), detail: "" };
}
