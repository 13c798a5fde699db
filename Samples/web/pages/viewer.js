// The viewer page: everybody on stage, the sound, and where the milliseconds go.

import {
    SignallingError, StageClient, ViewportReporter, latencyBudget, networkWords, publisherQuality,
} from "../rostrum.js";
import { renderBudget } from "./budget.js";
import { scrollingLayout, tileLayout } from "./grid.js";
import { TileMenu } from "./menu.js";
import { layerFacts, nowWords, pausedWords } from "./picture.js";
import { Tile } from "./tile.js";
import {
    askForToken, bitrateWords, byId, codecWords, element, eventsWords, fragmentOptions, lossWords,
    msWords, nameOf, sessionWords, setButton, setFacts, setNotice, setPill, setText, showWho,
} from "./ui.js";

const options = fragmentOptions();
const STATS_EVERY_MS = 1000;
const TILE_GAP = 10;

/** @type {StageClient | null} */
let client = null;
let watchError = null;
/** @type {import("../client/stats.js").Summary | null} */
let summary = null;
/** @type {Map<string, Tile>} */
const tiles = new Map();
/** @type {ViewportReporter | null} */
let viewport = null;
/** @type {TileMenu | null} */
let menu = null;
/** Whether the viewer wants sound, and whether the browser lets it out before a tap. */
let soundWanted = true;
let soundBlocked = false;

// Sound

/** Plays a tile: with sound where the browser allows it, else silently until somebody taps. */
async function play(video) {
    video.muted = !soundWanted || soundBlocked;
    try {
        await video.play();
    } catch (error) {
        if (error.name !== "NotAllowedError" || video.muted) return;
        soundBlocked = true;
        video.muted = true;
        await video.play().catch(() => {});
        renderSound();
    }
}

function setSound(wanted) {
    soundWanted = wanted;
    soundBlocked = false;
    for (const { video } of tiles.values()) play(video);
    renderSound();
}

function renderSound() {
    const button = byId("sound");
    const on = soundWanted && !soundBlocked;
    button.hidden = tiles.size === 0;
    button.setAttribute("aria-pressed", String(on));
    setButton(button, on ? "sound" : "sound-off", on ? "Sound on" : "Sound off");
    byId("sound-call").hidden = !soundBlocked || tiles.size === 0;
}

// Tiles

function renderTiles() {
    const hosts = client.hosts().filter(({ id }) => id !== client.token.participantId);
    const present = new Set(hosts.map(({ id }) => id));
    for (const [id, tile] of tiles) {
        if (present.has(id)) continue;
        viewport.unobserve(tile.root);
        tile.remove();
        tiles.delete(id);
    }
    for (const host of hosts) renderHost(host);
    layOut();
    menu.refresh();
}

/** How the picture of a host is received. @returns {import("./tile.js").Picture} */
function pictureOf(id) {
    const active = client.activeSpeaker === id ? "active" : "yes";
    return {
        news: client.layer(client.watching, id),
        selected: client.getSelectedLayer(id),
        wish: client.wish(id),
        speaking: client.isSpeaking(id) ? active : "",
    };
}

/** What a tile's menu says. @returns {import("./menu.js").MenuState} */
function menuOf(id) {
    const { news, selected, wish } = pictureOf(id);
    const layers = client.getLayers(id);
    const sizes = layers.length > 1 ? layers : [];
    return {
        name: nameOf(client.participants.get(id) ?? { id }),
        now: nowWords(selected, news?.reason, pausedWords(news, wish)),
        choices: [
            { rid: null, label: "Automatic", facts: "what your network carries" },
            ...sizes.map((layer) => ({ rid: layer.rid, label: layer.label, facts: layerFacts(layer) })),
        ],
        chosen: sizes.some(({ rid }) => rid === wish.layer) ? wish.layer : null,
        pinned: wish.pinned,
        paused: wish.paused,
    };
}

function choose(id, action) {
    if ("layer" in action) client.preferLayer(id, action.layer);
    if ("pinned" in action) client.pin(id, action.pinned);
    if ("paused" in action) setPaused(id, action.paused);
}

function setPaused(id, paused) {
    if (paused) client.pause(id);
    else client.resume(id);
}

function renderHost(host) {
    const tile = tiles.get(host.id) ?? addTile(host);
    const media = client.media(host.id);
    const before = tile.video.srcObject;
    const received = summary?.received.find(({ kind, mid }) =>
        kind === "video" && media.videoMid !== "" && mid === media.videoMid);
    const quality = publisherQuality(client.quality(client.watching), host.id);
    tile.update(
        host, media, received, networkWords(quality?.networkQuality), pictureOf(host.id));
    if (tile.video.srcObject !== before) play(tile.video);
}

function addTile(host) {
    const tile = new Tile(host);
    tiles.set(host.id, tile);
    tile.video.addEventListener("resize", render);
    menu.attach(tile.menu, () => menuOf(host.id), (action) => choose(host.id, action));
    tile.resume.addEventListener("click", () => {
        setPaused(host.id, false);
        // The button goes away, and what had it should have something else.
        tile.menu.focus();
    });
    byId("grid").append(tile.root);
    viewport.observe(tile.root, host.id);
    return tile;
}

