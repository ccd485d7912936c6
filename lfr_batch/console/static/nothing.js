// What stands where an alert would: what is known, and never more than that. `nothingWords` is pure.

import { isCut, isSilent, SILENT_MS } from "./banner.js";
import { byId, setText } from "./dom.js";

const UNKNOWN = "Whether there are alerts is not known.";
const DEAF = "This page hears nothing from the console's server.";
const BACK = "Pictures are shown again when the connection is back.";

export function showNothing(all) {
  const [words, more] = nothingWords(all);
  setText(byId("nothing-words"), words);
  setText(byId("watching"), more);
}

// [what is known, what follows]
export function nothingWords({ now, link, known, failure, status, heardStatus, people }) {
  if (isCut(now, link)) return [DEAF, `${UNKNOWN} ${BACK}`];
  if (failure) return [`The alerts could not be loaded: ${failure}.`, `${UNKNOWN} It is tried again.`];
  if (!known || !link.up) return ["The alerts are being loaded.", UNKNOWN];
  if (now.local - heardStatus > SILENT_MS) return ["The alert router does not answer.", UNKNOWN];
  return ["No alert yet.", lookedFor(status.cameras, people, now.server)];
}

function lookedFor(cameras, people, now) {
  const live = cameras.filter((each) => each.state === "live" && !isSilent(each, now)).length;
  if (!live) return "No camera gives pictures: nobody is looked for.";
  const who = `${people} ${people === 1 ? "person is" : "people are"} looked for`;
  return live === cameras.length ? `${who}.` : `${who} on ${live} of ${cameras.length} cameras.`;
}
