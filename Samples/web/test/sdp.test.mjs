import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { restartFragment, restartedAnswer, withStartBitrate } from "../client/sdp.js";

const sdp = (...lines) => `${lines.join("\r\n")}\r\n`;

const ANSWER = sdp(
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=ice-lite",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=ice-ufrag:old", "a=ice-pwd:oldpassword",
    "a=candidate:1 1 udp 1 10.0.0.1 7701 typ host", "a=end-of-candidates",
    "a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103", "a=mid:1", "a=ice-ufrag:old", "a=ice-pwd:oldpassword",
    "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
    "a=rtpmap:103 H264/90000", "a=fmtp:103 packetization-mode=1");

describe("an ICE restart", () => {
    test("asks with the new credentials of the first section", () => {
        const offer = ANSWER.replaceAll(":old", ":new").replace("a=ice-lite\r\n", "");
        assert.equal(restartFragment(offer), sdp(
            "a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=ice-ufrag:new",
            "a=ice-pwd:newpassword"));
    });

    test("puts the server's credentials and candidates into every section", () => {
        const changed = restartedAnswer(ANSWER, [
            "a=ice-lite", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=ice-ufrag:fresh",
            "a=ice-pwd:freshpassword", "a=candidate:2 1 udp 1 10.0.0.2 7701 typ host",
            "a=end-of-candidates", ""].join("\n"));
        assert.equal(changed.match(/a=ice-ufrag:fresh\r\n/g).length, 2);
        assert.equal(changed.match(/a=ice-pwd:freshpassword\r\n/g).length, 2);
        assert.equal(changed.match(/10\.0\.0\.2/g).length, 2);
        assert.equal(changed.match(/a=end-of-candidates/g).length, 2);
        assert.ok(!changed.includes("old") && !changed.includes("10.0.0.1"));
        assert.ok(changed.includes("a=ice-lite\r\n") && changed.startsWith("v=0\r\n"));
        assert.ok(changed.includes("a=fmtp:103 packetization-mode=1\r\n"));
    });

    test("is no restart without credentials", () => {
        assert.throws(() => restartedAnswer(ANSWER, "a=candidate:2 1 udp 1 10.0.0.2 7701 typ host"));
    });
});

test("a start bitrate goes to every video format and to nothing else", () => {
    const changed = withStartBitrate(ANSWER, 1500);
    assert.ok(changed.includes(
        "a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1500\r\n"));
    assert.ok(changed.includes("a=fmtp:103 packetization-mode=1;x-google-start-bitrate=1500\r\n"));
    assert.ok(changed.includes("a=fmtp:97 apt=96\r\n"));
    assert.ok(changed.includes("a=fmtp:111 useinbandfec=1\r\n"));
    assert.equal(changed.match(/x-google/g).length, 2);
});
