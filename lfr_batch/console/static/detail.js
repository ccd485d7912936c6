// The selected alert, large.

import { byId, element, fill, setText } from "./dom.js";
import { ago, milliseconds, WORDS } from "./format.js";
import { headingWords } from "./people.js";
import { clearPictures, showPictures } from "./pictures.js";
import { showVolunteer } from "./volunteers.js";
import { clearZoom, showZoomAge } from "./zoom.js";

export function showDetail(alert, clock) {
  byId("nothing").hidden = true;
  byId("alert").hidden = false;
  setText(byId("of-camera"), `Camera ${alert.camera}`);
  setText(byId("of-subject"), `Watchlist: ${alert.subject_id}`);
  showPictures(alert);
  showLikeness(alert);
  fill(byId("facts"), factsOf(alert));
  showDecided(alert, clock);
  showVolunteer(alert);
}

// `words`: what is said instead.
export function clearDetail() {
  byId("nothing").hidden = false;
  byId("alert").hidden = true;
  clearPictures();
  clearZoom();
  for (const id of ["of-camera", "of-time", "of-subject", "of-image", "score", "margin"]) {
    setText(byId(id), "");
  }
  for (const id of ["facts", "decided", "also-seen"]) byId(id).replaceChildren();
}

export function showAge(alert, now, clock) {
  const taken = Date.parse(alert.captured_at);
  setText(byId("of-time"), `${clock.timeInZone(taken)}, ${ago(now - taken)}`);
  showZoomAge(now, clock);
}

function showLikeness(alert) {
  const percent = (value) => `${Math.min(100, Math.max(0, 100 * value))}%`;
  byId("score-bar").style.width = percent(alert.score);
  byId("threshold-mark").style.left = percent(alert.threshold);
  setText(byId("score"), `Score ${alert.score.toFixed(3)}`);
  setText(byId("threshold"), `threshold ${alert.threshold.toFixed(3)}`);
  setText(byId("margin"), othersOf(alert));
  byId("likeness").setAttribute(
    "aria-label",
    `Score ${alert.score.toFixed(3)}, alerts begin at ${alert.threshold.toFixed(3)}`,
  );
}

// Whoever else of the watchlist is like the face, and how far behind the next one is.
function othersOf(alert) {
  const others = alert.candidates.filter((each) => each.subject_id !== alert.subject_id);
  if (!others.length) return "nobody else is alike";
  const named = others.slice(0, 2).map((each) => `${each.subject_id} ${each.score.toFixed(3)}`);
  const lead = alert.margin === null ? "" : `${alert.margin.toFixed(3)} ahead of `;
  return lead + named.join(", ");
}

function factsOf(alert) {
  const seenMs = Date.parse(alert.captured_at) - Date.parse(alert.first_seen_at);
  const facts = [
    ...(alert.heading ? [["Direction", headingWords(alert)]] : []),
    ["Quality", alert.quality.toFixed(2)],
    ["In view", `${(seenMs / 1000).toFixed(1)} s, ${alert.looks} looks`],
    ["Raised after", milliseconds(alert.raised_ms)],
    ["On screen after", milliseconds(alert.shown_ms)],
  ];
  return facts.map(([name, value]) => element("span", {}, `${name} `, element("b", {}, value)));
}

function showDecided(alert, clock) {
  const { review, acknowledged } = alert;
  setText(
    byId("acknowledged"),
    acknowledged ? `Seen by ${acknowledged.by}, ${clock.time(acknowledged.at)}` : "Acknowledge",
  );
  byId("decided").hidden = review === null;
  if (review === null) return;
  const by = `${review.reviewer}, ${clock.timeInZone(review.decided_at)}`;
  const outcome = review.outcome ? ` · ${WORDS[review.outcome]}` : "";
  const verdict = element("b", { className: `pill ${review.verdict}` }, WORDS[review.verdict]);
  fill(byId("decided"), [verdict, ` ${by}${outcome} · ${review.reason}`]);
}
