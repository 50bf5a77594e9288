/** Two runs side by side: where they part, what was set otherwise, and what came of it in each. */

import { h } from "./dom.js";

export async function comparePage(other, run, source) {
  return h("p.absent", null, `compare with ${other}`);
}
