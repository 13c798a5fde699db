// The front page: reads a pasted token and offers what it opens.

import { decodeToken, explain } from "../rostrum.js";
import { byId, element, nameOf, pageLink, setFacts, setText } from "./ui.js";

const field = byId("token");
const result = byId("token-result");
const problem = byId("token-error");

function capabilities({ canPublish, canSubscribe }) {
    if (canPublish && canSubscribe) return "go live and watch";
    if (canPublish) return "go live";
    return canSubscribe ? "watch" : "nothing";
}

function expiry(expiresAt) {
    const when = new Date(expiresAt);
    const words = when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    return when < new Date() ? `${words} – expired` : words;
}

function offer(token) {
    const facts = element("dl", { class: "facts" });
    setFacts(facts, [
        ["For", nameOf(token)], ["Stage", token.stageId], ["May", capabilities(token)],
        ["Until", expiry(token.expiresAt)],
    ]);
    const actions = element("div", { class: "actions" });
    if (token.canPublish) {
        actions.append(element(
            "a", { class: "button primary", href: pageLink("host", token.text) }, "Open as host"));
    }
    if (token.canSubscribe) {
        actions.append(element(
            "a", { class: `button ${token.canPublish ? "quiet" : "primary"}`,
                href: pageLink("viewer", token.text) }, "Open as viewer"));
    }
    result.replaceChildren(facts, actions);
    byId("to-host").href = pageLink("host", token.text);
    byId("to-viewer").href = pageLink("viewer", token.text);
}

function read() {
    result.replaceChildren();
    setText(problem, "");
    byId("to-host").href = "host.html";
    byId("to-viewer").href = "viewer.html";
    if (field.value.trim() === "") return;
    try {
        offer(decodeToken(field.value));
    } catch (error) {
        setText(problem, `${explain(error).title}. ${error.message}`);
    }
}

field.addEventListener("input", read);
byId("token-form").addEventListener("submit", (event) => event.preventDefault());
setText(byId("origin"), location.origin);
read();
