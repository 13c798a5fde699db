// What all pages share: small elements, words, and the options behind the # of the address.

import { decodeToken, explain } from "../rostrum.js";

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
}

/** Changes text only where it differs, so that screen readers are not told the same again. */
export function setText(target, text) {
    if (target.textContent !== text) target.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name a symbol of icons.svg */
export function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "use"));
    svg.firstChild.setAttribute("href", `icons.svg#${name}`);
    return svg;
}

/** Four bars, as many of them full as the network has. @param {number} full 0 to 4 */
export function signalBars(full) {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of [
        ["class", "signal"], ["viewBox", "0 0 19 14"], ["aria-hidden", "true"],
    ]) svg.setAttribute(name, value);
    for (let index = 0; index < 4; index += 1) {
        const bar = svg.appendChild(document.createElementNS(SVG, "rect"));
        const height = 5 + index * 3;
        for (const [name, value] of [
            ["x", index * 5], ["y", 14 - height], ["width", 4], ["height", height], ["rx", 1],
            ["class", index < full ? "full" : ""],
        ]) bar.setAttribute(name, String(value));
    }
    return svg;
}

/** Gives a button another icon and other words. */
export function setButton(button, iconName, words) {
    const use = button.querySelector("use");
    if (use.getAttribute("href") !== `icons.svg#${iconName}`) {
        use.setAttribute("href", `icons.svg#${iconName}`);
    }
    setText(button.querySelector("span"), words);
}

/** A word in a coloured pill. */
export function setPill(pill, words, tone) {
    pill.hidden = words === "";
    if (tone) pill.dataset.tone = tone;
    else delete pill.dataset.tone;
    setText(pill, words);
}

/** Sets a definition list's rows, touching only what changed. @param {[string, string][]} rows */
export function setFacts(list, rows) {
    while (list.children.length > rows.length) list.lastChild.remove();
    while (list.children.length < rows.length) {
        list.append(element("div", {}, element("dt"), element("dd")));
    }
    rows.forEach(([name, value], index) => {
        setText(list.children[index].firstChild, name);
        setText(list.children[index].lastChild, value);
    });
}

/** Says an error in words, or nothing at all when there is none. */
export function setNotice(notice, error, { tone = "bad", more = "" } = {}) {
    notice.hidden = !error;
    if (!error) {
        notice.replaceChildren();
        return;
    }
    const { title, advice, detail } = explain(error);
    const words = [title, advice, more, detail].join("\n");
    if (notice.dataset.words === words && notice.childElementCount > 0) return;
    notice.dataset.words = words;
    notice.dataset.tone = tone;
    const body = element("div", {}, element("strong", {}, title));
    if (advice) body.append(element("p", {}, advice));
    if (more) body.append(element("p", {}, more));
    if (detail && detail !== advice) {
        body.append(element("p", { class: "detail" }, `The server says: ${detail}`));
    }
    notice.replaceChildren(icon("alert"), body);
}

/**
 * The options behind the #, where they never reach a server or its logs: token, autostart, codec,
 * simulcast.
 */
export function fragmentOptions(fragment = location.hash) {
    const given = new URLSearchParams(fragment.replace(/^#/, ""));
    return {
        token: given.get("token") ?? "",
        autostart: given.get("autostart") === "1",
        codec: given.get("codec")?.toLowerCase() ?? "",
        simulcast: given.get("simulcast") !== "0",
    };
}

/** @param {"host" | "viewer"} page @param {string} token */
export const pageLink = (page, token) => `${page}.html#${new URLSearchParams({ token })}`;

/** Who a token is for, in words. @param {import("../client/token.js").TokenInfo} token */
export function nameOf({ userId, attributes, participantId, id }) {
    return attributes?.name || attributes?.displayName || userId || participantId || id;
}

export function showWho(target, token) {
    target.replaceChildren(element("strong", {}, nameOf(token)), ` on stage ${token.stageId}`);
}

/** A form for the token, for whoever opens a page without one. */
export function askForToken(main, { title, text }) {
    const field = element("textarea", {
        id: "token", rows: "4", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
        placeholder: "eyJhbGciOiJFUzM4NCIs…", "aria-describedby": "token-help token-error",
    });
    const problem = element("p", { class: "field-error", id: "token-error", role: "alert" });
    const form = element(
        "form", { class: "card token-form", novalidate: "" },
        element("label", { for: "token" }, "Participant token"), field,
        element("p", { class: "help", id: "token-help" },
            "Your backend, or whoever runs the stage, has it. It stays in this browser."),
        problem,
        element("div", { class: "actions" },
            element("button", { class: "button primary", type: "submit" }, "Continue")));
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        try {
            const { text: token } = decodeToken(field.value);
            location.hash = `#${new URLSearchParams({ token })}`;
            location.reload();
        } catch (error) {
            setText(problem, `${explain(error).title}. ${explain(error).advice}`);
            field.focus();
        }
    });
    main.replaceChildren(
        element("div", { class: "hero" }, element("h2", {}, title), element("p", {}, text)), form);
    main.hidden = false;
}

/** `1234` kbit/s as people say it. */
export function bitrateWords(kbps) {
    if (kbps === null || kbps === undefined) return "–";
    return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`;
}

/** A codec's name as people write it. */
export const codecWords = (name) => ({ H264: "H.264", opus: "Opus" }[name] ?? name ?? "");

export const msWords = (ms) => {
    if (ms === null || ms === undefined) return "unknown yet";
    return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
};

export const lossWords = (percent) => {
    if (percent === null || percent === undefined) return "unknown yet";
    if (percent < 0.05) return "none lost";
    return `${percent.toFixed(1)} % lost`;
};

/** Seconds as 0:07 or 1:02:33. */
export function elapsedWords(seconds) {
    const two = (value) => String(value).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * How a session stands, in words and a tone.
 * @param {import("../client/session.js").MediaSession | null} session
 */
export function sessionWords(session, { idle, connected }) {
    switch (session?.state) {
        case "connecting": return { words: "Connecting…", tone: "wait" };
        case "connected": return connected;
        case "reconnecting": return { words: "Reconnecting…", tone: "wait" };
        case "failed": return { words: "Not connected", tone: "bad" };
        default: return idle;
    }
}

/** How a host's viewers fare, in words. @param {object | null} budget payload of the newest BUDGET */
export function viewersWords(budget) {
    if (!budget || !(budget.viewers > 0)) return "none measured yet";
    const { viewers, overBudget, medianMs, budgetMs } = budget;
    const late = overBudget > 0 ? `${overBudget} over ${Math.round(budgetMs)} ms` : "";
    return [String(viewers), `typically ${msWords(medianMs)}`, late].filter(Boolean).join(", ");
}

/** How the events socket stands, in words. */
export const eventsWords = (state) => ({
    idle: "not opened", connecting: "connecting…", open: "open", reconnecting: "reconnecting…",
    closed: "closed",
}[state]);
