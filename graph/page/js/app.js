/** The page: shows the view that the address names, and follows the run while it goes on. */

import { CandidatesView } from "./candidates.js";
import { comparePage } from "./compare.js";
import { h, replace } from "./dom.js";
import { count, seconds } from "./format.js";
import { graphPage } from "./graph.js";
import { listenToKeys } from "./keys.js";
import { label, Run } from "./model.js";
import { modulePage } from "./module.js";
import { unfoldForPrint } from "./print.js";
import { address, goQuietly, readRoute } from "./route.js";
import { openSource } from "./source.js";
import { StepsView } from "./steps.js";

const POLL_MS = 1000;
const GRAPH_MS = 3000;
const REPORT_MS = 15000;

class App {
  constructor(source) {
    Object.assign(this, { source, run: new Run(), view: document.getElementById("view"), report: document.getElementById("report"), now: document.getElementById("now"), reportAt: 0, reportVersion: -1 });
  }

  async start() {
    await this.news();
    this.steps = new StepsView(this.run, this.source);
    this.candidates = new CandidatesView(this.run, this.source);
    listenToKeys((view) => { location.hash = view === "report" ? "#top" : address(view); }, () => this.back());
    addEventListener("hashchange", () => this.show());
    if (this.source.live && this.run.facts.live && !location.hash) history.replaceState(null, "", address("graph"));
    await this.show();
    if (this.source.live) this.follow();
  }

  async news() {
    const changed = this.run.apply(await this.source.get(`news?since=${this.run.version}`));
    this.strip();
    return changed;
  }

  async follow() {
    for (;;) {
      await new Promise((done) => { setTimeout(done, POLL_MS); });
      if (document.hidden) continue;
      try {
        const { view } = readRoute();
        const moves = this.run.facts.live && view === "graph" && Date.now() - this.shownAt > GRAPH_MS;
        if ((await this.news()) || moves) await this.show(true);
        else if (readRoute().view === "report") await this.freshReport();
        document.body.classList.remove("is-lost");
      } catch {
        document.body.classList.add("is-lost");
        replace(this.now, "the server is gone: start ", h("code", null, `tutelage ui ${this.run.facts.directory}`), " again");
        this.now.hidden = false;
      }
      this.tick();
    }
  }

  /** Show what the address says; refresh only means that the run has gone on. */
  async show(refresh = false) {
    const route = readRoute();
    this.shownAt = Date.now();
    const isReport = route.view === "report";
    const comesBack = isReport && this.report.hidden;
    this.report.hidden = !isReport;
    this.view.hidden = isReport;
    document.body.classList.toggle("is-wide", ["steps", "step", "candidates", "candidate"].includes(route.view));
    for (const link of document.querySelectorAll("nav a[data-view]")) {
      link.toggleAttribute("aria-current", link.dataset.view.split(" ").includes(route.view));
    }
    if (comesBack) toSection();
    if (isReport) return this.freshReport();
    const page = await this.page(route, refresh);
    if (page && readRoute().view === route.view && readRoute().what === route.what) this.put(page, refresh);
    return undefined;
  }

  put(page, refresh) {
    if (this.view.firstChild === page) return;
    const [top, focused] = [scrollY, this.view.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null];
    replace(this.view, page);
    scrollTo(0, refresh ? top : 0);
    if (refresh && focused) this.view.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  async page(route, refresh) {
    switch (route.view) {
      case "steps":
      case "step":
        if (refresh) this.steps.refresh();
        else {
          this.put(this.steps.element, true);
          this.steps.show(route);
        }
        return this.steps.element;
      case "candidates":
      case "candidate":
        this.put(this.candidates.element, true);
        await (refresh ? this.candidates.refresh() : this.candidates.show(route));
        return this.candidates.element;
      case "module":
        return refresh && this.isBusy() ? null : modulePage(route.what, this.run, this.source);
      case "graph":
        return graphPage(this.run, this.source);
      case "compare":
        return refresh ? null : comparePage(route.what, this.run, this.source);
      default:
        return h("p.absent", null, `There is no view '${route.view}'.`);
    }
  }

  /** Whether the reader is in the middle of something that a new page would take away. */
  isBusy() {
    return this.view.contains(document.activeElement) || !getSelection().isCollapsed;
  }

  /** The report's sections come from the server; while the run goes on they are asked for now and then. */
  async freshReport() {
    if (!this.source.live || this.reportVersion === this.run.version || Date.now() - this.reportAt < REPORT_MS) return;
    this.reportAt = Date.now();
    const first = this.reportVersion < 0;
    try {
      const { html, version } = await this.source.get("report");
      this.reportVersion = version;
      const open = [...this.report.querySelectorAll("details")].map((one) => one.open);
      this.report.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      const folded = this.report.querySelectorAll("details");
      if (folded.length === open.length) folded.forEach((one, n) => { one.open = open[n]; });
    } catch (error) {
      this.reportVersion = this.run.version;
      replace(this.report, h("p.absent", null, error.message));
      return;
    }
    if (first) toSection();
  }

  /** One line on where the run is now, at the top of every view. */
  strip() {
    const { facts, steps } = this.run;
    const step = steps[facts.now[0] - 1];
    this.now.hidden = !step;
    if (!step) return;
    const first = steps[0];
    replace(this.now, h("i.pulse", { "aria-hidden": "true" }), " ", step.round === null ? null : `round ${step.round} · `, step.node ? `${step.node} · ` : null,
      h("a", { href: address("step", step.number) }, label(step)), " ", h("span", { "data-since": facts.began_ms + step.start }, seconds(this.run.took(step))),
      facts.now.length > 1 ? ` · ${facts.now.length} at once` : null, first ? ` · ${count(first.calls)} calls · ${count(first.tokens)} tokens` : null);
  }

  tick() {
    for (const one of document.querySelectorAll("[data-since]")) one.textContent = seconds(Math.max(0, (Date.now() - Number(one.dataset.since)) / 1000));
  }

  back() {
    const { view, filters } = readRoute();
    if (view === "step") goQuietly(address("steps", "", filters));
    else if (view === "candidate") goQuietly(address("candidates", "", filters));
  }
}

/** Scroll to the section that the address names: the browser tried while it was hidden. */
function toSection() {
  if (location.hash.length > 1 && !location.hash.startsWith("#/")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

async function begin() {
  unfoldForPrint();
  if (!document.getElementById("view")) return;
  await new App(await openSource()).start();
}

begin();
