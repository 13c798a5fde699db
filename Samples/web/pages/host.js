// The host page: choose devices, see yourself, go live, see what leaves.

import { SignallingError, StageClient, networkWords } from "../rostrum.js";
import { listCodecs, listDevices, openMedia } from "./devices.js";
import { LevelMeter, levelWords } from "./level.js";
import {
    askForToken, bitrateWords, byId, codecWords, elapsedWords, element, eventsWords, fragmentOptions,
    lossWords, msWords, nameOf, pageLink, sessionWords, setButton, setFacts, setNotice, setPill,
    setText, showWho, viewersWords,
} from "./ui.js";

const options = fragmentOptions();
const STATS_EVERY_MS = 1000;
const LAYER_NAMES = { hi: "High", mid: "Medium", low: "Low" };

/** @type {StageClient | null} */
let client = null;
/** @type {MediaStream | null} */
let stream = null;
let mediaError = null;
let liveError = null;
let liveSince = 0;
/** The camera is being started or stopped. */
let cameraBusy = false;
const meter = new LevelMeter(showLevel);
/** @type {import("../client/stats.js").Summary | null} */
let summary = null;

function isLive() {
    return ["connecting", "connected", "reconnecting"].includes(client.publishing?.state);
}

async function openDevices() {
    try {
        stream = await openMedia();
        mediaError = null;
        byId("preview").srcObject = stream;
        meter.watch(stream.getAudioTracks()[0] ?? null);
    } catch (error) {
        mediaError = error;
    }
    if (navigator.mediaDevices) {
        await listDevices(byId("camera-choice"), byId("microphone-choice"), stream);
    }
    render();
}

/** Another camera or microphone was chosen: also while live. */
async function changeDevice(kind) {
    // A stopped camera stays stopped: the choice counts when it is started.
    if (kind === "video" && client.muted.videoStopped) return;
    try {
        await useDevice(kind);
        mediaError = null;
    } catch (error) {
        mediaError = error;
    }
    render();
}

/** Opens the chosen device, and shows and sends it in place of the one before. */
async function useDevice(kind) {
    const opened = await openMedia({
        camera: byId("camera-choice").value, microphone: byId("microphone-choice").value,
        kinds: [kind],
    });
    const [wanted] = opened.getTracks();
    stream ??= new MediaStream();
    const old = stream.getTracks().find((track) => track.kind === kind);
    if (client.publishing) await client.replaceTrack(wanted);
    if (old && stream.getTracks().includes(old)) stream.removeTrack(old);
    if (!stream.getTracks().includes(wanted)) stream.addTrack(wanted);
    old?.stop();
    byId("preview").srcObject = stream;
    if (kind === "audio") meter.watch(wanted);
}

/** Lets go of the camera: its light goes out, and another program may have it. */
async function stopCamera() {
    client.mute({ videoStopped: true });
    const camera = stream?.getVideoTracks()[0];
    await client.replaceTrack(null, "video").catch(() => {});
    if (!camera) return;
    stream.removeTrack(camera);
    camera.stop();
}

/** Takes the camera again. */
async function startCamera() {
    try {
        await useDevice("video");
        client.mute({ videoStopped: false });
        mediaError = null;
    } catch (error) {
        mediaError = error;
    }
}

async function toggleCamera() {
    if (cameraBusy) return;
    cameraBusy = true;
    render();
    await (client.muted.videoStopped ? startCamera() : stopCamera());
    cameraBusy = false;
    render();
}

function showLevel(level) {
    const bar = byId("level");
    bar.firstChild.style.width = `${Math.round(100 * level)}%`;
    bar.dataset.loud = String(level >= 0.93);
    const words = client?.muted.audioMuted ? "muted" : levelWords(level);
    if (bar.getAttribute("aria-valuetext") === words) return;
    bar.setAttribute("aria-valuetext", words);
    bar.setAttribute("aria-valuenow", String(Math.round(100 * level)));
}

async function goLive() {
    liveError = null;
    if (!stream) await openDevices();
    if (!stream) return;
    try {
        await client.publish(stream, {
            simulcast: byId("simulcast").checked, videoCodec: byId("codec-choice").value,
            video: client.muted.videoStopped });
    } catch (error) {
        if (error?.name !== "AbortError") liveError = error;
    }
    render();
}

