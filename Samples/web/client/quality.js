// How good networks are, as the server grades them: 0 (excellent) to 4 (down).

/**
 * @typedef {object} PublisherQuality one host in the `publishers` of a viewer's QUALITY
 * @property {string} participantId
 * @property {number} [hostToServerMs]
 * @property {number} [networkQuality]
 */

const GRADES = [
    { words: "Excellent", tone: "good" },
    { words: "Good", tone: "good" },
    { words: "Normal", tone: "" },
    { words: "Poor", tone: "wait" },
    { words: "Down", tone: "bad" },
];

/**
 * A grade in words; null when there is none.
 * @param {number | null | undefined} grade
 * @returns {{words: string, tone: "good" | "" | "wait" | "bad", bars: number} | null} `bars` of four
 */
export function networkWords(grade) {
    const known = GRADES[grade];
    return known ? { ...known, bars: GRADES.length - 1 - grade } : null;
}

/**
 * What the server says of one host.
 * @param {object | null} quality payload of the newest QUALITY message
 * @param {string} participantId
 * @returns {PublisherQuality | null}
 */
export function publisherQuality(quality, participantId) {
    const publishers = Array.isArray(quality?.publishers) ? quality.publishers : [];
    return publishers.find((publisher) => publisher?.participantId === participantId) ?? null;
}

/**
 * The host that is farthest from the server; null while no host's way is known.
 * @param {object | null} quality payload of the newest QUALITY message
 * @returns {{participantId: string, hostToServerMs: number} | null}
 */
export function farthestHost(quality) {
    const publishers = Array.isArray(quality?.publishers) ? quality.publishers : [];
    const known = publishers.filter(({ hostToServerMs: ms }) => Number.isFinite(ms) && ms >= 0);
    return known.sort((a, b) => b.hostToServerMs - a.hostToServerMs)[0] ?? null;
}
