import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { streamLayers } from "../client/received-layers.js";
import { layerFacts, layerWords, nowWords, pausedWords } from "../pages/picture.js";
import { StageClient } from "../rostrum.js";

const video = (rid, width, height, bitsPerSecond) => ({
    rid, kind: "video", codec: "VP8", bitsPerSecond, width, height, framesPerSecond: 30 });
const ADA = {
    id: "ada", userId: "ada", attributes: {}, isPublishing: true, audioMuted: false,
    videoStopped: false,
    layers: [
        video("hi", 1280, 720, 1_700_000), video("mid", 640, 360, 700_000),
        video("low", 320, 180, 200_000), { rid: "", kind: "audio", codec: "opus", bitsPerSecond: 64_000 },
    ],
};

/** A socket that opens at once, and says what the test lets it say. */
class Socket extends EventTarget {
    static all = [];
    readyState = 1;
    sent = [];
    constructor() {
        super();
        Socket.all.push(this);
        queueMicrotask(() => this.dispatchEvent(new Event("open")));
    }
    send(text) {
        const { type, payload } = JSON.parse(text);
        this.sent.push([type, payload]);
    }
    say(type, payload) {
        const event = new Event("message");
        event.data = JSON.stringify({ type, payload });
        this.dispatchEvent(event);
    }
    close() {
        this.dispatchEvent(new Event("close"));
    }
}

const turn = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

async function watching() {
    const claims = {
        jti: "me", topic: "stage", whip_url: "http://x", events_url: "ws://x", exp: 4e9,
        capabilities: { allow_subscribe: true },
    };
    const client = new StageClient(`e30.${btoa(JSON.stringify(claims))}.c2ln`, { WebSocket: Socket });
    client.connect();
    await turn();
    client.watching = { resource: "r1", stop() {}, leave() {}, resume() {}, end() {} };
    const heard = [];
    for (const name of ["layers", "layerselected", "speakers"]) {
        client.addEventListener(name, ({ detail }) => heard.push([name, detail]));
    }
    return { client, socket: Socket.all.at(-1), heard };
}

describe("the layers of a picture", () => {
    test("have labels by their names, or by their order", () => {
        const words = (...rids) => streamLayers(
            { layers: rids.map((rid) => video(rid, 1, 1, 1)) }, null).map(({ label }) => label);
        assert.deepEqual(words("hi", "low"), ["High", "Low"]);
        assert.deepEqual(words("f", "h", "q"), ["High", "Medium", "Low"]);
        assert.deepEqual(words("2", "1", "0"), ["High", "Medium", "Low"]);
        assert.deepEqual(words("b", "a"), ["High", "Low"]);
        assert.deepEqual(words(""), ["Only"]);
        assert.deepEqual(streamLayers(undefined, ""), []);
    });

    test("are asked of the client, and news of them are events", async () => {
        const { client, socket, heard } = await watching();
        socket.say("STAGE_STATE", { stageId: "stage", participants: [ADA] });
        assert.deepEqual(client.getLayers("ada").map(({ rid, width, bitrate, selected }) =>
            [rid, width, bitrate, selected]), [
            ["hi", 1280, 1_700_000, false], ["mid", 640, 700_000, false], ["low", 320, 200_000, false],
        ]);
        socket.say("LAYER", { resource: "r1", participantId: "ada", layer: "mid", reason: "NETWORK" });
        assert.equal(client.getSelectedLayer("ada").label, "Medium");
        assert.equal(client.getHighestQualityLayer("ada").rid, "hi");
        assert.equal(client.getLowestQualityLayer("ada").rid, "low");
        // Other rates are no news, another size is.
        socket.say("STAGE_STATE", { participants: [
            { ...ADA, layers: ADA.layers.map((layer) => ({ ...layer, bitsPerSecond: 5 })) }] });
        socket.say("STAGE_STATE", { participants: [{ ...ADA, layers: ADA.layers.slice(1) }] });
        socket.say("LAYER", { resource: "r1", participantId: "ada", layer: null, reason: "REQUESTED" });
        assert.equal(client.getSelectedLayer("ada"), null);
        assert.deepEqual(heard.map(([name, { layers, layer, reason }]) =>
            [name, layers?.length ?? layer?.rid, reason]), [
            ["layers", 3, undefined], ["layerselected", "mid", "NETWORK"], ["layers", 2, undefined],
            ["layerselected", undefined, "REQUESTED"],
        ]);
        // Who publishes anew begins anew.
        socket.say("STAGE_STATE", { participants: [] });
        socket.say("STAGE_STATE", { participants: [ADA] });
        assert.equal(client.layer(client.watching, "ada"), null);
        client.stop();
    });

    test("are wished for, and again on the next socket", async () => {
        const { client, socket } = await watching();
        socket.say("STAGE_STATE", { participants: [ADA] });
        client.preferLayer("ada", client.getLowestQualityLayer("ada"));
        client.pin("ada");
        client.pause("bob");
        client.setViewport([{ participantId: "ada", width: 640, height: 360 }]);
        assert.deepEqual(client.wish("ada"), { layer: "low", pinned: true, paused: false });
        await turn();
        const said = [
            ["VIEWPORT", { shown: [{ participantId: "ada", width: 640, height: 360 }] }],
            ["PREFER_LAYER", { participantId: "ada", layer: "low", pinned: true }],
            ["PAUSE", { participantId: "bob" }],
        ];
        const sorted = (messages) => messages.map((message) => JSON.stringify(message)).sort();
        assert.deepEqual(sorted(socket.sent), sorted(said));
        client.resume("bob");
        client.preferLayer("ada", null);
        await turn();
        socket.close();
        await turn(1100); // the socket comes back within a second
        const next = Socket.all.at(-1);
        assert.notEqual(next, socket);
        assert.deepEqual(sorted(next.sent), sorted([
            said[0], ["PREFER_LAYER", { participantId: "ada", layer: null, pinned: true }],
            ["RESUME", { participantId: "bob" }],
        ]));
        client.stop();
    });
});

