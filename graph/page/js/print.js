/** Printing shows everything: what is folded is opened first. */
export function unfoldForPrint() {
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
}
