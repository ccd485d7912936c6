// The other alerts of the same person, a touch apart.

import { byId, element, setText } from "./dom.js";
import { WORDS } from "./format.js";
import { headingWords } from "./people.js";
import { newestFirst } from "./queue.js";

const MOST = 6;

export function showAlso(alerts, chosen, clock, choose) {
  const others = newestFirst(alerts).filter(
    (alert) => alert.subject_id === chosen.subject_id && alert !== chosen,
  );
  byId("also").hidden = others.length === 0;
  const row = byId("also-seen");
  const shown = others.slice(0, MOST);
  setText(byId("also-words"), wordsOf(others));
  while (row.children.length > shown.length) row.lastChild.remove();
  while (row.children.length < shown.length) row.append(buttonOf(choose));
  shown.forEach((alert, i) => {
    row.children[i].dataset.alert = alert.alert_id;
    setText(row.children[i], seenAt(alert, clock));
  });
}

function buttonOf(choose) {
  const button = element("button", { type: "button" });
  button.addEventListener("click", () => choose(button.dataset.alert));
  return button;
}

const wordsOf = (others) =>
  others.length > MOST ? `Also seen ${others.length} times, last` : "Also seen";

function seenAt(alert, clock) {
  const state = alert.review ? WORDS[alert.review.verdict] : alert.volunteer ? "" : "to decide";
  const parts = [`${alert.camera} ${clock.time(alert.captured_at)}`, headingWords(alert), state];
  return parts.filter(Boolean).join(" · ");
}
