// The few lines of a session description that a WHIP client must touch itself.

const lines = (text) => text.split(/\r?\n/).filter((line) => line !== "");
const joined = (list) => `${list.join("\r\n")}\r\n`;
const first = (list, prefix) => list.find((line) => line.startsWith(prefix));

/**
 * The `application/trickle-ice-sdpfrag` that asks for an ICE restart (RFC 9725 §4.3.3).
 * @param {string} offer a local description made with `iceRestart`
 */
export function restartFragment(offer) {
    const all = lines(offer);
    const media = all.findIndex((line) => line.startsWith("m="));
    const section = all.slice(media);
    return joined([
        first(all, "a=group:BUNDLE"),
        section[0],
        first(section, "a=mid:"),
        first(all, "a=ice-ufrag:"),
        first(all, "a=ice-pwd:"),
    ].filter(Boolean));
}

/**
 * The answer as it stands after an ICE restart: the same media, with the server's new credentials and
 * candidates in every section.
 * @param {string} answer the remote description so far
 * @param {string} fragment the server's sdpfrag
 */
export function restartedAnswer(answer, fragment) {
    const given = lines(fragment);
    const credentials = [first(given, "a=ice-ufrag:"), first(given, "a=ice-pwd:")];
    if (!credentials.every(Boolean)) throw new Error("The server's answer has no ICE credentials.");
    const candidates = [...new Set(given.filter((line) => line.startsWith("a=candidate:")))];
    const isIce = /^a=(ice-ufrag:|ice-pwd:|candidate:|end-of-candidates)/;
    const sections = [];
    for (const line of lines(answer).filter((kept) => !isIce.test(kept))) {
        if (line.startsWith("m=") || sections.length === 0) sections.push([]);
        sections.at(-1).push(line);
    }
    const ice = [...credentials, ...candidates, "a=end-of-candidates"];
    return joined(sections.flatMap((section) =>
        (section[0].startsWith("m=") ? [...section, ...ice] : section)));
}

/**
 * Asks Chrome's encoder to begin at a rate that carries all layers, where it would begin at 300 kbit/s
 * and take long to climb. Other browsers ignore it.
 * @param {string} answer
 * @param {number} kilobits
 */
export function withStartBitrate(answer, kilobits) {
    const all = lines(answer);
    const video = new Set(all.flatMap((line) =>
        /^a=rtpmap:(\d+) (?:VP8|VP9|H264|AV1)\/90000$/i.exec(line)?.[1] ?? []));
    const parameter = `x-google-start-bitrate=${kilobits}`;
    const described = new Set();
    const changed = all.map((line) => {
        const type = /^a=fmtp:(\d+) /.exec(line)?.[1];
        if (!video.has(type)) return line;
        described.add(type);
        return `${line};${parameter}`;
    });
    return joined(changed.flatMap((line) => {
        const type = /^a=rtpmap:(\d+) /.exec(line)?.[1];
        return video.has(type) && !described.has(type)
            ? [line, `a=fmtp:${type} ${parameter}`] : [line];
    }));
}