function layOut() {
    const grid = byId("grid");
    if (tiles.size === 0) return;
    // clientWidth holds the margins that this function sets, so it stays the same.
    const { clientWidth: width, clientHeight: height } = grid;
    const scrolls = matchMedia("(max-width: 62rem)").matches;
    const { columns, tileWidth } = scrolls
        ? scrollingLayout(tiles.size, width, TILE_GAP)
        : tileLayout(tiles.size, width, Math.max(height, 200), TILE_GAP);
    const used = columns * tileWidth + (columns - 1) * TILE_GAP;
    grid.style.setProperty("--tile-width", `${tileWidth}px`);
    grid.style.setProperty("--tile-gap", `${TILE_GAP}px`);
    grid.style.setProperty("--grid-margin", `${Math.max(0, Math.floor((width - used) / 2))}px`);
}

// Words

function renderEmpty() {
    const connected = client.watching?.state === "connected";
    byId("empty").hidden = tiles.size > 0;
    setText(byId("empty-title"), emptyTitle(connected));
    byId("empty-text").hidden = !connected;
}

function emptyTitle(connected) {
    if (connected && client.knowsStage) return "Nobody is on stage yet";
    if (client.watching?.state === "reconnecting") return "Reconnecting…";
    if (["failed", "stopped"].includes(client.watching?.state) || problem()) return "Not connected";
    return "Finding the stage…";
}

function problem() {
    if (client.disconnectedReason) {
        return new SignallingError({ name: client.disconnectedReason, message: "" });
    }
    return watchError ?? client.watching?.error;
}

function renderState() {
    const { words, tone } = sessionWords(client.watching, {
        idle: { words: "Not connected", tone: "bad" },
        connected: tiles.size > 0
            ? { words: tiles.size === 1 ? "1 host live" : `${tiles.size} hosts live`, tone: "live" }
            : { words: "Connected", tone: "good" },
    });
    setPill(byId("state"), words, tone);
    document.title = `${words} · Viewer · Rostrum`;
    const retrying = client.watching?.state === "reconnecting";
    setNotice(byId("notice"), problem(), { tone: retrying ? "wait" : "bad" });
}

function renderLatency() {
    const several = tiles.size > 1;
    renderBudget(
        tiles.size > 0
            ? latencyBudget(client.quality(client.watching), summary) : latencyBudget(null, null),
        (id) => (several && client.participants.has(id) ? nameOf(client.participants.get(id)) : ""));
}

function renderFacts() {
    const received = summary?.received ?? [];
    const rows = [
        ["State", byId("state").textContent],
        ["Stage events", eventsWords(client.events.state)],
    ];
    if (summary && client.watching?.state === "connected") {
        const video = received.filter(({ kind }) => kind === "video");
        const losses = received.map(({ lossPercent }) => lossPercent).filter((loss) => loss !== null);
        const codecs = new Set(video.filter(({ kbps }) => kbps).map(({ codec }) => codec));
        const grade = networkWords(client.quality(client.watching)?.networkQuality);
        rows.push(
            ["Your network", grade?.words ?? "unknown yet"],
            ["Round trip", msWords(summary.roundTripMs)],
            ["Received", bitrateWords(received.reduce((sum, { kbps }) => sum + (kbps ?? 0), 0))],
            ["Packets", lossWords(losses.length > 0 ? Math.max(...losses) : null)],
            ["Video format", [...codecs].map(codecWords).filter(Boolean).join(", ") || "none yet"]);
    }
    setFacts(byId("facts"), rows);
}

function render() {
    renderTiles();
    renderEmpty();
    renderState();
    renderSound();
    renderLatency();
    renderFacts();
}

async function tick() {
    summary = await client.watching?.stats().catch(() => null) ?? null;
    client.reportStats(client.watching, summary);
    render();
}

// Beginning

async function watch() {
    watchError = null;
    try {
        await client.subscribe();
    } catch (error) {
        if (error?.name !== "AbortError") watchError = error;
    }
    render();
}

function begin() {
    client = new StageClient(options.token);
    window.rostrum = client;
    viewport = new ViewportReporter(client);
    menu = new TileMenu();
    byId("theatre").hidden = false;
    showWho(byId("who"), client.token);
    byId("sound").addEventListener("click", () => setSound(!soundWanted || soundBlocked));
    byId("sound-call").addEventListener("click", () => setSound(true));
    client.addEventListener("change", render);
    new ResizeObserver(layOut).observe(byId("grid"));
    setInterval(tick, STATS_EVERY_MS);
    render();
    watch();
}

try {
    begin();
} catch (error) {
    askForToken(byId("no-token"), {
        title: options.token ? "This token can't be read" : "A token opens the stage",
        text: options.token ? error.message
            : "Paste a participant token that may watch (SUBSCRIBE), or open a link that has one.",
    });
}
