/** Keys that work everywhere: to every view, to the filter, back, and help. */

import { h } from "./dom.js";

const HELP = [
  ["↓ ↑ or j k", "next, previous row"], ["PgDn PgUp Home End", "further"], ["Enter", "open the row"], ["/", "filter"],
  ["Esc", "close, or leave the filter"], ["r g s c", "report, graph, steps, candidates"], ["?", "these keys"],
];

export function listenToKeys(go, back) {
  const dialog = h("dialog.help", null, h("h2", null, "Keys"), h("dl", null, HELP.map(([key, text]) => [h("dt", null, key), h("dd", null, text)])),
    h("form", { method: "dialog" }, h("button", null, "close")));
  document.body.append(dialog);
  const views = { r: "report", g: "graph", s: "steps", c: "candidates" };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Escape") typing ? event.target.blur() : back();
    else if (typing) return;
    else if (event.key === "/") search(event);
    else if (event.key === "?") dialog.showModal();
    else if (event.key in views) go(views[event.key]);
    else if (["j", "k", "ArrowDown", "ArrowUp"].includes(event.key)) toList(event);
  });
}

function search(event) {
  const input = [...document.querySelectorAll("[data-search]")].find((one) => one.offsetParent);
  if (input) {
    input.focus();
    event.preventDefault();
  }
}

/** A list in sight takes the arrows wherever the focus is, unless something else scrolls with them. */
function toList(event) {
  const list = document.querySelector("#view:not([hidden]) .list");
  const arrow = event.key.startsWith("Arrow");
  if (!list || list.contains(event.target) || (arrow && event.target.closest(".detail"))) return;
  list.focus({ preventScroll: true });
  list.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
  event.preventDefault();
}
