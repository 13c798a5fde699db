#!/usr/bin/env node
// Mints a participant token with nothing but Node's own modules.

import { createPrivateKey, randomInt, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const LONGEST_LIFETIME = 14 * 24 * 3600;
const CAPABILITIES = { PUBLISH: "allow_publish", SUBSCRIBE: "allow_subscribe" };
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const REQUIRED = ["key", "kid", "stage-arn", "events-url", "whip-url"];
const OPTIONAL = ["participant-id", "user-id", "capabilities", "ttl", "now"];

function fail(message) {
    process.stderr.write(`mint: ${message}\n`);
    process.exit(1);
}

function readArguments() {
    const options = Object.fromEntries(
        [...REQUIRED, ...OPTIONAL].map((name) => [name, { type: "string" }]));
    options.attribute = { type: "string", multiple: true, default: [] };
    try {
        const { values } = parseArgs({ options });
        for (const name of REQUIRED) if (values[name] === undefined) fail(`--${name} is missing`);
        return values;
    } catch (error) {
        return fail(error.message);
    }
}

function wholeNumber(name, text) {
    if (!/^\d+$/.test(text)) fail(`--${name} must be a whole number`);
    return Number(text);
}

function attributes(pairs) {
    const entries = pairs.map((pair) => {
        const equals = pair.indexOf("=");
        if (equals < 0) fail("--attribute must be KEY=VALUE");
        return [pair.slice(0, equals), pair.slice(equals + 1)];
    });
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function capabilities(text) {
    return Object.fromEntries(text.split(",").map((name) => {
        if (!Object.hasOwn(CAPABILITIES, name)) fail(`unknown capability: ${name}`);
        return [CAPABILITIES[name], true];
    }));
}

function claims(given) {
    const topic = given["stage-arn"].split(":stage/")[1];
    if (!topic) fail("--stage-arn must be the ARN of a stage");
    const now = wholeNumber("now", given.now ?? String(Math.floor(Date.now() / 1000)));
    const ttl = wholeNumber("ttl", given.ttl ?? "43200");
    if (ttl < 1 || ttl > LONGEST_LIFETIME) fail(`--ttl must be 1 to ${LONGEST_LIFETIME} seconds`);
    // JSON leaves out what is undefined.
    return {
        exp: now + ttl,
        iat: now,
        jti: given["participant-id"]
            ?? Array.from({ length: 12 }, () => BASE62[randomInt(BASE62.length)]).join(""),
        resource: given["stage-arn"],
        topic,
        events_url: given["events-url"],
        whip_url: given["whip-url"],
        user_id: given["user-id"],
        attributes: attributes(given.attribute),
        capabilities: capabilities(given.capabilities ?? "PUBLISH,SUBSCRIBE"),
        version: "1.0",
    };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

const given = readArguments();
const signed = `${encode({ alg: "ES384", typ: "JWT", kid: given.kid })}.${encode(claims(given))}`;
// A JWS wants r and s side by side (96 bytes), not the DER that OpenSSL makes by default.
const signature = sign("sha384", Buffer.from(signed), {
    key: createPrivateKey(readFileSync(given.key)),
    dsaEncoding: "ieee-p1363",
});
console.log(`${signed}.${signature.toString("base64url")}`);
