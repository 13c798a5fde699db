// What a host sends: which layers, how large, how many bits.

/** @typedef {{rid: string, scaleResolutionDownBy: number, maxBitrate: number}} Layer */

/** Bits per second of each layer, and of a picture that is sent once. */
export const BITRATES = { hi: 1_700_000, mid: 700_000, low: 200_000, single: 2_500_000, audio: 64_000 };

/**
 * The simulcast layers for a camera, smallest first (the order in which Chrome fills them). A small
 * picture gets fewer: two that look the same would only cost.
 * @param {number} [shortSide] of the picture, in pixels; 720 when it is not known
 * @param {Partial<typeof BITRATES>} [bitrates]
 * @returns {Layer[]} empty when one layer is enough
 */
export function simulcastLayers(shortSide = 720, bitrates = {}) {
    const rate = { ...BITRATES, ...bitrates };
    const low = (by) => ({ rid: "low", scaleResolutionDownBy: by, maxBitrate: rate.low });
    const mid = { rid: "mid", scaleResolutionDownBy: 2, maxBitrate: rate.mid };
    const hi = { rid: "hi", scaleResolutionDownBy: 1, maxBitrate: rate.hi };
    if (shortSide >= 540) return [low(4), mid, hi];
    if (shortSide >= 360) return [low(2), { ...hi, maxBitrate: rate.mid }];
    return [];
}
