/** One step in full: a call's prompt and reply and what became of it, a probing's answers, a node's decisions. */

import { h, svg } from "./dom.js";
import { clock, count, mark, plural, rate, seconds, words } from "./format.js";
import { label } from "./model.js";
import { address } from "./route.js";

const MOST_WITHIN = 60;

export async function stepPage(step, run, source) {
  const parts = [headline(step, run)];
  try {
    const facts = await source.get(`step/${step.number}`);
    if (facts.error) parts.push(h("p.refusal", null, facts.error));
    if (facts.call) parts.push(...call(facts.call, step, run, await candidatesOf(step, run, source)));
    if (facts.answers) parts.push(answers(facts.answers));
    if (facts.losses) parts.push(losses(facts.losses));
    if (facts.decisions?.length) parts.push(section("Decided here", facts.decisions.map((one) => decision(one, run))));
    parts.push(within(step, run), ...onward(step, run), attributes(facts.attributes));
  } catch (error) {
    parts.push(h("p.absent", null, error.message), within(step, run));
  }
  return parts;
}

/** The way back from a detail to its list. */
export const close = (view) => h("a.close", { href: address(view), title: "Esc" }, "close");

export const section = (title, ...children) => h("section.part", null, h("h3", null, title), ...children);

export const status = (name) => h(`span.status.s-${/^\w+$/.test(name || "") ? name : "other"}`, null,
  h("i", { "aria-hidden": "true" }, mark(name)), words(name));

export const stepLink = (step) => h("a", { href: address("step", step.number) }, label(step));

export const moduleLink = (module, run) => h("a", { href: address("module", module) }, run.title(module));

/** A command to copy: what one types to go on from here. */
export function command(text) {
  const button = h("button", { type: "button", click: async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } }, "copy");
  return h("p.command", null, h("code", null, text), navigator.clipboard ? button : null);
}

function headline(step, run) {
  const above = run.above(step);
  const took = run.took(step);
  const facts = [
    `step ${step.number}`, `${clock(run.facts.began_ms + step.start)} UTC`,
    step.state === "died" ? "never ended" : `${seconds(took)}${step.state === "open" ? " so far" : ""}`,
    step.round === null ? null : `round ${step.round}`, step.calls ? plural(step.calls, "call") : null,
    step.tokens ? plural(step.tokens, "token") : null,
  ].filter(Boolean);
  return h("header", null, close("steps"),
    above.length ? h("p.crumbs", null, above.map((one) => [stepLink(one), " › "])) : null,
    h("h2", null, label(step)),
    h("p.facts-line", null, facts.join(" · "), step.module ? [" · ", moduleLink(step.module, run)] : null),
    step.outcome ? h(`p.outcome${step.state ? `.is-${step.state}` : ""}`, null, step.outcome) : null);
}

function call(facts, step, run, lessons) {
  const retries = facts.retries.map((one) => h("p.refusal", null,
    `retried after ${one["http.response.status_code"] ?? "no answer"}: ${one["tutelage.reason"] ?? ""}`));
  if (!facts.stored) {
    return [...retries, h("p.absent", null, "No answer was kept: the call failed, was cancelled, or was under way when the process died.")];
  }
  const line = [`${facts.model} at ${facts.endpoint}`, seconds(facts.seconds),
    `${count(facts.prompt_tokens)} + ${count(facts.completion_tokens)} tokens`, `ended by ${facts.finish_reason}`,
    `temperature ${facts.temperature}`, facts.seed === null ? null : `seed ${facts.seed}`].filter(Boolean);
  return [
    h("p.facts-line", null, line.join(" · ")), ...retries,
    section("Prompt", facts.prompt.map((turn) => h("div.turn", null, h("h4", null, turn.role), h("pre.text", null, turn.content)))),
    facts.reasoning ? section("Reasoning", h("pre.text", null, facts.reasoning)) : null,
    section("Reply", h("pre.text", null, facts.reply)),
    facts.schema ? section(`Parsed as ${facts.schema}`, h("pre.text", null, facts.parsed === null ? "(no JSON object in it)" : JSON.stringify(facts.parsed, null, 2))) : null,
    section("What became of it", lessons.length ? lessonList(lessons) : became(facts.became)),
  ];
}

async function candidatesOf(step, run, source) {
  if (step.role !== "tutor") return [];
  const columns = run.facts.candidate_columns;
  const [at, rows] = [columns.indexOf("step"), await source.get("candidates")];
  return rows.filter((row) => row[at] === step.number).map((row) => Object.fromEntries(columns.map((name, n) => [name, row[n]])));
}

