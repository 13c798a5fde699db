import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { latencyBudget, median } from "../client/latency.js";

const track = (jitterBufferMs, kbps = 500) => ({ kind: "video", kbps, jitterBufferMs });

describe("latencyBudget", () => {
    test("adds the legs", () => {
        const budget = latencyBudget(
            { latency: { hostToServerMs: 12, serverMs: 0.5, serverToViewerMs: 20, budgetMs: 300 } },
            { roundTripMs: 60, received: [track(30), track(50), { ...track(900), kind: "audio" }] });
        assert.deepEqual(budget.legs.map(({ ms }) => ms), [12, 0.5, 20, 40]);
        assert.equal(budget.totalMs, 72.5);
        assert.equal(budget.complete, true);
        assert.equal(budget.budgetMs, 300);
    });

    test("takes the way of the host that is farthest away", () => {
        const { legs, totalMs } = latencyBudget(
            {
                latency: { hostToServerMs: 31, serverMs: 1 },
                publishers: [
                    { participantId: "near", hostToServerMs: 8 }, { participantId: "new" },
                    { participantId: "far", hostToServerMs: 31 },
                ],
            }, null);
        assert.equal(legs[0].participantId, "far");
        assert.equal(legs[0].ms, 31);
        assert.equal(totalMs, 32);
    });

    test("takes half of its own round trip where the server does not know", () => {
        const { legs, complete } = latencyBudget(
            { latency: { serverToViewerMs: null } }, { roundTripMs: 60, received: [] });
        assert.deepEqual(legs.map(({ ms }) => ms), [null, null, 30, null]);
        assert.equal(complete, false);
    });

    test("knows nothing before anything was measured", () => {
        const { legs, totalMs, budgetMs } = latencyBudget(null, null);
        assert.ok(legs.every(({ ms }) => ms === null));
        assert.equal(totalMs, 0);
        assert.equal(budgetMs, 300);
    });

    test("does not count tracks that carry nothing now", () => {
        const { legs } = latencyBudget(null, { roundTripMs: null, received: [track(30), track(800, 0)] });
        assert.equal(legs[3].ms, 30);
    });
});

test("median leaves out what is unknown", () => {
    assert.equal(median([]), null);
    assert.equal(median([null, 5]), 5);
    assert.equal(median([30, 10, null, 20]), 20);
    assert.equal(median([10, 20]), 15);
});
