// A microphone's level: what is heard, for the eye.

/** What is softer shows nothing. Talking lies around -30 to -10 dB. */
const SOFTEST_DB = -60;
const EVERY_MS = 80;
/** How much of the last level stays, so that a word does not flicker. */
const KEPT = 0.8;

/**
 * The loudness of some samples.
 * @param {ArrayLike<number>} samples each -1 to 1
 * @returns {number} 0 (nothing) to 1 (as loud as can be), even to the ear
 */
export function levelOf(samples) {
    if (samples.length === 0) return 0;
    let sum = 0;
    for (let index = 0; index < samples.length; index += 1) sum += samples[index] ** 2;
    const decibels = 10 * Math.log10(sum / samples.length);
    return Math.min(1, Math.max(0, 1 - decibels / SOFTEST_DB));
}

/** A level in words. @param {number} level 0 to 1 */
export function levelWords(level) {
    if (level < 0.08) return "nothing heard";
    if (level < 0.4) return "quiet";
    return level < 0.93 ? "good" : "too loud";
}

/** Listens to a track, and tells how loud it is some times a second. */
export class LevelMeter {
    #environment;
    #context = null;
    #source = null;
    #analyser = null;
    #samples = null;
    #timer = 0;
    #level = 0;
    #onLevel;

    /**
     * @param {(level: number) => void} onLevel
     * @param {object} [environment] stands in for the browser in tests
     */
    constructor(onLevel, environment = globalThis) {
        this.#onLevel = onLevel;
        this.#environment = environment;
    }

    /** Listens to this track instead of the last one. @param {MediaStreamTrack | null} track */
    watch(track) {
        this.#source?.disconnect();
        this.#source = null;
        clearInterval(this.#timer);
        this.#level = 0;
        this.#onLevel(0);
        const { AudioContext, MediaStream } = this.#environment;
        if (!track || !AudioContext) return;
        this.#context ??= new AudioContext();
        this.#analyser ??= this.#context.createAnalyser();
        this.#analyser.fftSize = 1024;
        this.#samples ??= new Float32Array(this.#analyser.fftSize);
        this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
        // Not connected to the speakers: nobody wants to hear themselves.
        this.#source.connect(this.#analyser);
        this.#timer = setInterval(() => this.#measure(), EVERY_MS);
    }

    /** Browsers let no sound graph run before the first tap on the page. */
    wake() {
        if (this.#context?.state === "suspended") this.#context.resume().catch(() => {});
    }

    #measure() {
        this.#analyser.getFloatTimeDomainData(this.#samples);
        this.#level = Math.max(levelOf(this.#samples), this.#level * KEPT);
        this.#onLevel(this.#level);
    }
}
