// Calls for somebody while alerts wait: by sound, shaking and notification, again and again.

import { callsOf, voiceOf } from "./alarm.js";
import { serverNow } from "./api.js";
import { isBegun } from "./draft.js";
import { notify, shake, withdraw } from "./notices.js";
import { chosenBy, isMuted } from "./preferences.js";
import { play, VOICES } from "./sound.js";

const EVERY_MS = 4000;

const heardAt = new Map(); // by id: since when an alert calls
const voices = new Map(); // by subject
const silent = new Set(); // ids of alerts that came and could not be heard
let last = null;
let rangAt = -Infinity;

// An alert that this page knows from now on; what is old when it is loaded has called before.
export function noteHeard(alert, isNews) {
  if (heardAt.has(alert.alert_id)) return;
  heardAt.set(alert.alert_id, isNews ? serverNow() : Date.parse(alert.raised_at));
}

export function announceBySound(alert, name) {
  notify(alert, isMuted(name));
  ring(alert, name);
}

// {stopped, silent}: how many alerts wait without a sound, and how many of those that call were
// never heard.
export function ringAgain(alerts, name) {
  const { calling, stopped } = callsOf({ alerts, heardAt, isBegun, now: serverNow() });
  if (!calling.length) withdraw();
  else if (performance.now() - rangAt >= EVERY_MS) ring(calling[0], name);
  return { stopped: stopped.length, silent: calling.filter(({ alert_id }) => silent.has(alert_id)).length };
}

// Whose alerts they were.
export function forgetCalls() {
  for (const known of [heardAt, voices, silent]) known.clear();
  last = null;
}

// Without waiting for its turn, since now it can be heard.
export function ringSoon() {
  rangAt = -Infinity;
}

export const sample = (name) => play(last?.voice ?? 0, chosenBy(name).volume);

function ring({ alert_id, subject_id: subject }, name) {
  rangAt = performance.now();
  last = { subject, voice: voiceOf(subject, { voices, last, count: VOICES.length }) };
  voices.set(subject, last.voice);
  shake();
  if (!isMuted(name) && play(last.voice, chosenBy(name).volume)) silent.clear();
  else silent.add(alert_id);
}
