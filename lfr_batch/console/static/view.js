// Which alert the large pictures show. Pure.

import { isOpen, newestFirst } from "./queue.js";

// How long what was opened on purpose, or has just been done with, stays against others.
export const HOLD_MS = 30000;
// How long a finger needs to notice that another alert has come under it.
export const LOOK_MS = 700;

export const isSeen = (alert) => alert.review !== null || alert.acknowledged !== null;

// Whether something is left to do about it for who decides, or does not.
export const isWaiting = (alert, decides) => (decides ? isOpen(alert) : !isSeen(alert));

// The alert that wants the view: the newest that waits, or is undecided.
export function newestWaiting(alerts, decides) {
  const order = newestFirst(alerts);
  return order.find((alert) => isWaiting(alert, decides)) ?? order.find(isOpen);
}

// {shown, newer}: the alert to show, and how many newer ones wait while it holds. `openedMs`: since
// when somebody has it open on purpose; null if nobody has. `now`: the server's, ms since 1970.
export function viewOf({ alerts, chosen, openedMs, isHalfMade, decides, now }) {
  const wanted = newestWaiting(alerts, decides);
  if (!chosen) return { shown: wanted ?? newestFirst(alerts)[0], newer: 0 };
  const order = newestFirst(alerts);
  const above = order.slice(0, order.indexOf(chosen));
  const newer = above.filter((alert) => isWaiting(alert, decides)).length;
  if (!wanted || isHalfMade) return { shown: chosen, newer };
  const isOpened = openedMs !== null && openedMs < HOLD_MS;
  const holds = above.includes(wanted) ? isOpened && !isSeen(chosen) : !isOver(chosen, decides, now);
  return holds ? { shown: chosen, newer } : { shown: wanted, newer: 0 };
}

// Done with, and for long enough that its face was looked for and its outcome entered.
function isOver(alert, decides, now) {
  if (isWaiting(alert, decides)) return false;
  return now - Date.parse(alert.review?.decided_at ?? alert.acknowledged.at) > HOLD_MS;
}

export const newerWords = (newer) =>
  `${newer} newer alert${newer === 1 ? "" : "s"} – show the newest`;
