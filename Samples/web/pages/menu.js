// The menu of a tile: which layer, pin, pause. One for all tiles, since one is open at a time.

import { element, icon, setText } from "./ui.js";

const GAP = 6;
/** Browsers from before 2024 have no popovers: there the server chooses. */
const isSupported = "popover" in HTMLElement.prototype;

/**
 * @typedef {object} MenuState
 * @property {string} name whose picture it is
 * @property {string} now what is received, in words
 * @property {{rid: string | null, label: string, facts: string}[]} choices the first is automatic
 * @property {string | null} chosen the `rid` of the choice
 * @property {boolean} pinned
 * @property {boolean} paused
 *
 * @typedef {{layer: string | null} | {pinned: boolean} | {paused: boolean}} MenuAction
 */

export class TileMenu {
    #root = element("div", { class: "menu", id: "tile-menu", role: "menu", popover: "auto" });
    #now = element("p", { class: "menu-now", role: "presentation" });
    #button = null;
    /** @type {() => MenuState} */
    #read = null;
    /** @type {(action: MenuAction) => void} */
    #act = null;
    #key = "";

    constructor() {
        this.#root.addEventListener("toggle", ({ newState }) => this.#toggled(newState === "open"));
        this.#root.addEventListener("keydown", (event) => this.#keyed(event));
        for (const name of ["resize", "scroll"]) {
            globalThis.addEventListener(name, () => this.close(), { passive: true });
        }
        document.body.append(this.#root);
    }

    /**
     * Makes a button open this menu.
     * @param {HTMLButtonElement} button
     * @param {() => MenuState} read
     * @param {(action: MenuAction) => void} act
     */
    attach(button, read, act) {
        button.hidden = !isSupported;
        button.setAttribute("aria-haspopup", "menu");
        button.setAttribute("aria-expanded", "false");
        button.popoverTargetElement = this.#root;
        button.addEventListener("keydown", (event) => {
            if (event.key !== "ArrowDown" || this.#isOpen) return;
            event.preventDefault();
            button.click();
        });
        // Comes before the browser toggles the menu for this button.
        button.addEventListener("click", () => {
            if (this.#isOpen && this.#button !== button) this.close();
            [this.#button, this.#read, this.#act] = [button, read, act];
            if (!this.#isOpen) this.#build();
        });
    }

    /** Brings the words up to date, and the choices where there are others now. */
    refresh() {
        if (!this.#isOpen) return;
        if (!this.#button.isConnected) {
            this.close();
            return;
        }
        const place = this.#items().indexOf(document.activeElement);
        this.#build();
        if (place >= 0 && !this.#root.contains(document.activeElement)) this.#focus(place);
    }

    close() {
        if (this.#isOpen) this.#root.hidePopover();
    }

    get #isOpen() {
        return isSupported && this.#root.matches(":popover-open");
    }

    #build() {
        const state = this.#read();
        const key = [this.#button.getAttribute("aria-label"), ...state.choices.map(({ rid }) => rid)];
        if (this.#key !== key.join("\n")) {
            this.#key = key.join("\n");
            this.#root.setAttribute("aria-label", `Picture of ${state.name}`);
            this.#root.replaceChildren(
                this.#now,
                ...state.choices.map(({ rid }) => this.#item("menuitemradio", () => ({ layer: rid }))),
                element("hr", { role: "separator" }),
                this.#item("menuitemcheckbox", () => ({ pinned: !this.#read().pinned })),
                this.#item("menuitemcheckbox", () => ({ paused: !this.#read().paused })));
        }
        setText(this.#now, state.now);
        const rows = [
            ...state.choices.map(({ rid, label, facts }) => [label, facts, rid === state.chosen]),
            ["Pin", "goes before others", state.pinned],
            ["Pause the picture", "sound goes on", state.paused],
        ];
        this.#items().forEach((item, index) => {
            const [label, facts, checked] = rows[index];
            setText(item.children[1], label);
            setText(item.children[2], facts);
            item.setAttribute("aria-checked", String(checked));
        });
    }

    #item(role, action) {
        const item = element(
            "button", { class: "menu-item", type: "button", role, tabindex: "-1" },
            icon("check"), element("span", { class: "menu-label" }),
            element("span", { class: "menu-facts" }));
        item.addEventListener("click", () => {
            this.#act(action());
            this.close();
        });
        return item;
    }

    #items() {
        return [...this.#root.querySelectorAll("[role^=menuitem]")];
    }

    #focus(index) {
        const items = this.#items();
        items[(index + items.length) % items.length]?.focus();
    }

    #toggled(open) {
        this.#button?.setAttribute("aria-expanded", String(open));
        if (!open) return;
        this.#place();
        const items = this.#items();
        this.#focus(Math.max(0, items.findIndex((item) => item.getAttribute("aria-checked") === "true")));
    }

    /** Below the button, or where there is room. */
    #place() {
        const button = this.#button.getBoundingClientRect();
        const { offsetWidth: width, offsetHeight: height } = this.#root;
        const { clientWidth, clientHeight } = document.documentElement;
        const below = button.bottom + GAP;
        const top = below + height <= clientHeight ? below : Math.max(GAP, clientHeight - height - GAP);
        const left = Math.min(Math.max(GAP, button.right - width), clientWidth - width - GAP);
        this.#root.style.top = `${top}px`;
        this.#root.style.left = `${Math.max(GAP, left)}px`;
    }

    #keyed(event) {
        const place = this.#items().indexOf(document.activeElement);
        const target = {
            ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1,
        }[event.key];
        if (event.key === "Tab") this.close();
        if (target === undefined) return;
        event.preventDefault();
        this.#focus(target);
    }
}
