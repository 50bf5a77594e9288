/** How numbers and words are written: one way each, as in the report. */

const MARKS = {
  mastered: "✓", known: "●", learning: "▸", stalled: "■", regressed: "↓", rolled_back: "↓", remeasured: "⇄",
  remediate: "↻", bridge: "↗", held_back: "‖", excluded: "×", waiting: "·", unknown: "?", unfinished: "○",
  accepted: "✓", rejected: "×",
};

export const count = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en-US"));

export const countOrNone = (value) => (value ? count(value) : "");

export const words = (name) => String(name ?? "").replaceAll("_", " ").trim();

export const mark = (name) => MARKS[name] || "·";

export function rate(value, digits = 2) {
  return typeof value === "number" ? value.toFixed(digits) : value ?? "–";
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 59.95) return `${value.toFixed(value < 0.095 ? 2 : 1)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** Time of day, UTC. */
export const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
