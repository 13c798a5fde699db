// Cameras, microphones and codecs to choose from.

import { SignallingError } from "../rostrum.js";
import { element } from "./ui.js";

const CODECS = [["h264", "H.264"], ["vp8", "VP8"], ["vp9", "VP9"], ["av1", "AV1"]];

/**
 * Opens the camera and the microphone, or one of them.
 * @param {{camera?: string, microphone?: string, kinds?: ("audio" | "video")[]}} [wanted] device ids,
 *   empty for the browser's choice
 * @returns {Promise<MediaStream>}
 */
export async function openMedia(
    { camera = "", microphone = "", kinds = ["audio", "video"] } = {}) {
    if (!navigator.mediaDevices?.getUserMedia) {
        throw new SignallingError({
            name: "NO_MEDIA_DEVICES", message: "The page is neither on https nor on localhost." });
    }
    const device = (id) => (id ? { deviceId: { exact: id } } : {});
    const audio = { ...device(microphone), echoCancellation: true, noiseSuppression: true };
    const video = {
        ...device(camera),
        width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 },
    };
    const media = navigator.mediaDevices;
    if (kinds.length === 1) {
        return media.getUserMedia(kinds[0] === "audio" ? { audio } : { video });
    }
    try {
        return await media.getUserMedia({ audio, video });
    } catch (error) {
        if (error.name !== "NotFoundError") throw error;
        // One of the two is missing: go live with the other.
        return media.getUserMedia({ audio }).catch(() => media.getUserMedia({ video }));
    }
}

function fill(select, choices, chosen) {
    select.replaceChildren(...choices.map(([value, words]) => element("option", { value }, words)));
    if (choices.length === 0) select.append(element("option", { value: "" }, "None found"));
    select.disabled = choices.length === 0;
    if (choices.some(([value]) => value === chosen)) select.value = chosen;
}

/** Lists the devices, with the ones in use chosen, or the ones that were chosen before. */
export async function listDevices(cameraSelect, microphoneSelect, stream) {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const inUse = (tracks, select) => tracks[0]?.getSettings().deviceId ?? select.value;
    const choices = (kind, words) => devices
        .filter((device) => device.kind === kind && device.deviceId)
        .map(({ deviceId, label }, index) => [deviceId, label || `${words} ${index + 1}`]);
    fill(cameraSelect, choices("videoinput", "Camera"),
        inUse(stream?.getVideoTracks() ?? [], cameraSelect));
    fill(microphoneSelect, choices("audioinput", "Microphone"),
        inUse(stream?.getAudioTracks() ?? [], microphoneSelect));
}

/** Lists the codecs that this browser can send. */
export function listCodecs(select, chosen) {
    const able = (globalThis.RTCRtpSender?.getCapabilities?.("video")?.codecs ?? [])
        .map(({ mimeType }) => mimeType.toLowerCase());
    const choices = CODECS.filter(([name]) => able.includes(`video/${name}`));
    fill(select, choices.length > 0 ? choices : CODECS, chosen);
}
