import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { backoff, wait } from "../client/backoff.js";
import { onlyCodec, receivableCodecs } from "../client/codecs.js";
import { SignallingError, explain, isTransient, refusal } from "../client/errors.js";
import { simulcastLayers } from "../client/layers.js";
import { scrollingLayout, tileLayout } from "../pages/grid.js";

describe("backoff", () => {
    test("doubles up to 30 seconds", () => {
        const longest = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoff(attempt, () => 1));
        assert.deepEqual(
            longest, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        assert.equal(backoff(3, () => 0), 2000);
    });

    test("waiting ends when it is aborted", async () => {
        const stop = new AbortController();
        const waiting = wait(60_000, stop.signal);
        stop.abort(new DOMException("Stopped", "AbortError"));
        await assert.rejects(waiting, { name: "AbortError" });
        await assert.rejects(wait(60_000, stop.signal), { name: "AbortError" });
        await wait(1, new AbortController().signal);
    });
});

describe("errors", () => {
    test("are read from the server's JSON", () => {
        const error = refusal(401, '{"code":2,"name":"TOKEN_EXPIRED","message":"It ended at noon."}');
        assert.equal(error.status, 401);
        assert.equal(error.code, 2);
        assert.equal(error.reason, "TOKEN_EXPIRED");
        assert.equal(explain(error).title, "This token has expired");
        assert.equal(explain(error).detail, "It ended at noon.");
    });

    test("of a proxy say their status", () => {
        assert.equal(refusal(502, "<html>Bad Gateway</html>").reason, "HTTP_502");
        assert.match(explain(refusal(502, "")).detail, /502/);
        assert.match(explain(refusal(418, "")).advice, /418/);
        assert.equal(refusal(500, "null").reason, "HTTP_500");
    });

    test("pass by themselves or do not", () => {
        for (const status of [408, 429, 500, 502, 503]) assert.ok(isTransient(refusal(status, "")));
        for (const status of [400, 401, 403, 404, 413, 415, 422]) {
            assert.ok(!isTransient(refusal(status, "")));
        }
        assert.ok(isTransient(new TypeError("Failed to fetch")));
        assert.ok(isTransient(new SignallingError({ name: "CONNECT_TIMEOUT", message: "" })));
        assert.ok(!isTransient(new DOMException("", "AbortError")));
        assert.ok(!isTransient(new Error("a mistake of ours")));
    });

    test("of the camera say what to do", () => {
        for (const name of ["NotAllowedError", "NotFoundError", "NotReadableError"]) {
            const { title, advice } = explain(new DOMException("technical words", name));
            assert.ok(title && advice && !`${title}${advice}`.includes("technical"));
        }
    });
});

describe("layers", () => {
    test("of a 720p camera are three, smallest first", () => {
        assert.deepEqual(simulcastLayers(720), [
            { rid: "low", scaleResolutionDownBy: 4, maxBitrate: 200_000 },
            { rid: "mid", scaleResolutionDownBy: 2, maxBitrate: 700_000 },
            { rid: "hi", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
        ]);
        assert.equal(simulcastLayers().length, 3);
        assert.equal(simulcastLayers(720, { hi: 900_000 }).at(-1).maxBitrate, 900_000);
    });

    test("of a small camera are fewer", () => {
        assert.deepEqual(simulcastLayers(360).map(({ rid }) => rid), ["low", "hi"]);
        assert.deepEqual(simulcastLayers(240), []);
    });
});

describe("codecs", () => {
    const codec = (mimeType, sdpFmtpLine) => ({ mimeType, sdpFmtpLine });

    test("of a host are the wanted one and its retransmission", () => {
        const codecs = ["VP8", "rtx", "H264", "H264", "AV1", "red"].map(
            (name, index) => ({ mimeType: `video/${name}`, index }));
        assert.deepEqual(onlyCodec(codecs, "h264").map(({ index }) => index), [2, 3, 1]);
        assert.equal(onlyCodec(codecs, "h265"), codecs);
    });

    test("of a viewer are those that are forwarded", () => {
        const [vp8, vp9, rtx] = ["VP8", "VP9", "rtx"].map((name) => codec(`video/${name}`));
        const mode0 = codec("video/H264", "packetization-mode=0;profile-level-id=42001f");
        const mode1 = codec("video/H264", "packetization-mode=1;profile-level-id=42001f");
        assert.deepEqual(receivableCodecs([vp8, vp9, mode0, mode1, rtx]), [vp8, vp9, mode1, rtx]);
        assert.deepEqual(receivableCodecs([codec("video/H265"), rtx]), []);
        const deep = [codec("video/VP9", "profile-id=2"), codec("video/AV1", "profile=1")];
        const usual = [codec("video/VP9", "profile-id=0"),
            codec("video/AV1", "level-idx=5;profile=0;tier=0")];
        assert.deepEqual(receivableCodecs([...deep, ...usual]), usual);
        const [opus, dtmf] = [codec("audio/opus"), codec("audio/telephone-event")];
        assert.deepEqual(receivableCodecs([opus, dtmf]), [opus]);
    });
});

describe("the grid", () => {
    test("makes tiles as large as the room allows", () => {
        const columns = (count, width, height) => tileLayout(count, width, height, 10).columns;
        assert.equal(columns(1, 1600, 900), 1);
        assert.equal(columns(2, 1600, 900), 2);
        assert.equal(columns(2, 900, 1600), 1);
        assert.equal(columns(4, 1600, 900), 2);
        assert.equal(columns(5, 1600, 900), 3);
        assert.equal(columns(12, 1600, 900), 4);
    });

    test("fits: no tile leaves the room", () => {
        for (let count = 1; count <= 12; count += 1) {
            for (const [width, height] of [[1600, 900], [700, 1000], [3840, 2160], [400, 300]]) {
                const { columns, tileWidth } = tileLayout(count, width, height, 10);
                const rows = Math.ceil(count / columns);
                assert.ok(columns * tileWidth + (columns - 1) * 10 <= width);
                assert.ok((rows * tileWidth * 9) / 16 + (rows - 1) * 10 <= height + rows);
            }
        }
    });

    test("on a phone is one column", () => {
        assert.deepEqual(scrollingLayout(5, 328, 10), { columns: 1, tileWidth: 328 });
        assert.equal(scrollingLayout(5, 800, 10).columns, 2);
        assert.equal(scrollingLayout(1, 800, 10).columns, 1);
    });
});
