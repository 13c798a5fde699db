import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { LevelMeter, levelOf, levelWords } from "../pages/level.js";

const tone = (peak) => Float32Array.from(
    { length: 1024 }, (_, index) => peak * Math.sin((index * 2 * Math.PI * 16) / 1024));

describe("the microphone's level", () => {
    test("is nothing for silence and whole for the loudest", () => {
        assert.equal(levelOf([]), 0);
        assert.equal(levelOf(new Float32Array(1024)), 0);
        assert.equal(levelOf(tone(0.0001)), 0);
        assert.equal(levelOf([1, -1, 1, -1]), 1);
    });

    test("grows evenly with decibels", () => {
        // A sine's power is 3 dB below its peak's; ten times less amplitude is 20 dB less.
        for (const [peak, decibels] of [[1, -3.01], [0.1, -23.01], [0.01, -43.01]]) {
            assert.ok(Math.abs(levelOf(tone(peak)) - (1 + decibels / 60)) < 0.001);
        }
    });

    test("has words", () => {
        assert.deepEqual(
            [0, 0.2, 0.6, 0.97].map(levelWords), ["nothing heard", "quiet", "good", "too loud"]);
    });
});

test("a meter listens to one track at a time and falls slowly", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const connected = [];
    let samples = tone(1);
    class AudioContext {
        state = "suspended";
        resume() {
            this.state = "running";
            return Promise.resolve();
        }
        createAnalyser() {
            return { fftSize: 0, getFloatTimeDomainData: (into) => into.set(samples) };
        }
        createMediaStreamSource({ tracks: [track] }) {
            return {
                connect: () => connected.push(track),
                disconnect: () => connected.splice(connected.indexOf(track), 1),
            };
        }
    }
    class MediaStream {
        constructor(tracks) {
            this.tracks = tracks;
        }
    }
    const levels = [];
    const meter = new LevelMeter((level) => levels.push(level), { AudioContext, MediaStream });
    meter.wake();
    meter.watch("first");
    meter.wake();
    t.mock.timers.tick(80);
    samples = new Float32Array(1024);
    t.mock.timers.tick(160);
    assert.equal(levels.length, 4);
    assert.ok(levels[1] > 0.9 && levels[2] < levels[1] && levels[3] < levels[2] && levels[3] > 0.5);
    meter.watch("second");
    assert.deepEqual(connected, ["second"]);
    meter.watch(null);
    assert.deepEqual(connected, []);
    t.mock.timers.tick(800);
    assert.equal(levels.at(-1), 0);
});
