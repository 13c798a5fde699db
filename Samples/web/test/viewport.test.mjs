import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ViewportPlan } from "../client/viewport.js";

const size = (participantId, width, height) => ({ participantId, width, height });

describe("the viewport", () => {
    test("says a first size at once, and later ones when they rest", () => {
        const plan = new ViewportPlan();
        plan.resize("ada", 640.4, 360, 1000);
        assert.equal(plan.nextAt, 1000);
        assert.deepEqual(plan.due(1000), [size("ada", 640, 360)]);
        assert.equal(plan.nextAt, Infinity);
        for (let step = 1; step <= 10; step += 1) {
            plan.resize("ada", 640 + step, 360, 1000 + step * 100);
            assert.deepEqual(plan.due(1000 + step * 100), []);
        }
        assert.equal(plan.nextAt, 2250);
        assert.deepEqual(plan.due(2250), [size("ada", 650, 360)]);
    });

    test("says nothing where nothing changed", () => {
        const plan = new ViewportPlan();
        plan.resize("ada", 640, 360, 0);
        plan.due(0);
        plan.resize("ada", 640.2, 360, 10);
        assert.equal(plan.nextAt, Infinity);
        plan.resize("ada", 700, 360, 20);
        plan.resize("ada", 640, 360, 30);
        assert.deepEqual(plan.due(1000), []);
    });

    test("a page put away for a moment is not put away", () => {
        const plan = new ViewportPlan();
        plan.resize("ada", 640, 360, 0);
        plan.due(0);
        plan.setHidden(true, 100);
        assert.deepEqual(plan.due(2099), []);
        plan.setHidden(false, 2099);
        assert.deepEqual(plan.due(2099), []);
        plan.setHidden(true, 3000);
        assert.deepEqual(plan.due(5000), [size("ada", 0, 0)]);
        plan.setHidden(false, 9000);
        assert.deepEqual(plan.due(9000), [size("ada", 640, 360)], "back at once");
    });

    test("what is scrolled away stops after two seconds, and comes back at once", () => {
        const plan = new ViewportPlan();
        plan.resize("ada", 640, 360, 0);
        plan.resize("bob", 320, 180, 0);
        plan.due(0);
        plan.setSeen("bob", false, 10);
        plan.setSeen("eve", false, 10);
        assert.equal(plan.nextAt, 2010);
        assert.deepEqual(plan.due(2010), [size("bob", 0, 0)]);
        plan.setSeen("bob", true, 3000);
        assert.deepEqual(plan.due(3000), [size("bob", 320, 180)]);
        plan.remove("bob");
        plan.setHidden(true, 4000);
        assert.deepEqual(plan.due(9000), [size("ada", 0, 0)]);
    });

    test("a tile that comes while the page is away has no size", () => {
        const plan = new ViewportPlan();
        plan.setHidden(true, 0);
        plan.resize("ada", 640, 360, 10);
        assert.deepEqual(plan.due(10), [size("ada", 0, 0)]);
    });
});