function stopLive() {
    client.publishing?.stop();
    summary = null;
    liveError = null;
    render();
}

function renderScreen() {
    const camera = stream?.getVideoTracks()[0];
    const stopped = client.muted.videoStopped;
    byId("cover").hidden = Boolean(camera) && !stopped;
    byId("preview").hidden = !byId("cover").hidden;
    setText(byId("cover-text"), coverWords(camera, stopped));
    const { words, tone } = sessionWords(client.publishing, {
        idle: { words: "Not live", tone: "" }, connected: { words: "Live", tone: "live" } });
    setPill(byId("state"), words, tone);
    document.title = `${words} · Host · Rostrum`;
    if (client.publishing?.state !== "connected") liveSince = isLive() ? liveSince : 0;
    else if (liveSince === 0) liveSince = Date.now();
    byId("elapsed").hidden = liveSince === 0;
    setText(byId("elapsed"), elapsedWords(Math.floor((Date.now() - (liveSince || Date.now())) / 1000)));
}

function coverWords(camera, stopped) {
    if (!client.token.canPublish) return "This token can't go live";
    if (stopped) return cameraBusy ? "Starting your camera…" : "Your camera is stopped";
    if (stream) return "No camera: viewers hear you only";
    return mediaError ? "No camera or microphone" : "Waiting for your camera and microphone";
}

function renderControls() {
    const live = isLive();
    const { audioMuted, videoStopped } = client.muted;
    const microphone = byId("microphone");
    microphone.disabled = (stream?.getAudioTracks().length ?? 0) === 0;
    microphone.setAttribute("aria-pressed", String(audioMuted));
    setButton(microphone, audioMuted ? "mic-off" : "mic", audioMuted ? "Muted" : "Mute");
    const camera = byId("camera");
    const hasCamera = (stream?.getVideoTracks().length ?? 0) > 0;
    camera.disabled = cameraBusy || (!hasCamera && !videoStopped);
    camera.dataset.off = String(videoStopped);
    setButton(
        camera, videoStopped ? "camera-off" : "camera",
        videoStopped ? "Start camera" : "Stop camera");
    const button = byId("live");
    button.disabled = !client.token.canPublish || (!stream && !mediaError);
    button.classList.toggle("primary", !live);
    button.classList.toggle("stop", live);
    setButton(button, live ? "stop" : "live", live ? "Stop" : "Go live");
    for (const id of ["codec-choice", "simulcast"]) byId(id).disabled = live;
}

function problem() {
    if (!client.token.canPublish) {
        return new SignallingError({ name: "NO_PUBLISH", message: "" });
    }
    if (client.disconnectedReason) {
        return new SignallingError({ name: client.disconnectedReason, message: "" });
    }
    return liveError ?? client.publishing?.error ?? mediaError;
}

function renderNotice() {
    const retrying = client.publishing?.state === "reconnecting";
    setNotice(byId("notice"), problem(), { tone: retrying ? "wait" : "bad" });
}

/** Whether the server says that this layer arrives. */
function arrives(sent) {
    const layers = client.participants.get(client.token.participantId)?.layers ?? [];
    return layers.some(({ rid, kind, bitsPerSecond }) =>
        kind === sent.kind && rid === sent.rid && bitsPerSecond > 0);
}

function layerWords(sent) {
    if (sent.kind === "audio") return [codecWords(sent.codec), arrives(sent) && "arrives"];
    if (!sent.active) return ["rests: nobody watches it now"];
    if (!sent.kbps) return ["paused: the network carries no more now"];
    return [
        sent.width > 0 && `${sent.width} × ${sent.height}`,
        sent.fps !== null && `${Math.round(sent.fps)} fps`,
        sent.limitedBy === "cpu" && "reduced: this computer is busy",
        sent.limitedBy === "bandwidth" && "reduced: the network is slow",
        arrives(sent) && "arrives",
    ];
}

