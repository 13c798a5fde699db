import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { explain } from "../client/errors.js";
import { StageClient } from "../rostrum.js";

function token(claims) {
    const payload = {
        jti: "host", topic: "stage", whip_url: "http://x/whip", events_url: "ws://x/events",
        exp: 4_000_000_000, capabilities: { allow_publish: true }, ...claims,
    };
    return `e30.${btoa(JSON.stringify(payload))}.c2ln`;
}

/** A socket that opens at once, and says what the test lets it say. */
class Socket extends EventTarget {
    static all = [];
    readyState = 1;
    sent = [];
    constructor(url, protocols) {
        super();
        this.protocols = protocols;
        Socket.all.push(this);
        queueMicrotask(() => this.dispatchEvent(new Event("open")));
    }
    send(text) {
        this.sent.push(JSON.parse(text));
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

async function open(claims) {
    const client = new StageClient(token(claims), { WebSocket: Socket });
    client.connect();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { client, socket: Socket.all.at(-1) };
}

describe("exchanging a token", () => {
    test("goes on with the new one once the server took it", async () => {
        const { client, socket } = await open({});
        const next = token({ user_id: "bob", capabilities: { allow_subscribe: true } });
        const exchanged = client.exchangeToken(next);
        assert.deepEqual(
            socket.sent.at(-1), { type: "EXCHANGE_TOKEN", payload: { token: next } });
        assert.equal(client.token.userId, "");
        socket.say("TOKEN_EXCHANGED", { capabilities: ["SUBSCRIBE"] });
        await exchanged;
        assert.equal(client.token.userId, "bob");
        assert.equal(client.token.canPublish, false);
        client.stop();
    });

    test("stays with the old one when it did not", async () => {
        const { client, socket } = await open({});
        const exchanged = client.exchangeToken(token({ user_id: "bob" }));
        // An error about something else is no answer.
        socket.say("ERROR", { code: 4, name: "UNPUBLISHED", message: "m", resource: "r" });
        socket.say("ERROR", {
            code: 2, name: "TOKEN_EXPIRED", message: "m", request: "EXCHANGE_TOKEN" });
        await assert.rejects(exchanged, { reason: "TOKEN_EXPIRED", code: 2 });
        assert.equal(client.token.userId, "");
        client.stop();
    });

    test("needs the socket", async () => {
        const { client, socket } = await open({});
        const lost = client.exchangeToken(token({}));
        socket.close();
        await assert.rejects(lost, { reason: "CONNECTION_LOST" });
        socket.readyState = 3;
        await assert.rejects(client.exchangeToken(token({})), { reason: "CONNECTION_LOST" });
        client.stop();
    });
});

describe("a session that the server ends", () => {
    test("has failed with the server's reason, and is not tried again", async () => {
        const { client, socket } = await open({});
        const ended = [];
        const session = {
            resource: "r1", stop() {}, leave() {}, resume() {}, end: (error) => ended.push(error),
        };
        client.publishing = session;
        socket.say("ERROR", { code: 4, name: "BITRATE_EXCEEDED", message: "m", resource: "other" });
        assert.deepEqual(ended, []);
        socket.say("ERROR", { code: 4, name: "BITRATE_EXCEEDED", message: "m", resource: "r1" });
        assert.equal(ended.length, 1);
        assert.equal(ended[0].reason, "BITRATE_EXCEEDED");
        assert.equal(explain(ended[0]).title, "Too much data was sent");
        client.stop();
    });
});
