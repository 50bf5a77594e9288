/** The timeline: every step of the run in order, with what it took and what came of it; beside it the chosen one. */

import { h, replace } from "./dom.js";
import { choices, Filters } from "./filters.js";
import { clock, count, countOrNone, plural, seconds } from "./format.js";
import { List } from "./list.js";
import { isSmall, label } from "./model.js";
import { address, goQuietly } from "./route.js";
import { stepPage } from "./step.js";

const ONLY = [["failed", "failed, cut off or retried"], ["decisions", "decisions"], ["slow", "slowest first"]];
const DEPTH = [["all", "single calls too"]];
const HEADINGS = ["step", "at (UTC)", "what", "", "time", "calls", "tokens", "outcome"];

export class StepsView {
  constructor(run, source) {
    Object.assign(this, { run, source, filters: {}, chosen: null });
    this.bar = new Filters([
      { name: "q", title: "filter", text: true }, { name: "node", title: "node" }, { name: "module", title: "module" },
      { name: "role", title: "role" }, { name: "only", title: "only" }, { name: "depth", title: "show", none: "steps" },
    ], (filters) => goQuietly(address(this.chosen ? "step" : "steps", this.chosen ? this.chosen.number : "", filters)));
    this.bar.options("only", ONLY);
    this.bar.options("depth", DEPTH);
    this.list = new List({
      name: "Steps", draw: (step) => this.row(step), key: (step) => step.number,
      open: (step) => goQuietly(address("step", step.number, this.filters)),
    });
    this.detail = h("article.detail", { tabindex: "-1", "aria-label": "Step" });
    this.element = h("div.browser", null, this.bar.element, h("div.panes", null, h("div.pane", null,
      h("div.columns-head.step-row", { "aria-hidden": "true" }, HEADINGS.map((text) => h("span", null, text))), this.list.element), this.detail));
  }

  show(route) {
    this.filters = route.filters;
    const name = route.view === "step" ? route.what : "";
    const step = name ? this.run.find(name) : null;
    this.element.classList.toggle("split", Boolean(name));
    this.list.follow = Boolean(step);
    this.refresh();
    if (name && !step) replace(this.detail, h("p.absent", null, `There is no step ${name}.`));
    if (step && this.chosen !== step) this.open(step);
    if (!step) this.chosen = null;
  }

  refresh() {
    const { steps } = this.run;
    this.bar.options("node", choices(steps.filter((s) => s.name.startsWith("node ")), (s) => s.node));
    this.bar.options("module", this.run.facts.modules.map((module) => [module.id, module.name]));
    this.bar.options("role", choices(steps, (s) => s.role));
    this.bar.write(this.filters);
    const now = this.chosen && this.run.steps[this.chosen.number - 1];
    if (now && now !== this.chosen) this.open(now, true);
    const items = this.items();
    this.list.show(items);
    replace(this.bar.tally, plural(items.length, "step"), items.length < steps.length ? ` of ${count(steps.length)}` : "");
  }

  items() {
    const { q, node, module, role, only, depth } = this.filters;
    const isOn = q || node || module || role || only;
    if (!isOn) {
      const chosen = this.chosenNumber();
      const all = depth === "all" || (chosen && isSmall(chosen));
      return this.run.depthFirst((step) => all || !isSmall(step));
    }
    const text = (q || "").toLowerCase();
    const found = this.run.steps.filter((s) => (!node || s.node === node) && (!module || s.module === module)
      && (!role || s.role === role) && (only !== "failed" || s.state === "failed" || s.state === "died")
      && (only !== "decisions" || s.name.startsWith("decide")) && (only !== "slow" || !this.run.within(s).length)
      && (!text || `${s.number} ${label(s)} ${s.outcome} ${s.id} ${s.call || ""}`.toLowerCase().includes(text)));
    return only === "slow" ? found.sort((a, b) => (this.run.took(b) ?? 0) - (this.run.took(a) ?? 0)) : found;
  }

  chosenNumber() {
    const [view, what] = location.hash.slice(2).split("?")[0].split("/");
    return view === "step" ? this.run.find(what) : null;
  }

  async open(step, again = false) {
    this.chosen = step;
    if (!again) this.list.select(step.number);
    const page = await stepPage(step, this.run, this.source);
    if (this.chosen === step) {
      const top = again ? this.detail.scrollTop : 0;
      replace(this.detail, page);
      this.detail.scrollTop = top;
    }
  }

  row(step) {
    const took = this.run.took(step);
    const start = this.run.place(step.start) * 100;
    const width = this.run.place(step.start + (took ?? 0) * 1000) * 100 - start;
    return h(`div.step-row${step.state ? `.is-${step.state}` : ""}`, null,
      h("span.num", null, step.number), h("span.num", null, clock(this.run.facts.began_ms + step.start)),
      h("span.what", { style: { "--depth": this.isFlat() ? 0 : step.depth }, title: label(step) }, label(step)),
      h("span.lane", null, h("i", { style: { left: `min(${start.toFixed(3)}%, 100% - 2px)`, width: `max(2px, ${width.toFixed(3)}%)` } })),
      h("span.num", null, step.state === "died" ? "open" : seconds(took)), h("span.num", null, countOrNone(step.calls)),
      h("span.num", null, countOrNone(step.tokens)), h("span.said", { title: step.outcome }, step.outcome));
  }

  isFlat() {
    const { q, node, module, role, only } = this.filters;
    return Boolean(q || node || module || role || only);
  }
}
