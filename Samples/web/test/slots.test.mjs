import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SlotTable, resourceId } from "../client/slots.js";

const slot = (mid, kind, participantId, layer = "") => ({ mid, kind, participantId, layer });

describe("SlotTable", () => {
    test("says which slots a participant has", () => {
        const table = new SlotTable();
        table.take({ resource: "r", slots: [
            slot("0", "video", "ada", "hi"), slot("1", "video", null), slot("12", "audio", "ada")] });
        assert.deepEqual(table.of("r", "ada"), {
            video: slot("0", "video", "ada", "hi"), audio: slot("12", "audio", "ada") });
        assert.deepEqual(table.of("r", "bob"), { video: null, audio: null });
    });

    test("keeps the newest message, which is a whole list", () => {
        const table = new SlotTable();
        table.take({ resource: "r", slots: [slot("0", "video", "ada")] });
        table.take({ resource: "r", slots: [slot("0", "video", "bob")] });
        assert.equal(table.of("r", "ada").video, null);
        assert.equal(table.of("r", "bob").video.mid, "0");
    });

    test("keeps slots that come before the answer names the resource", () => {
        const table = new SlotTable();
        table.take({ resource: "early", slots: [slot("0", "video", "ada")] });
        assert.equal(table.of(resourceId("/whip/resource/early"), "ada").video.mid, "0");
    });

    test("forgets old resources", () => {
        const table = new SlotTable();
        for (let i = 0; i < 100; i += 1) {
            table.take({ resource: `r${i}`, slots: [slot("0", "video", "ada")] });
        }
        assert.deepEqual(table.slots("r0"), []);
        assert.equal(table.slots("r99").length, 1);
    });

    test("takes what is no list as none", () => {
        const table = new SlotTable();
        table.take({ resource: "r", slots: "none" });
        assert.deepEqual(table.of("r", "ada"), { video: null, audio: null });
    });
});

test("resourceId takes the last part of a Location", () => {
    assert.equal(resourceId("/whip/resource/AbC"), "AbC");
    assert.equal(resourceId("https://stage.example/whip/AbC/?x=1"), "AbC");
    assert.equal(resourceId("/"), "");
});
