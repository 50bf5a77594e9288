/** Every candidate lesson, accepted or rejected, by verdict, reason, module, kind and round. */

import { h, replace } from "./dom.js";
import { choices, Filters } from "./filters.js";
import { count, words } from "./format.js";
import { List } from "./list.js";
import { asObject } from "./model.js";
import { address, goQuietly } from "./route.js";
import { close, command, moduleLink, section, status } from "./step.js";

const COLUMNS = ["verdict", "module", "kind", "round", "level", "problem", "answer"];
const ADAPTATION = ["concretised", "decomposed", "load", "format", "language"];

export class CandidatesView {
  constructor(run, source) {
    Object.assign(this, { run, source, all: [], filters: {}, chosen: null, version: -1 });
    this.bar = new Filters([
      { name: "q", title: "filter", text: true }, { name: "verdict", title: "verdict" }, { name: "reason", title: "reason" },
      { name: "module", title: "module" }, { name: "kind", title: "kind" }, { name: "round", title: "round" },
    ], (filters) => goQuietly(address(this.chosen ? "candidate" : "candidates", this.chosen || "", filters)));
    this.list = new List({
      name: "Candidates", draw: (one) => this.row(one), key: (one) => one.id,
      open: (one) => goQuietly(address("candidate", one.id, this.filters)),
    });
    this.detail = h("article.detail", { "aria-label": "Candidate" });
    this.element = h("div.browser", null, this.bar.element, h("div.panes", null, h("div.pane", null,
      h("div.columns-head.lesson-row", { "aria-hidden": "true" }, COLUMNS.map((text) => h("span", null, text))), this.list.element), this.detail));
  }

  async show(route) {
    this.filters = route.filters;
    this.chosen = route.view === "candidate" ? route.what : null;
    this.element.classList.toggle("split", Boolean(this.chosen));
    this.list.follow = Boolean(this.chosen);
    await this.refresh();
    if (this.chosen) await this.open(this.chosen);
  }

  async refresh() {
    if (this.version !== this.run.version) {
      const [version, rows] = [this.run.version, await this.source.get("candidates")];
      this.all = rows.map((row) => asObject(this.run.facts.candidate_columns, row));
      this.version = version;
    }
    this.bar.options("verdict", choices(this.all, (one) => (one.accepted ? "accepted" : "rejected")));
    this.bar.options("reason", choices(this.all, (one) => one.reason));
    this.bar.options("module", choices(this.all, (one) => one.module, (id) => this.run.title(id)));
    this.bar.options("kind", choices(this.all, (one) => one.kind));
    this.bar.options("round", choices(this.all, (one) => one.round, String));
    this.bar.write(this.filters);
    const items = this.items();
    this.list.show(items);
    const good = items.filter((one) => one.accepted).length;
    replace(this.bar.tally, `${count(items.length)} = ${count(good)} accepted + ${count(items.length - good)} rejected`);
  }

  items() {
    const { q, verdict, reason, module, kind, round } = this.filters;
    const text = (q || "").toLowerCase();
    return this.all.filter((one) => (!verdict || one.accepted === (verdict === "accepted")) && (!reason || one.reason === reason)
      && (!module || one.module === module) && (!kind || one.kind === kind) && (!round || String(one.round) === round)
      && (!text || `${one.id} ${one.problem} ${one.answer} ${one.detail || ""}`.toLowerCase().includes(text)));
  }

  row(one) {
    return h(`div.lesson-row${one.accepted ? "" : ".is-failed"}`, null,
      h("span", { title: one.detail }, status(one.accepted ? "accepted" : "rejected"), one.accepted ? "" : `: ${words(one.reason)}`),
      h("span", null, this.run.title(one.module)), h("span", null, one.kind), h("span.num", null, one.round),
      h("span.num", null, one.level ?? ""), h("span.what", { title: one.problem }, one.problem ?? one.detail ?? ""), h("span.num", null, one.answer ?? ""));
  }

  async open(id) {
    this.list.select(id);
    const row = this.all.find((one) => one.id === id);
    let page;
    try {
      page = lessonPage(await this.source.get(`candidate/${id}`), row, this.run);
    } catch (error) {
      page = h("p.absent", null, error.message);
    }
    if (this.chosen === id) {
      replace(this.detail, page);
      this.detail.scrollTop = 0;
    }
  }
}

function lessonPage(lesson, row, run) {
  const { example, provenance } = lesson;
  const call = row?.step ? run.steps[row.step - 1] : null;
  return [
    h("header", null, close("candidates"), h("p.crumbs", null, lesson.id), h("h2", null, example?.problem ?? "No lesson could be read"),
      h("p.facts-line", null, status(lesson.accepted ? "accepted" : "rejected"), ` · ${lesson.kind} · round ${provenance.round} · stage ${provenance.stage}`,
        example ? ` · level ${example.level}` : "", " · ", moduleLink(lesson.module, run))),
    lesson.accepted ? null : h("p.refusal", null, h("b", null, words(lesson.reason)), lesson.detail ? `: ${lesson.detail}` : ""),
    example ? section("Solution", h("ol", null, example.solution.steps.map((one) => h("li.written", null, one))),
      h("p", null, "Answer: ", h("b", null, example.solution.final_answer)),
      example.solution.verification ? h("p", null, h("small", null, `check: ${example.solution.verification}`)) : null) : null,
    example ? section("Fitted to the student", h("dl.adaptation", null, ADAPTATION.map((name) => [h("dt", null, name), h("dd", null, example.adaptation[name] || "–")]))) : null,
    section("Where it comes from", h("p", null, call ? h("a", { href: address("step", call.number) }, `the prompt and reply that wrote it (step ${call.number})`) : "its call is not in the trace"),
      h("p", null, h("small", null, `${provenance.model} at ${provenance.endpoint}${provenance.seed_item ? ` · seed item ${provenance.seed_item}` : ""}`)),
      call ? command(`tutelage trace show ${run.facts.directory} ${call.number}`) : null),
  ];
}
