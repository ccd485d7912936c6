// When there is nothing more to see: pictures and names leave the page.

import { clearDetail } from "./detail.js";
import { byId, setText } from "./dom.js";
import { clearPasses } from "./passes.js";
import { clearQueue } from "./queue.js";
import { say } from "./said.js";

const ENDS = {
  window: () => "The deployment's window has ended",
  played: (at) => `Every file was played to its end at ${at}`,
  stopped: (at) => `The deployment was stopped at ${at}`,
};

export const endWords = ({ reason, at }, clock) =>
  `${ENDS[reason](clock.timeInZone(at))}: nobody is looked for any more.`;

export function forget() {
  clearQueue();
  clearDetail();
  clearPasses();
  for (const id of ["announcer", "anyway-question", "anyway-theirs", "anyway-yours"]) setText(byId(id), "");
  byId("all-reviews").replaceChildren();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  say("");
}

// Until an officer wants this page again in place of another.
export function showElsewhere(isElsewhere) {
  byId("desk").hidden = isElsewhere;
  byId("elsewhere").hidden = !isElsewhere;
}

// For good: nothing is left to press.
export function close() {
  forget();
  byId("desk").hidden = true;
  byId("over").hidden = false;
  byId("elsewhere").hidden = true;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  document.querySelector(".top nav").hidden = true;
}
