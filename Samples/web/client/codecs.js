// Which codecs go into an offer.

const has = (names) => ({ mimeType }) => names.includes(mimeType.toLowerCase());

/**
 * The wanted codec alone, with what goes along with it, so that nobody chooses another one.
 * @template {{mimeType: string}} Codec
 * @param {Codec[]} codecs what the browser can do, in its order
 * @param {string} [wanted] for example "h264"
 * @returns {Codec[]} all of them when the browser can't do the wanted one
 */
export function onlyCodec(codecs, wanted) {
    const isWanted = has([`video/${wanted}`.toLowerCase()]);
    if (!codecs.some(isWanted)) return codecs;
    return [...codecs.filter(isWanted), ...codecs.filter(has(["video/rtx"]))];
}

const FORWARDED = [
    "video/h264", "video/vp8", "video/vp9", "video/av1", "video/rtx", "audio/opus", "audio/red",
];

/**
 * What a viewer asks for: the codecs that the server forwards. A whole-stage offer says them once for each
 * of its slots, so with everything that a browser can do it would be twice as long. H.264 without
 * packetization mode 1 is left out for that reason too: mode 1 takes all that mode 0 does; and of VP9 and
 * AV1 what is not profile 0, which the server does not take from hosts.
 * @template {{mimeType: string, sdpFmtpLine?: string}} Codec
 * @param {Codec[]} codecs
 * @returns {Codec[]} empty when the browser can do none of them
 */
export function receivableCodecs(codecs) {
    const wanted = codecs.filter(has(FORWARDED))
        .filter(({ sdpFmtpLine }) =>
            !/packetization-mode=0|profile-id=[1-9]|profile=[1-9]/.test(sdpFmtpLine ?? ""));
    return wanted.every(has(["video/rtx"])) ? [] : wanted;
}

/**
 * Has a viewer offer to take dependency descriptors, which Chrome knows and does not offer by itself: with
 * them several resolutions in one stream of AV1 can be told apart. Without, it gets the lowest.
 * @param {RTCRtpTransceiver} transceiver
 */
export function describeLayers(transceiver) {
    const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
    const wanted = extensions.find(
        ({ uri }) => uri.endsWith("#dependency-descriptor-rtp-header-extension"));
    if (!wanted) return;
    wanted.direction = "sendrecv";
    transceiver.setHeaderExtensionsToNegotiate(extensions);
}
