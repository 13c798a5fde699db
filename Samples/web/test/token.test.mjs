import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { decodeToken } from "../client/token.js";

const CLAIMS = {
    exp: 1_800_000_000, jti: "o5gUP8G6AYKH", topic: "VSWjvX5XOkU3",
    whip_url: "https://stage.example/whip/", events_url: "wss://stage.example/events",
    user_id: "Zoë 🎤", attributes: { team: "red" }, capabilities: { allow_subscribe: true },
};
const token = (claims) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2lnbmF0dXJl`;

describe("decodeToken", () => {
    test("reads what a client needs", () => {
        assert.deepEqual(decodeToken(` ${token(CLAIMS)}\n`), {
            text: token(CLAIMS), participantId: "o5gUP8G6AYKH", stageId: "VSWjvX5XOkU3",
            whipUrl: "https://stage.example/whip", eventsUrl: "wss://stage.example/events",
            userId: "Zoë 🎤", attributes: { team: "red" }, canPublish: false, canSubscribe: true,
            expiresAt: 1_800_000_000_000,
        });
    });

    test("does without what is optional", () => {
        const { user_id: _, attributes: __, capabilities: ___, ...rest } = CLAIMS;
        const read = decodeToken(token(rest));
        assert.equal(read.userId, "");
        assert.deepEqual(read.attributes, {});
        assert.equal(read.canPublish || read.canSubscribe, false);
    });

    test("reads every length of payload, as base64url has no padding", () => {
        for (let length = 0; length < 8; length += 1) {
            const user = "ü".repeat(length);
            assert.equal(decodeToken(token({ ...CLAIMS, user_id: user })).userId, user);
        }
    });

    for (const [name, text] of Object.entries({
        nothing: "", "no text": undefined, words: "hello", "two parts": "e30.e30",
        "no base64": "e30.%%%.x", "no JSON": "e30.aGVsbG8.x", null: "e30.bnVsbA.x",
        "no whip_url": token({ ...CLAIMS, whip_url: undefined }),
        "a number as topic": token({ ...CLAIMS, topic: 5 }),
    })) {
        test(`refuses ${name}`, () => {
            assert.throws(() => decodeToken(text), { reason: "TOKEN_MALFORMED", code: 1 });
        });
    }
});
