// Cameras, counts, latency and running parts, from a status message.

import { isSilent } from "./banner.js";
import { byId, element, fill, setText } from "./dom.js";
import { ago, count, milliseconds, rate, share, WORDS } from "./format.js";

const STATES = {
  starting: "starting",
  restarting: "being started anew",
  unheard: "not heard of yet",
  live: "live",
  stalled: "no pictures",
  reconnecting: "reconnecting",
  ended: "ended",
  silent: "silent",
  unknown: "not known",
};

// `asOf`: when it was told, where nothing newer is known; null where it is what is.
export function showStatus(status, now, asOf) {
  byId("as-of").hidden = asOf === null;
  setText(byId("as-of"), asOf === null ? "" : `As of ${asOf}. Nothing newer is known.`);
  fill(byId("cameras"), status.cameras.map((camera) => cameraCard(camera, now, asOf !== null)));
  byId("nobody-decides").hidden = status.may_be_decided;
  fill(byId("counts"), facts(countFacts(status.counts)));
  fill(byId("latency"), facts(latencyFacts(status.shown)));
  fill(byId("parts"), [...status.parts.map(partLine), ...status.sinks.map(sinkLine)]);
}

function cameraCard(camera, now, isPast) {
  const state = isPast ? "unknown" : isSilent(camera, now) ? "silent" : camera.state;
  const pill = element("span", { className: `pill ${state}` }, STATES[state]);
  const head = element("h3", {}, camera.camera, pill);
  if (camera.at === null) return element("div", { className: "camera" }, head);
  const size = camera.size_wh ? `${camera.size_wh.join(" × ")}, ` : "";
  const lines = [
    `${size}${camera.received_fps.toFixed(1)} frames/s in`,
    `${camera.analysed_fps.toFixed(1)} looked at, ${share(
      camera.frames_dropped,
      camera.frames_received,
    )} passed over`,
    `look p50 ${milliseconds(camera.look_ms_p50)}, p99 ${milliseconds(camera.look_ms_p99)}`,
    `heard ${ago(now - Date.parse(camera.at))}${again(camera.reconnects)}`,
  ];
  return element("div", { className: "camera" }, head, ...lines.map(line));
}

const line = (text) => element("p", {}, text);
const again = (times) => (times ? `, reconnected ${times}×` : "");

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
