// A word about what was just done, in a corner where nothing else is.

import { byId, setText } from "./dom.js";

const GOOD_MS = 4000;

// `kind`: "good" goes by itself; "bad" stays until something else is done; "failed", what the
// server or the connection did not do, stays no longer than until it works again.
export function say(text, kind = "good") {
  byId("said").className = kind;
  setText(byId("said"), text);
  if (text && kind === "good") setTimeout(() => byId("said").textContent === text && say(""), GOOD_MS);
}

export function itWorksAgain() {
  if (byId("said").className === "failed") say("");
}

// What was wrong is about to be mended.
export function takeBack() {
  if (byId("said").className === "bad") say("");
}

// Does `what`; false where it failed, which is said.
export async function attempt(what) {
  try {
    await what();
  } catch (error) {
    const wasHeard = error.status !== undefined && error.status < 500;
    say(`Not done: ${error.message}.`, wasHeard ? "bad" : "failed");
    return false;
  }
  itWorksAgain();
  return true;
}
