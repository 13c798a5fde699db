// The card that shows where the milliseconds from camera to screen go.

import { budgetWords } from "../rostrum.js";
import { byId, element, msWords, setText } from "./ui.js";

/** The first leg names its host, the server's says what of it is its pacer's. */
function legWords({ label, participantId, pacerMs }, nameOfHost) {
    const host = participantId ? nameOfHost(participantId) : "";
    const more = host || (pacerMs ? `${msWords(pacerMs)} pacing` : "");
    return more ? `${label} (${more})` : label;
}

/** The parts of the bar: the legs, and the pacer's part of the server's apart. */
function parts(legs) {
    return legs.flatMap(({ key, ms, pacerMs = 0 }) => (key === "server"
        ? [{ key, ms: (ms ?? 0) - pacerMs }, { key: "pacer", ms: pacerMs }]
        : [{ key, ms: ms ?? 0 }]));
}

/** The legs, and what is left of the budget; or, over it, where it ends. */
function renderBar({ legs, totalMs, budgetMs, blame }) {
    const whole = Math.max(budgetMs, totalMs);
    const bar = byId("latency-bar");
    parts(legs).forEach(({ key, ms }, index) => {
        const part = bar.children[index] ?? bar.appendChild(element("span", { "data-leg": key }));
        part.hidden = ms <= 0;
        part.style.width = `${(100 * ms) / whole}%`;
    });
    const end = `${(100 * budgetMs) / whole}%`;
    byId("latency-mark").style.left = end;
    byId("latency-mark").hidden = blame === null;
    byId("latency-end").style.left = end;
    setText(byId("latency-end"), `${Math.round(budgetMs)} ms`);
}

/**
 * @param {import("../client/latency.js").Budget} budget
 * @param {(participantId: string) => string} nameOfHost empty where it needs no name
 */
export function renderBudget(budget, nameOfHost) {
    byId("latency").dataset.over = String(budget.blame !== null);
    byId("latency-total").parentElement.hidden = budget.legs.every(({ ms }) => ms === null);
    setText(byId("latency-total"), msWords(budget.totalMs));
    setText(byId("latency-of"), `of ${Math.round(budget.budgetMs)} ms`);
    const { words, tone } = budgetWords(budget);
    setText(byId("latency-verdict"), words);
    byId("latency-verdict").dataset.tone = tone;
    renderBar(budget);
    const list = byId("latency-legs");
    budget.legs.forEach((leg, index) => {
        const row = list.children[index] ?? list.appendChild(element(
            "li", {}, element("span", { class: "swatch", "data-leg": leg.key, "aria-hidden": "true" }),
            element("span", { class: "leg-name" }), element("b")));
        setText(row.children[1], legWords(leg, nameOfHost));
        setText(row.lastChild, msWords(leg.ms));
        row.lastChild.className = leg.ms === null ? "unknown" : "";
        row.dataset.blame = String(leg.key === budget.blame);
    });
}
