/** The story of one module: all that was measured, taught and decided about it, each with the prompts behind it. */

import { h } from "./dom.js";
import { mark } from "./format.js";
import { address } from "./route.js";
import { command, section, status } from "./step.js";

const ICONS = { probing: "?", misconception: "!", lessons: "✎", training: "≡" };
const MOST_CALLS = 40;

export async function modulePage(module, run, source) {
  let facts;
  try {
    facts = await source.get(`module/${module}`);
  } catch (error) {
    return h("p.absent", null, error.message);
  }
  const parts = [];
  let heading = "";
  for (const chapter of facts.chapters) {
    if (chapter.heading !== heading) {
      heading = chapter.heading;
      parts.push(h("h3", null, heading));
    }
    parts.push(chapterOf(chapter));
  }
  const verdict = facts.chapters.findLast((one) => one.verdict)?.verdict;
  return h("article.story", null,
    h("header", null, h("p.crumbs", null, module), h("h2", null, run.title(module)), verdict ? h("p.facts-line", null, status(verdict)) : null,
      h("p.facts-line", null, h("a", { href: address("candidates", "", { module }) }, "its lessons"), " · ", h("a", { href: address("steps", "", { module }) }, "its steps"),
        " · ", lastPrompt(facts.chapters))),
    parts.length ? parts : h("p.absent", null, "Nothing happened to it yet."),
    section("Where to look next", facts.advice.map((line) => (line.includes("tutelage ") ? advice(line) : h("p", null, line)))));
}

function advice(line) {
  const at = line.indexOf("tutelage ");
  return h("div", null, h("p", null, line.slice(0, at).trim().replace(/:$/, "")), command(line.slice(at)));
}

function lastPrompt(chapters) {
  const call = chapters.findLast((one) => one.calls.length)?.calls[0];
  return call ? h("a", { href: address("step", call.step) }, "the prompt that taught it last") : h("span.absent", null, "no lesson was written for it");
}

function chapterOf(chapter) {
  const title = chapter.step ? h("a", { href: address("step", chapter.step) }, chapter.text) : chapter.text;
  return h(`div.chapter.k-${chapter.kind}`, null, icon(chapter),
    h("div", null, h("p", null, title, chapter.step ? h("small.nowrap", null, ` step ${chapter.step}`) : null),
      chapter.notes.length ? h("ul.notes", null, chapter.notes.map((note) => h("li", null, note))) : null,
      chapter.calls.length ? h("p.calls", null, "the prompts that wrote them (× rejected): ", chapter.calls.slice(0, MOST_CALLS).map((call) => [h("a", {
        href: address("step", call.step), title: `${call.accepted} accepted, ${call.rejected} rejected`,
      }, `${call.step}`), call.rejected ? h("small", null, ` ×${call.rejected}`) : null, "  "]),
      chapter.calls.length > MOST_CALLS ? `and ${chapter.calls.length - MOST_CALLS} more` : null) : null));
}

const icon = ({ kind, verdict }) => (verdict ? h(`i.status.s-${/^\w+$/.test(verdict) ? verdict : "other"}`, { "aria-hidden": "true" }, mark(verdict))
  : h("i", { "aria-hidden": "true" }, ICONS[kind] || "·"));
