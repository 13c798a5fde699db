import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { farthestHost, networkWords, publisherQuality } from "../client/quality.js";

describe("network quality", () => {
    test("has words and bars for each grade", () => {
        const words = [0, 1, 2, 3, 4].map((grade) => networkWords(grade));
        assert.deepEqual(words.map((grade) => grade.words),
            ["Excellent", "Good", "Normal", "Poor", "Down"]);
        assert.deepEqual(words.map(({ bars }) => bars), [4, 3, 2, 1, 0]);
    });

    test("is unknown where the server says nothing it knows", () => {
        for (const grade of [undefined, null, -1, 5, 1.5, "good", NaN]) {
            assert.equal(networkWords(grade), null);
        }
    });
});

describe("hosts in a viewer's QUALITY", () => {
    const quality = { publishers: [
        { participantId: "a", hostToServerMs: 12, networkQuality: 0 }, { participantId: "b" },
        { participantId: "c", hostToServerMs: 48, networkQuality: 3 },
    ] };

    test("are found by their id", () => {
        assert.equal(publisherQuality(quality, "c").networkQuality, 3);
        assert.equal(publisherQuality(quality, "z"), null);
        assert.equal(publisherQuality(null, "c"), null);
        assert.equal(publisherQuality({ publishers: "none" }, "c"), null);
    });

    test("the farthest makes the longest leg", () => {
        assert.equal(farthestHost(quality).participantId, "c");
        assert.equal(farthestHost({ publishers: [{ participantId: "b" }] }), null);
        assert.equal(farthestHost(null), null);
    });
});
