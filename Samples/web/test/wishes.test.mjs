import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Wishes } from "../client/wishes.js";

/** Wishes whose clock is set by hand, and what they said: [milliseconds, type, payload]. */
function make() {
    const said = [];
    const world = { now: 0, open: true, timers: [] };
    const wishes = new Wishes((type, payload) => {
        if (world.open) said.push([world.now, type, payload]);
        return world.open;
    }, {
        now: () => world.now,
        setTimeout: (run, ms) => world.timers.push({ run, at: world.now + ms }) && run,
        clearTimeout: (run) => { world.timers = world.timers.filter((timer) => timer.run !== run); },
    });
    const advance = (ms) => {
        for (const end = world.now + ms; ;) {
            world.timers.sort((a, b) => a.at - b.at);
            if (!(world.timers[0]?.at <= end)) {
                world.now = end;
                return;
            }
            const { run, at } = world.timers.shift();
            world.now = at;
            run();
        }
    };
    return { wishes, said, world, advance, words: () => said.map(([, type, payload]) => [type, payload]) };
}

describe("wishes", () => {
    test("are said together: sizes in one message, layer and pin in another", () => {
        const { wishes, advance, words } = make();
        wishes.change("ada", { layer: "hi" });
        wishes.change("ada", { pinned: true, paused: true });
        wishes.change("ada", { shown: { width: 640, height: 360 } });
        wishes.change("bob", { shown: { width: 0, height: 0 } });
        assert.deepEqual(words(), []);
        advance(0);
        assert.deepEqual(words(), [
            ["VIEWPORT", { shown: [
                { participantId: "ada", width: 640, height: 360 },
                { participantId: "bob", width: 0, height: 0 },
            ] }],
            ["PAUSE", { participantId: "ada" }],
            ["PREFER_LAYER", { participantId: "ada", layer: "hi", pinned: true }],
        ]);
    });

    test("that are no change are not said", () => {
        const { wishes, advance, said } = make();
        wishes.change("ada", { layer: null, shown: { width: 1, height: 1 } });
        advance(0);
        wishes.change("ada", { layer: null, shown: { width: 1, height: 1 } });
        advance(5000);
        assert.equal(said.length, 2);
    });

    test("are said again when the socket is back, also those taken back meanwhile", () => {
        const { wishes, advance, world, words, said } = make();
        wishes.change("ada", { layer: "hi", paused: true });
        advance(0);
        world.open = false;
        wishes.change("ada", { layer: null, paused: false });
        advance(1000);
        world.open = true;
        said.length = 0;
        wishes.sayAgain();
        advance(0);
        assert.deepEqual(words(), [
            ["RESUME", { participantId: "ada" }],
            ["PREFER_LAYER", { participantId: "ada", layer: null }],
        ]);
    });

    test("are never more than ten in any second", () => {
        const { wishes, advance, said } = make();
        for (let round = 0; round < 40; round += 1) {
            for (let id = 0; id < 12; id += 1) wishes.change(`h${id}`, { layer: round % 2 ? "hi" : "low" });
            advance(37);
        }
        advance(10_000);
        for (const [at] of said) {
            assert.ok(said.filter(([time]) => time >= at && time < at + 1000).length <= 10);
        }
        const last = new Map(said.map(([, , { participantId, layer }]) => [participantId, layer]));
        assert.equal(last.size, 12);
        assert.ok([...last.values()].every((layer) => layer === "hi"), "the last word was said");
    });

    test("of more hosts than the server remembers are forgotten, oldest first", () => {
        const { wishes, advance, said } = make();
        for (let id = 0; id < 80; id += 1) wishes.change(`h${id}`, { shown: { width: id, height: 1 } });
        advance(0);
        assert.deepEqual(wishes.of("h0"), {});
        assert.equal(said.length, 1);
        assert.equal(said[0][2].shown.length, 64);
    });

    test("end", () => {
        const { wishes, advance, said } = make();
        wishes.change("ada", { paused: true });
        wishes.stop();
        advance(1000);
        assert.deepEqual(said, []);
    });
});
