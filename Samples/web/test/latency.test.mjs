import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { budgetWords, latencyBudget, median } from "../client/latency.js";

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

describe("over the budget", () => {
    const late = (host, server, viewer, buffer) => latencyBudget(
        { latency: {
            hostToServerMs: host, serverMs: server, serverToViewerMs: viewer, jitterBufferMs: buffer,
            pacerMs: 5, budgetMs: 300 } }, null);

    test("the leg that costs most is to blame", () => {
        assert.equal(late(200, 10, 50, 40).blame, null, "300 ms are within the budget");
        assert.equal(late(300, 20, 60, 40).blame, "hostToServer");
        assert.equal(budgetWords(late(300, 20, 60, 40)).words,
            "420 ms: the host's network costs most.");
        assert.equal(budgetWords(late(30, 20, 60, 400)).tone, "bad");
        assert.equal(late(30, 20, 60, 400).blame, "jitterBuffer");
    });

    test("words say what is to spare", () => {
        assert.equal(budgetWords(late(40, 10, 50, 40)).words, "Within budget: 160 ms to spare.");
        assert.equal(budgetWords(latencyBudget(null, null)).tone, "");
        assert.match(budgetWords(latencyBudget({ latency: { serverMs: 1 } }, null)).words, /so far/);
    });

    test("the pacer's time is part of the server's", () => {
        assert.equal(late(0, 10, 0, 0).legs[1].pacerMs, 5);
        assert.equal(late(0, 10, 0, 0).totalMs, 10);
        assert.equal(late(0, 3, 0, 0).legs[1].pacerMs, 3);
        assert.equal(latencyBudget({ latency: { serverMs: 1 } }, null).legs[1].pacerMs, undefined);
    });
});

test("median leaves out what is unknown", () => {
    assert.equal(median([]), null);
    assert.equal(median([null, 5]), 5);
    assert.equal(median([30, 10, null, 20]), 20);
    assert.equal(median([10, 20]), 15);
});
