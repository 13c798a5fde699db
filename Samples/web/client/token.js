// What a client reads from a participant token. Nothing is verified here: that is the server's work.

import { SignallingError } from "./errors.js";

/**
 * @typedef {object} TokenInfo
 * @property {string} text the token itself
 * @property {string} participantId
 * @property {string} stageId the topic of the events socket
 * @property {string} whipUrl
 * @property {string} eventsUrl
 * @property {string} userId empty when the token names nobody
 * @property {Record<string, string>} attributes
 * @property {boolean} canPublish
 * @property {boolean} canSubscribe
 * @property {number} expiresAt milliseconds since 1970
 */

function malformed(message) {
    return new SignallingError({ code: 1, name: "TOKEN_MALFORMED", message });
}

/** @param {string} part base64url, with or without padding */
function decodeBase64url(part) {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

function readClaims(text) {
    const parts = text.split(".");
    if (parts.length !== 3) throw malformed("A token has three parts with dots between them.");
    try {
        return JSON.parse(decodeBase64url(parts[1]));
    } catch {
        throw malformed("The middle part of the token can't be read.");
    }
}

/**
 * @param {string} text a participant token; white space around it is ignored
 * @returns {TokenInfo}
 * @throws {SignallingError} TOKEN_MALFORMED
 */
export function decodeToken(text) {
    const token = String(text ?? "").trim();
    const claims = readClaims(token);
    for (const name of ["jti", "topic", "whip_url", "events_url"]) {
        if (typeof claims?.[name] !== "string" || claims[name] === "") {
            throw malformed(`The token doesn't say its ${name}.`);
        }
    }
    return {
        text: token,
        participantId: claims.jti,
        stageId: claims.topic,
        whipUrl: claims.whip_url.replace(/\/+$/, ""),
        eventsUrl: claims.events_url.replace(/\/+$/, ""),
        userId: claims.user_id ?? "",
        attributes: claims.attributes ?? {},
        canPublish: claims.capabilities?.allow_publish === true,
        canSubscribe: claims.capabilities?.allow_subscribe === true,
        expiresAt: Number(claims.exp) * 1000,
    };
}