describe("who speaks", () => {
    test("is known until the socket is lost", async () => {
        const { client, socket, heard } = await watching();
        assert.equal(client.activeSpeaker, null);
        socket.say("SPEAKERS", { active: "ada", speaking: ["ada", "bob"] });
        socket.say("SPEAKERS", { active: "ada", speaking: ["ada", "bob"] });
        assert.equal(client.activeSpeaker, "ada");
        assert.deepEqual(["ada", "bob", "eve"].map((id) => client.isSpeaking(id)), [true, true, false]);
        socket.say("SPEAKERS", { active: "ada", speaking: "all" });
        assert.equal(client.isSpeaking("ada"), false);
        socket.close();
        await turn();
        assert.equal(client.activeSpeaker, null);
        assert.deepEqual(heard.map(([, detail]) => detail), [
            { active: "ada", speaking: ["ada", "bob"] }, { active: "ada", speaking: [] },
            { active: null, speaking: [] },
        ]);
        client.stop();
    });
});

describe("what the browser measures", () => {
    const summary = { received: [
        { kind: "video", kbps: 500, jitterBufferMs: 31.26, fps: 29.97, freezes: 1 },
        { kind: "video", kbps: 500, jitterBufferMs: 51.3, fps: 15, freezes: 2 },
        { kind: "video", kbps: 0, jitterBufferMs: 900, fps: 0, freezes: 0 },
        { kind: "audio", kbps: 30, jitterBufferMs: 80 },
    ] };

    test("is told every two seconds at most", async () => {
        const { client, socket } = await watching();
        client.reportStats(client.watching, summary);
        client.reportStats(client.watching, summary);
        client.reportStats(null, summary);
        client.reportStats(client.watching, null);
        assert.deepEqual(socket.sent, [["TELEMETRY", {
            resource: "r1", jitterBufferMs: 41.3, freezes: 3, framesPerSecond: 22.5 }]]);
        client.stop();
    });
});

describe("words about a picture", () => {
    const [hi, , low] = streamLayers(ADA, "hi");
    const wish = { layer: null, pinned: false, paused: false };

    test("say why there is none", () => {
        assert.equal(pausedWords(null, wish), "");
        assert.equal(pausedWords({ layer: "hi", reason: "STARTED" }, wish), "");
        assert.equal(pausedWords({ layer: "hi", reason: "STARTED" }, { ...wish, paused: true }),
            "Paused by you");
        assert.equal(pausedWords({ layer: null, reason: "NETWORK" }, wish), "Paused: your network");
        assert.match(pausedWords({ layer: null, reason: "PUBLISHER" }, wish), /host/);
    });

    test("say which layer, and why", () => {
        assert.equal(layerWords(low, "NETWORK"), "Low (your network)");
        assert.equal(layerWords(hi, "STARTED"), "High");
        assert.equal(layerWords({ ...hi, label: "Only" }, "NETWORK"), "");
        assert.equal(layerFacts(hi), "1280 × 720 · 1.7 Mbit/s");
        assert.equal(layerFacts({ width: 0, height: 0, bitrate: 0 }), "");
        assert.equal(nowWords(low, "NETWORK", ""), "Now Low: your network");
        assert.equal(nowWords(null, undefined, ""), "No picture yet");
        assert.equal(nowWords(null, "NETWORK", "Paused: your network"), "Paused: your network");
    });
});
