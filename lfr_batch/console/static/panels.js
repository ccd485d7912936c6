// Cameras, counts, latency and running parts, from a status message.

import { showAiming } from "./aim.js";
import { cameraNumbers, cameraWords } from "./camera_words.js";
import { byId, element, fill, setText } from "./dom.js";
import { count, milliseconds, rate, share, WORDS } from "./format.js";

// `asOf`: when it was told, where nothing newer is known; null where it is what is.
export function showStatus(status, now, asOf, { clock, may }) {
  byId("as-of").hidden = asOf === null;
  setText(byId("as-of"), asOf === null ? "" : `As of ${asOf}. Nothing newer is known.`);
  const isAimed = status.aiming !== null;
  const known = { now, clock, isAimed, isPast: asOf !== null };
  showAiming(status, known, may);
  fill(byId("cameras"), status.cameras.map((camera) => cameraCard(camera, known, may)));
  byId("nobody-decides").hidden = status.may_be_decided;
  fill(byId("counts"), facts(countFacts(status.counts)));
  fill(byId("camera-numbers"), status.cameras.filter((each) => each.at).map((each) => numbers(each, now)));
  fill(byId("latency"), facts(latencyFacts(status.shown)));
  fill(byId("parts"), [...status.parts.map(partLine), ...status.sinks.map(sinkLine)]);
}

function cameraCard(camera, known, may) {
  const { state, words, why } = cameraWords(camera, known);
  const pill = element("span", { className: `pill ${state}` }, words);
  const card = element("div", { className: "camera" }, element("h3", {}, camera.camera, pill));
  if (why) card.append(line(why));
  if (state === "refused" && may("acknowledge")) card.append(tryAgain(camera.camera));
  return card;
}

function tryAgain(camera) {
  const button = element("button", { type: "button" }, "Try again");
  button.dataset.again = camera;
  return button;
}

function numbers(camera, now) {
  const lines = cameraNumbers(camera, now, { milliseconds, share }).map(line);
  return element("div", { className: "camera" }, element("h3", {}, camera.camera), ...lines);
}

const line = (text) => element("p", {}, text);

function countFacts(counts) {
  const outcomes = Object.entries(counts.outcomes).map(([name, n]) => [WORDS[name], count(n)]);
  return [
    ["Faces seen", count(counts.faces_seen)],
    ["Alerts", count(counts.alerts)],
    ["True", count(counts.true_alerts)],
    ["False", count(counts.false_alerts)],
    ["Unconfirmed", count(counts.unconfirmed)],
    ["False per face", soFar(counts.false_per_face, counts)],
    ["False per alert", soFar(counts.false_per_alert, counts)],
    ...outcomes,
  ];
}

// A rate is no more than what was decided so far makes of it.
function soFar(value, { decided, alerts }) {
  if (decided === alerts) return rate(value);
  const known = `${count(decided)} of ${count(alerts)} decided`;
  return decided ? `${rate(value)}, ${known}` : known;
}

function latencyFacts(shown) {
  return [
    ["Half of the alerts within", milliseconds(shown.p50_ms)],
    ["99 in 100 within", milliseconds(shown.p99_ms)],
    ["Alerts measured", count(shown.alerts)],
  ];
}

function facts(pairs) {
  return pairs.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
}

function partLine(part) {
  const state = part.up ? "up" : "starting anew";
  const times = part.restarts ? `, ${part.restarts} restart${part.restarts > 1 ? "s" : ""}` : "";
  return element(
    "li",
    { className: part.up ? "" : "down" },
    element("span", {}, part.name === part.role ? part.name : `${part.role} ${part.name}`),
    element("span", {}, `${state}${times}`),
  );
}

function sinkLine(sink) {
  const waiting = sink.waiting ? `, ${count(sink.waiting)} waiting` : "";
  return element(
    "li",
    { className: sink.last_error === null ? "" : "down" },
    element("span", {}, `to ${sink.name}`),
    element("span", {}, `${count(sink.delivered)} delivered${waiting}`),
  );
}
