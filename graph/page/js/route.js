/** Addresses within the page: #/view/what?filter=value. What does not begin with #/ is a section of the report. */

export function readRoute() {
  const hash = location.hash;
  if (!hash.startsWith("#/")) return { view: "report", what: "", filters: {} };
  const [path, query] = hash.slice(2).split("?");
  const [view, ...rest] = path.split("/");
  return { view, what: unescaped(rest.join("/")), filters: Object.fromEntries(new URLSearchParams(query || "")) };
}

export function address(view, what = "", filters = {}) {
  const kept = Object.entries(filters).filter(([, value]) => value);
  const query = new URLSearchParams(kept).toString();
  return `#/${view}${what === "" ? "" : `/${encodeURIComponent(what).replaceAll("%2F", "/")}`}${query ? `?${query}` : ""}`;
}

/** Go there without leaving a trail of every key press in the history. */
export function goQuietly(to) {
  if (location.hash === to) return;
  history.replaceState(null, "", to);
  dispatchEvent(new Event("hashchange"));
}

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
