import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { WantedLayers } from "../client/wanted-layers.js";

const video = (rid, active) => ({ rid, kind: "video", active });

/** A session whose sender takes parameters a turn later, and only those that it gave out last. */
function publishing(...encodings) {
    const all = encodings.map((one) => (typeof one === "string" ? { rid: one, active: true } : one));
    let [given, calls] = [0, 0];
    const sender = {
        getParameters: () => {
            given += 1;
            return { transactionId: given, encodings: all.map((one) => ({ ...one })) };
        },
        setParameters: async ({ transactionId, encodings: wanted }) => {
            await null;
            if (transactionId !== given) throw new DOMException("", "InvalidStateError");
            calls += 1;
            wanted.forEach((one, index) => Object.assign(all[index], one));
        },
    };
    const transceivers = [{ receiver: { track: { kind: "audio" } }, sender: null },
        { receiver: { track: { kind: "video" } }, sender }];
    return {
        session: { resource: "r1", peer: { getTransceivers: () => transceivers } },
        active: () => all.filter(({ active = true }) => active).map(({ rid = "" }) => rid),
        calls: () => calls,
    };
}

describe("the layers that a host sends", () => {
    test("are those that are wanted", async () => {
        const [layers, host] = [new WantedLayers(), publishing("low", "mid", "hi")];
        layers.take({
            resource: "r1", layers: [video("low", true), video("mid", false), video("hi", false)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low"]);
        layers.take({
            resource: "r1", layers: [video("low", true), video("mid", false), video("hi", true)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low", "hi"]);
        await layers.apply(host.session);
        assert.equal(host.calls(), 2);
    });

    test("end where the newest of several messages at once says", async () => {
        const [layers, host] = [new WantedLayers(), publishing("low", "hi")];
        for (const active of [false, true, false, true, false]) {
            layers.take({ resource: "r1", layers: [video("low", true), video("hi", active)] });
            layers.apply(host.session);
        }
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low"]);
    });

    test("are all when nobody says any more what is wanted", async () => {
        const [layers, host] = [new WantedLayers(), publishing("low", "hi")];
        layers.take({ resource: "r1", layers: [video("low", false), video("hi", false)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), []);
        layers.forget();
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low", "hi"]);
    });

    test("may be one without a name", async () => {
        const [layers, host] = [new WantedLayers(), publishing({})];
        layers.take({ resource: "r1", layers: [video("", false)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), []);
        layers.take({ resource: "r1", layers: [video("", true)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), [""]);
    });

    test("do not include what the page itself has stopped", async () => {
        const [layers, host] = [
            new WantedLayers(), publishing("low", { rid: "hi", active: false })];
        layers.take({ resource: "r1", layers: [video("low", false), video("hi", true)] });
        await layers.apply(host.session);
        layers.take({ resource: "r1", layers: [video("low", true), video("hi", true)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low"]);
    });

    test("are not touched by news of another session, nor without a connection", async () => {
        const [layers, host] = [new WantedLayers(), publishing("low", "hi")];
        layers.take({ resource: "r2", layers: [video("low", false), video("hi", false)] });
        await layers.apply(host.session);
        assert.deepEqual(host.active(), ["low", "hi"]);
        await layers.apply(null);
        await layers.apply({ resource: "r2", peer: null });
    });
});
