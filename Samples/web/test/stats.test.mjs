import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { jitterBufferMs, lossPercent, rate, summarise } from "../client/stats.js";

const report = (...values) => new Map(values.map((value) => [value.id, value]));

describe("rate", () => {
    test("is the growth a second", () => {
        assert.equal(rate({ timestamp: 1000, n: 10 }, { timestamp: 3000, n: 30 }, "n"), 10);
    });
    test("is unknown without two reports, time, or growth", () => {
        assert.equal(rate(undefined, { timestamp: 3000, n: 30 }, "n"), null);
        assert.equal(rate({ timestamp: 3000, n: 10 }, { timestamp: 3000, n: 30 }, "n"), null);
        assert.equal(rate({ timestamp: 1000, n: 40 }, { timestamp: 3000, n: 30 }, "n"), null);
        assert.equal(rate({ timestamp: 1000 }, { timestamp: 3000, n: 30 }, "n"), null);
    });
});

describe("lossPercent", () => {
    test("counts between the two reports", () => {
        const before = { packetsLost: 100, packetsReceived: 1000 };
        assert.equal(lossPercent(before, { packetsLost: 102, packetsReceived: 1098 }), 2);
    });
    test("is never negative: late packets un-lose themselves", () => {
        const before = { packetsLost: 5, packetsReceived: 100 };
        assert.equal(lossPercent(before, { packetsLost: 3, packetsReceived: 200 }), 0);
    });
    test("is unknown when nothing came", () => {
        assert.equal(lossPercent(undefined, { packetsLost: 0, packetsReceived: 0 }), null);
    });
});

describe("jitterBufferMs", () => {
    test("is the wait of what came out since", () => {
        const before = { jitterBufferDelay: 1, jitterBufferEmittedCount: 50 };
        const now = { jitterBufferDelay: 2.5, jitterBufferEmittedCount: 80 };
        assert.equal(jitterBufferMs(before, now), 50);
    });
    test("is unknown when nothing came out", () => {
        const same = { jitterBufferDelay: 1, jitterBufferEmittedCount: 50 };
        assert.equal(jitterBufferMs(same, same), null);
    });
});

describe("summarise", () => {
    const outbound = (id, rid, bytesSent, timestamp, more = {}) => ({
        id, rid, bytesSent, timestamp, type: "outbound-rtp", kind: "video", codecId: "c",
        frameWidth: 320, frameHeight: 180, framesPerSecond: 30, active: true,
        qualityLimitationReason: "none", ...more,
    });
    const codec = { id: "c", type: "codec", mimeType: "video/H264" };

    test("shows a host's layers, best first", () => {
        const before = report(codec, outbound("a", "low", 0, 0), outbound("b", "hi", 0, 0));
        const now = report(
            codec, outbound("a", "low", 25_000, 1000),
            outbound("b", "hi", 200_000, 1000, { qualityLimitationReason: "cpu", frameWidth: 1280 }),
            { id: "r", type: "remote-inbound-rtp", localId: "b", fractionLost: 0.02 },
            { id: "t", type: "transport", selectedCandidatePairId: "p" },
            { id: "p", type: "candidate-pair", currentRoundTripTime: 0.042 });
        const { sent, roundTripMs } = summarise(before, now);
        assert.equal(roundTripMs, 42);
        assert.deepEqual(sent.map(({ rid, kbps }) => [rid, kbps]), [["hi", 1600], ["low", 200]]);
        assert.equal(sent[0].limitedBy, "cpu");
        assert.equal(sent[0].lossPercent, 2);
        assert.equal(sent[1].codec, "H264");
        assert.equal(sent[1].limitedBy, "");
        assert.equal(sent[1].lossPercent, null);
    });

    test("shows what a viewer gets", () => {
        const inbound = (timestamp, grown) => ({
            id: "i", type: "inbound-rtp", kind: "video", mid: "3", codecId: "c", timestamp,
            bytesReceived: grown * 125_000, framesDecoded: grown * 30, packetsLost: 0,
            packetsReceived: grown * 100, jitterBufferDelay: grown * 0.6,
            jitterBufferEmittedCount: grown * 30, frameWidth: 1280, frameHeight: 720,
        });
        const { received, sent } = summarise(
            report(codec, inbound(0, 0)), report(codec, inbound(1000, 1)));
        assert.deepEqual(received, [{
            kind: "video", mid: "3", codec: "H264", kbps: 1000, fps: 30, width: 1280, height: 720,
            jitterBufferMs: 20, lossPercent: 0, framesDecoded: 30, freezes: 0,
        }]);
        assert.deepEqual(sent, []);
    });

    test("is honest about the first report", () => {
        const { sent, roundTripMs } = summarise(null, report(outbound("a", "", 5000, 1000)));
        assert.equal(sent[0].kbps, null);
        assert.equal(sent[0].codec, "");
        assert.equal(roundTripMs, null);
    });
});
