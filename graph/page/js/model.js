/** The run as the page holds it: its steps by number and id, and who is within whom. */

const IDLE_MS = 60000;
const CALLS = /^(teacher |decide|grade answers)/;

export class Run {
  constructor() {
    this.facts = null;
    this.version = 0;
    this.steps = [];
    this.byId = new Map();
  }

  /** Take in what is new. Returns whether anything was. */
  apply(news) {
    const first = this.facts === null;
    this.facts = news.run;
    const changed = first || news.version !== this.version;
    this.version = news.version;
    for (const row of news.steps) {
      const step = asObject(news.run.step_columns, row);
      this.steps[step.number - 1] = step;
      this.byId.set(step.id, step);
    }
    if (changed) {
      this.inside = new Map();
      for (const step of this.steps) {
        if (!this.inside.has(step.parent)) this.inside.set(step.parent, []);
        this.inside.get(step.parent).push(step);
      }
      this.gaps = idle(this.steps);
    }
    if (changed || news.run.live) this.end = Math.max(1, this.squeezed(this.lastMoment()));
    return changed;
  }

  lastMoment() {
    const known = this.steps.reduce((end, step) => Math.max(end, step.start + (step.seconds ?? 0) * 1000), 0);
    return this.facts.live ? Math.max(known, Date.now() - this.facts.began_ms) : known;
  }

  /** Milliseconds since the beginning, without the time in which no process was there. */
  squeezed(ms) {
    return ms - this.gaps.reduce((sum, gap) => sum + Math.max(0, Math.min(ms, gap.to) - gap.from), 0);
  }

  /** Where in the run a moment is, from 0 to 1. */
  place(ms) {
    return Math.min(1, this.squeezed(ms) / this.end);
  }

  /** The step of a number, span id, or the beginning of a span or call id. */
  find(name) {
    if (/^\d{1,7}$/.test(name)) return this.steps[Number(name) - 1];
    return this.byId.get(name) || this.steps.find((step) => step.id.startsWith(name) || (step.call && (step.call.startsWith(name) || name.startsWith(step.call))));
  }

  within(step) {
    return this.inside.get(step.number) || [];
  }

  /** What a step is within, the run first. */
  above(step) {
    const found = [];
    for (let one = this.steps[step.parent - 1]; one; one = this.steps[one.parent - 1]) found.unshift(one);
    return found;
  }

  /** Each step before what is within it, so that branches which ran at the same time do not mix. */
  depthFirst(passes) {
    const found = [];
    const visit = (step) => {
      if (passes(step)) found.push(step);
      this.within(step).forEach(visit);
    };
    (this.inside.get(null) || []).forEach(visit);
    return found;
  }

  nodes() {
    return this.steps.filter((step) => step.name.startsWith("node "));
  }

  /** Seconds that a step took, or has taken so far. */
  took(step) {
    if (step.seconds !== null) return step.seconds;
    if (step.state === "open" && this.facts.live) return Math.max(0, (Date.now() - this.facts.began_ms - step.start) / 1000);
    return null;
  }

  title(module) {
    return this.facts.modules.find((one) => one.id === module)?.name || module;
  }
}

/** The times between two processes of a run, of a minute and more. */
function idle(steps) {
  const gaps = [];
  let end = 0;
  for (const step of steps) {
    if (step.name === "run" && end && step.start - end > IDLE_MS) gaps.push({ from: end, to: step.start });
    end = Math.max(end, step.start + (step.seconds ?? 0) * 1000);
  }
  return gaps;
}

export const asObject = (columns, row) => Object.fromEntries(columns.map((name, n) => [name, row[n]]));

/** Whether a step is one of the many: a single call, grading or decision. */
export const isSmall = (step) => CALLS.test(step.name);

export const label = (step) => (step.about ? `${step.name}, ${step.about}` : step.name);
