/** A row of filters above a list. They live in the address, so that what one sees can be sent to somebody. */

import { h } from "./dom.js";
import { words } from "./format.js";

/**
 * fields: [{ name, title, options }] with options [[value, text]], or [{ name, title, text: true }] for free text.
 * change(filters) is called with all that are set.
 */
export class Filters {
  constructor(fields, change) {
    this.fields = fields;
    this.inputs = new Map();
    const tell = () => change(this.read());
    this.tally = h("span.tally");
    this.element = h("form.filters", { submit: (event) => event.preventDefault() },
      fields.map((field) => this.field(field, tell)), this.tally);
  }

  field(field, tell) {
    const input = field.text
      ? h("input", { type: "search", placeholder: `${field.title} ( / )`, "aria-label": field.title, input: tell, spellcheck: "false" })
      : h("select", { "aria-label": field.title, change: tell });
    if (field.text) input.dataset.search = "";
    this.inputs.set(field.name, input);
    return field.text ? input : h("label", null, h("span", null, field.title), input);
  }

  /** Set the choices of a field, keeping what is chosen. */
  options(name, pairs) {
    const input = this.inputs.get(name);
    const signature = JSON.stringify(pairs);
    if (input.dataset.pairs === signature) return;
    input.dataset.pairs = signature;
    const chosen = input.value;
    input.replaceChildren(h("option", { value: "" }, this.fields.find((one) => one.name === name).none || "all"), ...pairs.map(([value, text]) => h("option", { value }, text)));
    input.value = chosen;
  }

  read() {
    const entries = [...this.inputs].map(([name, input]) => [name, input.value.trim()]);
    return Object.fromEntries(entries.filter(([, value]) => value));
  }

  write(filters) {
    for (const [name, input] of this.inputs) {
      const value = filters[name] || "";
      if (input.tagName === "SELECT" && value && ![...input.options].some((one) => one.value === value)) {
        input.append(h("option", { value }, words(value)));
      }
      if (document.activeElement !== input || input.tagName === "SELECT") input.value = value;
    }
  }
}

/** The values that occur, as choices with how often. */
export function choices(items, value, text = words) {
  const counts = new Map();
  for (const item of items) {
    const found = value(item);
    if (found !== null && found !== undefined && found !== "") counts.set(found, (counts.get(found) || 0) + 1);
  }
  return [...counts].map(([one, n]) => [String(one), `${text(one)} (${n.toLocaleString("en-US")})`]);
}
