// Which alerts still call for somebody, and with which voice. Pure.

import { newestFirst } from "./queue.js";
import { isSeen } from "./view.js";

// Longer than that nobody listens to it; the page then says that it has stopped.
export const CALL_MS = 120000;

// {calling, stopped}: alerts that call, newest first, and those that did so for long enough. What
// is being decided here does not. `heardAt`: by id, the server's ms since 1970; `now` as well.
export function callsOf({ alerts, heardAt, isBegun, now }) {
  const waiting = newestFirst(alerts).filter((alert) => !isSeen(alert));
  const isLate = (alert) => now - heardAt.get(alert.alert_id) >= CALL_MS;
  return {
    calling: waiting.filter((alert) => !isLate(alert) && !isBegun(alert)),
    stopped: waiting.filter(isLate),
  };
}

// The voice of `subject`, of `count`: its own, but never that of the person before.
export function voiceOf(subject, { voices, last, count }) {
  if (subject === last?.subject) return last.voice;
  const own = voices.get(subject) ?? voices.size % count;
  return own === last?.voice ? (own + 1) % count : own;
}