function layerRow() {
    return element(
        "li", { class: "layer" }, element("span", { class: "layer-name" }),
        element("span", { class: "layer-rate" }),
        element("div", { class: "meter", "aria-hidden": "true" }, element("span")),
        element("span", { class: "layer-detail" }));
}

function renderLayers() {
    const list = byId("layers");
    const sent = isLive() ? summary?.sent ?? [] : [];
    const rows = ["video", "audio"].flatMap((wanted) => sent.filter(({ kind }) => kind === wanted));
    byId("layers-help").hidden = rows.length > 0;
    while (list.children.length > rows.length) list.lastChild.remove();
    while (list.children.length < rows.length) list.append(layerRow());
    const most = Math.max(1, ...rows.map(({ kbps }) => kbps ?? 0));
    rows.forEach((sent, index) => {
        const [name, rate, meter, detail] = list.children[index].children;
        setText(name, sent.kind === "audio" ? "Sound" : LAYER_NAMES[sent.rid] ?? "Picture");
        setText(rate, bitrateWords(sent.kbps));
        meter.firstChild.style.width = `${Math.max(1, (100 * (sent.kbps ?? 0)) / most)}%`;
        setText(detail, layerWords(sent).filter(Boolean).join(" · "));
    });
}

/** The server's judgement of the way from here to it. */
function gradeWords() {
    return networkWords(client.quality(client.publishing)?.networkQuality)?.words ?? "unknown yet";
}

function renderFacts() {
    const video = summary?.sent.find(({ kind }) => kind === "video");
    const loss = Math.max(-1, ...(summary?.sent ?? []).map(({ lossPercent }) => lossPercent ?? -1));
    const others = client.hosts().filter(({ id }) => id !== client.token.participantId);
    const measured = summary && isLive();
    setFacts(byId("facts"), [
        ["State", byId("state").textContent],
        ["Stage events", eventsWords(client.events.state)],
        ["Network", measured ? gradeWords() : "–"],
        ["Round trip", measured ? msWords(summary.roundTripMs) : "–"],
        ["Packets", measured ? lossWords(loss < 0 ? null : loss) : "–"],
        ["Video format", measured ? codecWords(video?.codec) || "unknown yet" : "–"],
        ["Viewers", isLive() ? viewersWords(client.viewersBudget) : "–"],
        ["Also on stage", others.length === 0 ? "nobody" : others.map(nameOf).join(", ")],
    ]);
}

function render() {
    renderScreen();
    renderControls();
    renderNotice();
    renderLayers();
    renderFacts();
}

async function tick() {
    summary = await client.publishing?.stats().catch(() => null) ?? null;
    render();
}

function listen() {
    byId("live").addEventListener("click", () => (isLive() ? stopLive() : goLive()));
    byId("microphone").addEventListener("click", () =>
        client.mute({ audioMuted: !client.muted.audioMuted }));
    byId("camera").addEventListener("click", toggleCamera);
    document.addEventListener("pointerdown", () => meter.wake());
    document.addEventListener("keydown", () => meter.wake());
    byId("camera-choice").addEventListener("change", () => changeDevice("video"));
    byId("microphone-choice").addEventListener("change", () => changeDevice("audio"));
    navigator.mediaDevices?.addEventListener("devicechange", () =>
        listDevices(byId("camera-choice"), byId("microphone-choice"), stream));
    client.addEventListener("change", render);
    setInterval(tick, STATS_EVERY_MS);
}

async function begin() {
    client = new StageClient(options.token);
    window.rostrum = client;
    byId("studio").hidden = false;
    showWho(byId("who"), client.token);
    if (client.token.canSubscribe) {
        byId("to-viewer").href = pageLink("viewer", options.token);
        byId("to-viewer").hidden = false;
    }
    listCodecs(byId("codec-choice"), options.codec || "h264");
    byId("simulcast").checked = options.simulcast;
    listen();
    render();
    if (!client.token.canPublish) return;
    client.connect();
    await openDevices();
    if (options.autostart) await goLive();
}

try {
    await begin();
} catch (error) {
    askForToken(byId("no-token"), {
        title: options.token ? "This token can't be read" : "A token opens the stage",
        text: options.token ? error.message
            : "Paste a participant token that may go live (PUBLISH), or open a link that has one.",
    });
}
