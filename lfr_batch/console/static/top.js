// The top line and the title: the time, how long the deployment goes on, what is to be decided.

import { byId, setText } from "./dom.js";
import { duration } from "./format.js";

// How many ms are left of the deployment's window.
export function showTop(now, { ends_at }, clock, isOver) {
  const leftMs = Date.parse(ends_at) - now;
  const ends = clock.minuteInZone(ends_at);
  const left = leftMs > 0 ? `ends ${ends}, in ${duration(leftMs)}` : `ended ${ends}`;
  setText(byId("clock"), clock.timeInZone(now));
  setText(byId("window"), isOver ? "over" : left);
  return leftMs;
}

// `open`: how many alerts are undecided, "?" where that is not known.
export function showTitle(open, { place }) {
  document.title = `${open ? `(${open}) ` : ""}${place}`;
}
