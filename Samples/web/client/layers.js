// What a host sends: which layers, how large, how many bits.

/**
 * @typedef {{rid: string, scaleResolutionDownBy: number, maxBitrate: number,
 *     scalabilityMode?: string}} Layer
 */

/** Bits per second of each layer, and of a picture that is sent once. */
export const BITRATES = { hi: 1_700_000, mid: 700_000, low: 200_000, single: 2_500_000, audio: 64_000 };

/**
 * The simulcast layers for a camera, smallest first (the order in which Chrome fills them). A small
 * picture gets fewer: two that look the same would only cost.
 * @param {number} [shortSide] of the picture, in pixels; 720 when it is not known
 * @param {Partial<typeof BITRATES>} [bitrates]
 * @param {string} [codec] of VP9 and AV1 Chrome sends one stream with all layers, unless it is told the
 *   layers of each
 * @returns {Layer[]} empty when one layer is enough
 */
export function simulcastLayers(shortSide = 720, bitrates = {}, codec = "") {
    const rate = { ...BITRATES, ...bitrates };
    const mode = /^(vp9|av1)$/i.test(codec) ? { scalabilityMode: "L1T3" } : {};
    const low = (by) => ({ rid: "low", scaleResolutionDownBy: by, maxBitrate: rate.low, ...mode });
    const mid = { rid: "mid", scaleResolutionDownBy: 2, maxBitrate: rate.mid, ...mode };
    const hi = { rid: "hi", scaleResolutionDownBy: 1, maxBitrate: rate.hi, ...mode };
    if (shortSide >= 540) return [low(4), mid, hi];
    if (shortSide >= 360) return [low(2), { ...hi, maxBitrate: rate.mid }];
    return [];
}
