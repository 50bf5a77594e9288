/** The graph of the run: what leads where and how often it did, when each node was at work, and where the run is now. */

import { h, svg } from "./dom.js";
import { clock, plural, seconds, words } from "./format.js";
import { label } from "./model.js";
import { address } from "./route.js";
import { status, stepLink } from "./step.js";

const [ROW, TOP, BOX_LEFT, BOX_WIDTH, BOX_HEIGHT, TIME_LEFT, TIME_RIGHT] = [46, 30, 112, 148, 30, 372, 1120];
const LATEST = 8;
const UNITS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];

export async function graphPage(run, source) {
  const shape = await source.get("graph");
  const visits = grouped(run.nodes());
  const taken = transitions(run);
  const now = new Set(run.facts.now.map((number) => run.steps[number - 1]?.node));
  const y = (name) => TOP + shape.nodes.indexOf(name) * ROW + ROW / 2;
  const height = TOP + shape.nodes.length * ROW + 22;
  return h("article.graph-view", null, h("h2", null, "Where the run is, and how it came there"), standing(run),
    h("p.legend", null, h("span", null, "a number on an arrow: how often the run went that way; dotted: never"), h("span", null, "bars: when each node was at work (UTC)")),
    h("div.scroll", null, svg("svg.loop", { viewBox: `0 0 1140 ${height}`, role: "img", "aria-label": `The graph: ${shape.nodes.join(", ")}` },
      svg("defs", null, ["tip-taken", "tip-faint"].map((id) => svg("marker", { id, viewBox: "0 0 8 8", refX: 6.5, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0,0.8L7.5,4L0,7.2z" })))),
      axis(run, height), shape.edges.map((edge) => arrow(edge, shape, y, taken)),
      shape.nodes.map((name) => [lane(name, visits.get(name) || [], run, y(name)), box(name, visits.get(name) || [], now.has(name), y(name))]))), latest(run));
}

/** The decisions, the latest first. */
function latest(run) {
  const made = run.steps.filter((step) => step.name.startsWith("decide")).slice(-LATEST).reverse();
  return made.length ? [h("h3", null, "Decided last"), h("table.inner", null, h("tbody", null, made.map((step) => h("tr", null,
    h("td.num", null, `round ${step.round}`), h("td", null, status(step.name.replace("decide ", ""))), h("td", null, h("a", { href: address("step", step.number) }, step.outcome)))))),
  h("p", null, h("a", { href: address("steps", "", { only: "decisions" }) }, "all decisions"))] : null;
}

function standing(run) {
  const open = run.facts.now.map((number) => run.steps[number - 1]).filter(Boolean);
  if (!open.length) return h("p.lead", null, run.facts.standing, run.facts.died.map((number) => [" ", stepLink(run.steps[number - 1])]));
  return h("ul.plain.open-now", null, open.slice(0, 8).map((step) => h("li", null, h("i.pulse", { "aria-hidden": "true" }), " ",
    run.above(step).filter((one) => one.name !== "run").map((one) => [h("span.soft", null, label(one)), " › "]), stepLink(step), " ",
    h("small", { "data-since": run.facts.began_ms + step.start }, seconds(run.took(step))))),
  open.length > 8 ? h("li", null, `and ${open.length - 8} more`) : null);
}

function box(name, visits, isNow, y) {
  const total = visits.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
  return svg("a", { href: address("steps", "", { node: name }), "aria-label": `${words(name)}: ${plural(visits.length, "time")}` },
    svg(`g.box${isNow ? ".is-now" : ""}${visits.length ? "" : ".is-idle"}`, null, svg("title", null, `${words(name)}: entered ${plural(visits.length, "time")}, ${seconds(total)}`),
      svg("rect", { x: BOX_LEFT, y: y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 7 }),
      svg("text", { x: BOX_LEFT + 12, y: y + 4.5 }, words(name)),
      visits.length ? svg("text.times", { x: BOX_LEFT + BOX_WIDTH - 10, y: y + 4.5 }, visits.length > 1 ? `${visits.length} ×` : "") : null));
}

function arrow(edge, shape, y, taken) {
  const [from, to] = [shape.nodes.indexOf(edge.from), shape.nodes.indexOf(edge.to)];
  const times = taken.get(`${edge.from} ${edge.to}`) || 0;
  const half = BOX_HEIGHT / 2;
  const middle = BOX_LEFT + BOX_WIDTH / 2;
  const kind = `path.way${times ? ".is-taken" : ""}${edge.choice ? ".is-choice" : ""}`;
  const tip = `url(#tip-${times ? "taken" : "faint"})`;
  const title = svg("title", null, `${words(edge.from)} → ${words(edge.to)}: taken ${plural(times, "time")}`);
  if (to === from + 1) {
    return svg("g", null, svg(kind, { d: `M${middle},${y(edge.from) + half}V${y(edge.to) - half}`, "marker-end": tip }, title), badge(times, middle + 10, (y(edge.from) + y(edge.to)) / 2, "start"));
  }
  const side = to > from ? -1 : 1;
  const reach = 14 + 10.5 * Math.abs(to - from);
  const x = side < 0 ? BOX_LEFT : BOX_LEFT + BOX_WIDTH;
  const [start, end] = [y(edge.from) + 5 * side * -1, y(edge.to) + 5 * side];
  return svg("g", null, svg(kind, { d: `M${x},${start}C${x + side * reach},${start} ${x + side * reach},${end} ${x + side * 2},${end}`, "marker-end": tip }, title),
    badge(times, x + side * (reach * 0.75 + 5), (start + end) / 2 + 3, side < 0 ? "end" : "start"));
}

const badge = (times, x, y, anchor) => (times ? svg("text.taken", { x, y: y + 1, "text-anchor": anchor }, times) : null);

function lane(name, visits, run, y) {
  return svg("g.lane", null, svg("path.grid", { d: `M${TIME_LEFT},${y}H${TIME_RIGHT}` }), visits.map((step) => {
    const took = run.took(step) ?? 0;
    const x = across(run, step.start);
    return svg("a", { href: address("step", step.number) }, svg(`rect.visit${step.state ? `.is-${step.state}` : ""}`, {
      x, y: y - 9, width: Math.max(3, across(run, step.start + took * 1000) - x), height: 18, rx: 2,
    }, svg("title", null, `${label(step)}, round ${step.round}: ${seconds(took)}. ${step.outcome}`)));
  }));
}

const across = (run, ms) => TIME_LEFT + run.place(ms) * (TIME_RIGHT - TIME_LEFT);

/** Clock times, and a break where no process was there. */
function axis(run, height) {
  const unit = 1000 * (UNITS.find((one) => run.end / 1000 / one <= 9) || run.end / 9000);
  const last = run.lastMoment();
  const ticks = [];
  for (let at = Math.ceil(run.facts.began_ms / unit) * unit - run.facts.began_ms; at <= last; at += unit) {
    const gap = run.gaps.find((one) => at > one.from && at < one.to);
    if (gap) at += Math.ceil((gap.to - at) / unit) * unit;
    if (at <= last) ticks.push(at);
  }
  return svg("g", null, ticks.map((at) => [svg("path.grid", { d: `M${across(run, at)},${TOP}V${height - 22}` }),
    svg("text.axis", { x: across(run, at), y: height - 6 }, clock(run.facts.began_ms + at).slice(0, unit < 60000 ? 8 : 5))]),
  run.gaps.map((gap) => svg("path.gap", { d: `M${across(run, gap.to)},${TOP}V${height - 22}` }, svg("title", null, `no process for ${seconds((gap.to - gap.from) / 1000)}`))));
}

/** How often each edge was taken: from each visit to the next that began after it ended. A fan-out counts once. */
function transitions(run) {
  const taken = new Map();
  let before = null;
  for (const step of run.nodes()) {
    const fan = before && before.node === step.node && before.round === step.round;
    if (before && !fan) {
      const key = `${before.node} ${step.node}`;
      taken.set(key, (taken.get(key) || 0) + 1);
    }
    before = step;
  }
  return taken;
}

function grouped(steps) {
  const found = new Map();
  for (const step of steps) found.set(step.node, [...(found.get(step.node) || []), step]);
  return found;
}
