/** A list of any length: only the rows in sight are in the page. Arrow keys, j and k move; Enter opens. */

import { h } from "./dom.js";

const HEIGHT = 27;
const SPARE = 12;

export class List {
  /**
   * draw(item) gives a row's cells; open(item) is called for Enter and click; key(item) tells items apart.
   * follow: moving the selection opens it at once.
   */
  constructor({ name, draw, open, key }) {
    Object.assign(this, { draw, open, key, items: [], at: -1, follow: false, shown: new Map() });
    this.inner = h("div.rows");
    this.element = h("div.list", { tabindex: "0", role: "listbox", "aria-label": name, keydown: (event) => this.pressed(event) }, this.inner);
    this.element.addEventListener("scroll", () => this.fill(), { passive: true });
    this.inner.addEventListener("click", (event) => this.clicked(event));
    new ResizeObserver(() => this.fill()).observe(this.element);
  }

  show(items) {
    const chosen = this.items[this.at];
    this.items = items;
    this.at = chosen ? items.findIndex((item) => this.key(item) === this.key(chosen)) : -1;
    this.inner.style.height = `${items.length * HEIGHT}px`;
    this.paint();
  }

  select(key) {
    this.at = this.items.findIndex((item) => this.key(item) === key);
    const { scrollTop, clientHeight } = this.element;
    const top = this.at * HEIGHT;
    if (this.at >= 0 && (top < scrollTop || top + HEIGHT > scrollTop + clientHeight)) this.element.scrollTop = top - clientHeight / 3;
    this.paint();
    return this.at >= 0;
  }

  /** Scroll as little as brings the selection in sight. */
  reveal() {
    const { scrollTop, clientHeight } = this.element;
    const top = this.at * HEIGHT;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.element.scrollTop = top + HEIGHT - clientHeight;
  }

  /** Draw all rows in sight anew. */
  paint() {
    this.shown.clear();
    this.inner.replaceChildren();
    this.fill();
  }

  /** Draw the rows that came in sight, and let go of those that left it. */
  fill() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / HEIGHT) + SPARE);
    for (const [n, row] of this.shown) {
      if (n >= first && n < last) continue;
      row.remove();
      this.shown.delete(n);
    }
    const fresh = [];
    for (let n = first; n < last; n += 1) {
      if (this.shown.has(n)) continue;
      const row = this.row(n);
      this.shown.set(n, row);
      fresh.push(row);
    }
    this.inner.append(...fresh);
  }

  row(n) {
    const row = this.draw(this.items[n]);
    row.classList.add("row");
    row.id = `${this.element.getAttribute("aria-label").replace(/\W/g, "-")}-${n}`;
    row.dataset.n = n;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(n === this.at));
    row.style.top = `${n * HEIGHT}px`;
    if (n === this.at) this.element.setAttribute("aria-activedescendant", row.id);
    return row;
  }

  clicked(event) {
    const row = event.target.closest("[data-n]");
    if (!row || event.target.closest("a")) return;
    this.at = Number(row.dataset.n);
    this.paint();
    this.open(this.items[this.at]);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / HEIGHT) - 1);
    const moves = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "Enter" && this.at >= 0) this.open(this.items[this.at]);
    else return;
    event.preventDefault();
  }

  move(by) {
    if (!this.items.length) return;
    this.at = Math.min(this.items.length - 1, Math.max(0, this.at + by));
    this.reveal();
    this.paint();
    if (this.follow) this.open(this.items[this.at]);
  }
}