function lessonList(lessons) {
  return h("ul.plain", null, lessons.map((one) => h("li", null,
    status(one.accepted ? "accepted" : "rejected"), " ",
    h("a", { href: address("candidate", one.id) }, one.problem || "no lesson"), " ",
    one.accepted ? null : h("small", null, `${words(one.reason)}${one.detail ? `: ${one.detail}` : ""}`))));
}

const became = (lines) => (lines.length ? h("ul.plain", null, lines.map((one) => h("li", null, one)))
  : h("p.absent", null, "Nothing is recorded of it."));

function answers(rows) {
  const wrong = rows.filter((row) => row.grade !== "right");
  const right = rows.filter((row) => row.grade === "right");
  const table = (some) => h("div.scroll", null, h("table.answers", null,
    h("thead", null, h("tr", null, ["Question", "Wants", "Answered", "Grade"].map((text) => h("th", null, text)))),
    h("tbody", null, some.map((row) => h("tr", null, h("td.written", null, row.question ?? row.probe), h("td.written", null, row.reference),
      h("td.written", null, row.response || "(nothing)"), h("td", null, words(row.grade), row.truncated ? h("small", null, "cut off") : null))))));
  return section(`${right.length} of ${plural(rows.length, "answer")} right`,
    wrong.length ? h("details", { open: true }, h("summary", null, `${wrong.length} wrong`), table(wrong)) : null,
    right.length ? h("details", { open: !wrong.length }, h("summary", null, `${right.length} right`), table(right)) : null);
}

function losses(values) {
  const [wide, high] = [640, 150];
  const most = Math.max(...values, 0.001);
  const at = (value, n) => `${(38 + (n / Math.max(1, values.length - 1)) * (wide - 48)).toFixed(1)},${(high - 20 - (value / most) * (high - 34)).toFixed(1)}`;
  return section(`Loss over ${plural(values.length, "step")}: ${rate(values[0], 3)} to ${rate(values.at(-1), 3)}`,
    svg("svg.loss", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": `loss from ${rate(values[0], 3)} to ${rate(values.at(-1), 3)}` },
      svg("path.grid", { d: `M38,14H${wide - 10}M38,${high - 20}H${wide - 10}` }),
      svg("text.axis.y", { x: 32, y: 18 }, most.toFixed(2)), svg("text.axis.y", { x: 32, y: high - 16 }, "0"),
      svg("polyline.curve", { points: values.map(at).join(" ") })));
}

export function decision(row, run) {
  const found = row.inputs;
  const numbers = found ? `on ${found.n} items: student ${rate(found.student, 3)}, teacher ${rate(found.teacher, 3)}, ratio ${rate(found.ratio, 3)}`
    + `${found.interval ? `, interval ${rate(found.interval[0], 3)} to ${rate(found.interval[1], 3)}` : ""}, threshold ${found.threshold}` : null;
  return h("div.decision", null, h("p", null, status(row.verdict), " ", row.module ? h("b", null, moduleLink(row.module, run)) : null,
    row.module ? ": " : null, row.reason, h("small", null, `  next: ${words(row.next)}`)), numbers ? h("p.numbers", null, numbers) : null);
}

function within(step, run) {
  const inner = run.within(step);
  if (!inner.length) return null;
  return section(`Within it: ${plural(inner.length, "step")}`, h("table.inner", null, h("tbody", null, inner.slice(0, MOST_WITHIN).map((one) => h("tr", null,
    h("td.num", null, one.number), h("td", null, stepLink(one)), h("td.num", null, seconds(run.took(one))), h("td", null, one.outcome))))),
    inner.length > MOST_WITHIN ? h("p", null, h("a", { href: address("steps", "", { depth: "all" }) }, `and ${count(inner.length - MOST_WITHIN)} more`)) : null);
}

function onward(step, run) {
  const directory = run.facts.directory;
  if (step.call) return [section("Ask it again with something changed", command(`tutelage replay ${directory} --step ${step.number} --prompt FILE`))];
  if (step.name.startsWith("node ")) return [section("Try again from here with something changed", command(`tutelage fork ${directory} --at ${step.number} --into DIR2`))];
  return [];
}

function attributes(found) {
  return h("details.attributes", null, h("summary", null, "All attributes of the span"), h("dl.facts", null,
    Object.entries(found).map(([key, value]) => h("div", null, h("dt", null, key), h("dd", null, typeof value === "string" ? value : JSON.stringify(value))))));
}
