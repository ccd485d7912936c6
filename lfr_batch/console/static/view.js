// Which alert the large pictures show. Pure.

import { isOpen, newestFirst } from "./queue.js";

// How long what was opened on purpose, or has just been done with, stays against others.
const HOLD_MS = 30000;
// How long a finger needs to notice that another alert has come under it.
export const LOOK_MS = 700;

// A volunteer's needs nobody.
export const isSeen = (alert) =>
  alert.volunteer || alert.review !== null || alert.acknowledged !== null;

// Whether somebody has acknowledged it, or decided, since it was `before`.
export const isDoneSince = (before, alert) =>
  (before.acknowledged === null && alert.acknowledged !== null) ||
  before.review?.review_id !== alert.review?.review_id;

// Whether something is left to do about it for who decides, or does not.
const isWaiting = (alert, decides) => (decides ? isOpen(alert) : !isSeen(alert));

// The alert that wants the view, of an `order` newest first: the newest that waits, or is undecided.
export const newestWaiting = (order, decides) =>
  order.find((alert) => isWaiting(alert, decides)) ?? order.find(isOpen);

// So many steps further down, or up; the last one there is.
export function besideOf(order, chosenId, step) {
  const at = order.findIndex((alert) => alert.alert_id === chosenId);
  return order[Math.min(order.length - 1, Math.max(0, at + step))];
}

// {shown, newer}: the alert to show, and how many newer ones wait while it holds. `openedMs`: since
// when somebody has it open on purpose; Infinity if nobody has. `now`: the server's, ms since 1970.
export function viewOf({ alerts, chosen, openedMs, isHalfMade, decides, now }) {
  const order = newestFirst(alerts);
  const wanted = newestWaiting(order, decides);
  if (!chosen) return { shown: wanted ?? order[0], newer: 0 };
  const above = order.slice(0, order.indexOf(chosen));
  const isHeld = isHalfMade || openedMs < HOLD_MS;
  const givesWay = wanted && !isHeld && (above.includes(wanted) || isOver(chosen, decides, now));
  if (givesWay) return { shown: wanted, newer: 0 };
  return { shown: chosen, newer: above.filter((alert) => isWaiting(alert, decides)).length };
}

// Done with, and for long enough that its face was looked for and its outcome entered.
function isOver(alert, decides, now) {
  if (alert.volunteer) return true;
  if (isWaiting(alert, decides)) return false;
  return now - Date.parse(alert.review?.decided_at ?? alert.acknowledged.at) > HOLD_MS;
}

export const newerWords = (newer) =>
  `${newer} newer alert${newer === 1 ? "" : "s"} – show the newest`;
