// A new alert is said to who hears the page, and seen from the corner of the eye.

import { byId, setText } from "./dom.js";
import { givePlace } from "./passes.js";

export function announce(alert, decides) {
  if (alert.volunteer) return;
  givePlace();
  const what = `Possible match with ${alert.subject_id} at camera ${alert.camera}`;
  setText(byId("announcer"), `${what}, score ${alert.score.toFixed(2)}.${decides ? " You decide." : ""}`);
  document.body.classList.remove("flash");
  requestAnimationFrame(() => document.body.classList.add("flash"));
}
