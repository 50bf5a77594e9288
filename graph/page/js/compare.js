/** Two runs side by side: where they part, what was set otherwise, and what came of it in each. */

import { h, svg } from "./dom.js";
import { count, rate, words } from "./format.js";
import { moduleLink, section, status } from "./step.js";

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [320, 150, 30, 306, 14, 126];

export async function comparePage(other, run, source) {
  let found;
  try {
    found = await source.get(`compare/${other}`);
  } catch (error) {
    return h("p.absent", null, error.message);
  }
  const links = [`../${readNumber()}/`, `../${other}/`];
  const first = found.first_divergence;
  return h("article.compare", null, h("h2", null, "Two runs side by side"), branches(found, links),
    section("Set otherwise", pairs(found.settings, (one) => one.key, (value) => JSON.stringify(value)), found.settings.length ? null : h("p.absent", null, "The settings are the same.")),
    section("Where they part", first ? [h("p", null, h("b", null, first.where), " ", steps(first.steps, links)),
      h("pre.text", null, first.how.join("\n"))] : h("p.absent", null, "They did the same as far as both have come.")),
    section("Mastery, beside each other", h("p.legend", null, h("span", null, h("i.key.line-a"), "A"), h("span", null, h("i.key.line-b"), "B"), h("span", null, "share of right answers on fresh items, by round")),
      h("div.panels", null, found.modules.map((module) => panel(module, found.branches, run)))),
    section("Decisions, beside each other", decisions(found.rounds, run, links)),
    found.data.length ? section("Data sets that differ", pairs(found.data, (one) => one.where, String)) : null);
}

const readNumber = () => location.pathname.split("/").filter(Boolean)[0] || "0";

function branches(found, links) {
  return h("div.branches", null, found.branches.map((one, n) => h("div", null, h("h3", null, `${"AB"[n]}: `, h("a", { href: links[n] }, one.directory)),
    h("p", null, one.standing, h("br"), h("small", null, `round ${one.round} · ${count(one.calls)} calls · ${count(one.tokens)} tokens`)),
    found.forked_from[n] ? h("p", null, h("small", null, `forked from ${found.forked_from[n].run}: shares its first ${count(one.shared_steps)} steps, and pays for none of them`)) : null)));
}

function pairs(rows, name, value) {
  return rows.length ? h("table.inner", null, h("thead", null, h("tr", null, ["", "A", "B"].map((text) => h("th", null, text)))),
    h("tbody", null, rows.map((one) => h("tr", null, h("th", { scope: "row" }, name(one)), h("td", null, h("code", null, value(one.a))), h("td", null, h("code", null, value(one.b))))))) : null;
}

const steps = (numbers, links) => numbers.map((number, n) => (number ? [h("a", { href: `${links[n]}#/step/${number}` }, `step ${number} of ${"AB"[n]}`), " "] : null));

function panel(module, runs, run) {
  const last = Math.max(1, ...runs.flatMap((one) => (one.readings[module] || []).map((point) => point.round)));
  const x = (round) => LEFT + (round / last) * (RIGHT - LEFT);
  const y = (point) => BOTTOM - (BOTTOM - TOP) * (point.n ? point.right / point.n : 0);
  const line = (points, n) => svg("g", null, svg(`polyline.line-${"ab"[n]}`, { points: points.map((point) => `${x(point.round)},${y(point)}`).join(" ") }),
    points.map((point) => svg(`circle.line-${"ab"[n]}`, { cx: x(point.round), cy: y(point), r: n ? 3.2 : 4.6 },
      svg("title", null, `${"AB"[n]}, round ${point.round}: ${point.right} of ${point.n} (${rate(point.right / point.n)}), ${words(point.verdict)}`))));
  return h("figure", null, h("figcaption", null, h("b", null, moduleLink(module, run))),
    svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `Mastery of ${module} in both runs` },
      svg("path.grid", { d: `M${LEFT},${TOP}H${RIGHT}M${LEFT},${(TOP + BOTTOM) / 2}H${RIGHT}M${LEFT},${BOTTOM}H${RIGHT}` }),
      [["1", TOP], ["0.5", (TOP + BOTTOM) / 2], ["0", BOTTOM]].map(([text, at]) => svg("text.axis.y", { x: 24, y: at + 4 }, text)),
      Array.from({ length: last + 1 }, (_, n) => svg("text.axis", { x: x(n), y: 143 }, n)),
      runs.map((one, n) => line(one.readings[module] || [], n))));
}

function decisions(rows, run, links) {
  const cell = (one, n) => h("td", null, one ? [h("a", { href: `${links[n]}#/step/${one.step}` }, status(one.verdict)), h("small", null, one.reason)] : h("small", null, "–"));
  return h("div.scroll", null, h("table", null, h("thead", null, h("tr", null, ["Round", "Node", "Module", "A", "B"].map((text) => h("th", null, text)))),
    h("tbody", null, rows.map((one) => h(`tr${one.a?.verdict === one.b?.verdict && one.a?.reason === one.b?.reason ? ".is-same" : ""}`, null,
      h("td.num", null, one.round), h("td", null, one.node), h("td", null, run.title(one.module)), cell(one.a, 0), cell(one.b, 1))))));
}
