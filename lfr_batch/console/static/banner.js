// What an officer must not overlook, one line for each kind of trouble. `troubles` is pure.

import { CALL_MS } from "./alarm.js";
import { byId, element, fill } from "./dom.js";
import { endWords } from "./end.js";

const PATIENCE_MS = 2000;
const MINUTES = CALL_MS / 60000;
const STARTING_MS = 20000;
export const SILENT_MS = 5000;
const NEAR_END_MS = 10 * 60 * 1000;

const ELSEWHERE =
  "You have opened the console on more pages than it serves at once, and this page was the oldest. New alerts are NOT shown here.";
const DOWN = {
  stalled: "sends no pictures",
  reconnecting: "is not reachable",
  refused: "refuses the password",
  ended: "has ended",
};
const REFUSED =
  "tried 3 times, it waits to be told; mend the password in the configuration and start anew, or press Try again";
const UNSEEN = "nobody is looked for there";
const RESTARTING = {
  router: "The router is being started anew: alerts are late.",
  analyst: "The analyst is being started anew: nobody is looked for until it is back.",
};
const KINDS = {
  camera: (names) => `${names.length} cameras down: ${names.join(", ")}`,
  part: (names) => `${names.length} parts are down: ${names.join(", ")}`,
  sink: (names) => `Alerts do not get to ${names.join(", ")}`,
};

export const isCut = (now, link) => !link.up && now.local - link.since > PATIENCE_MS;

// A camera whose process does not report says nothing any more about its pictures.
export function isSilent(camera, now) {
  return camera.at !== null && now - Date.parse(camera.at) > SILENT_MS;
}

// Whether what the page knows of cameras and counts may be over since.
export function isDeaf({ now, link, heardStatus }) {
  return isCut(now, link) || now.local - heardStatus > SILENT_MS;
}

export function troubles(known) {
  const { now, link, status, heardStatus, deployment, clock, ended, elsewhere, failure, stopped } = known;
  if (ended) return [bad("end", "", endWords(ended, clock))];
  if (elsewhere) return [bad("elsewhere", "", ELSEWHERE)];
  if (isCut(now, link)) return [ofLink(link, now, clock)];
  const window = deployment.is_over ? [OVER] : ofWindow(Date.parse(deployment.ends_at) - now.server);
  if (failure) window.push(bad("load", "", notLoaded(failure)));
  if (stopped) window.push(ofCalls(stopped));
  if (!status) return window;
  const shared = status.parts.filter((part) => !part.up && part.role !== "camera").map(ofPart);
  if (now.local - heardStatus > SILENT_MS) {
    const silent = "The alert router does not answer. New alerts are NOT shown.";
    return [...window, bad("router", "router", silent), ...shared];
  }
  return [
    ...window,
    ...shared,
    ...status.cameras.flatMap((camera) => deployment.is_over ? [] : ofCamera(camera, now.server, clock)),
    ...ofDisk(status.counts.unkept),
    ...status.sinks.filter((sink) => sink.last_error !== null).map(ofSink),
  ];
}

export const notLoaded = (failure) =>
  `The alerts could not be loaded: ${failure}. This page does NOT know of all alerts; it tries again.`;

function ofLink(link, now, clock) {
  const since = clock.time(now.server - (now.local - link.since));
  const lost = link.reached
    ? `The console's server sends this page nothing since ${since}: too many pages may be open.`
    : `Connection to the console's server lost at ${since}.`;
  return bad("link", "", `${lost} New alerts are NOT shown.`);
}

function ofCalls(stopped) {
  const [alerts, they] = stopped === 1 ? ["1 alert is", "It sounds"] : [`${stopped} alerts are`, "They sound"];
  return warn("calls", "", `${alerts} not acknowledged. ${they} no more: ${MINUTES} min have passed.`);
}

function ofWindow(leftMs) {
  const over = "The deployment's window has ended: nobody is looked for any more.";
  if (leftMs <= 0) return [bad("window", "", over)];
  // Whole minutes: a screen reader reads the banner whenever it changes.
  const minutes = Math.ceil(leftMs / 60000);
  if (leftMs < NEAR_END_MS) return [warn("window", "", `The deployment ends in ${minutes} min.`)];
  return [];
}

function ofCamera(camera, now, clock) {
  const why = whyDown(camera, now, clock);
  return why ? [bad("camera", camera.camera, `Camera ${camera.camera} ${why}: ${UNSEEN}.`)] : [];
}

function whyDown(camera, now, clock) {
  const waited = now - Date.parse(camera.at ?? camera.since);
  if (camera.state === "restarting") return "is being started anew";
  if (camera.state === "unheard") return waited > SILENT_MS ? "has not been heard of yet" : null;
  if (camera.state === "starting") {
    return now - Date.parse(camera.since) > STARTING_MS ? "does not start" : null;
  }
  if (camera.state !== "live") {
    const why = camera.state === "refused" ? REFUSED : camera.detail;
    const detail = why ? ` (${why})` : "";
    return `${DOWN[camera.state]} since ${clock.time(camera.since)}${detail}`;
  }
  if (camera.received_fps > 0 && camera.analysed_fps === 0) {
    return "gives pictures that nothing looks at";
  }
  return isSilent(camera, now) ? `has not been heard of since ${clock.time(camera.at)}` : null;
}

const ofPart = (part) => bad("part", part.name, RESTARTING[part.role]);

function ofDisk(unkept) {
  const alerts = unkept === 1 ? "1 alert is" : `${unkept} alerts are`;
  const text = `The disk is full: ${alerts} shown and not kept. Make room: until then no decision about them can be kept.`;
  return unkept > 0 ? [bad("disk", "", text)] : [];
}

function ofSink(sink) {
  const text = `Alerts do not get to ${sink.name}: ${sink.waiting} waiting (${sink.last_error}).`;
  return warn("sink", sink.name, text);
}

const bad = (kind, name, text) => ({ level: "bad", kind, name, text });
const warn = (kind, name, text) => ({ level: "warn", kind, name, text });
const OVER = warn("over", "", "This deployment is over, and nobody is looked for. What is undecided can be decided here.");

const opened = new Set();

// Several of a kind are one line, which opens: nothing may push the decisions off the screen.
export function showBanner(found) {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  fill(byId("banner"), kinds.map((kind) => group(kind, found.filter((each) => each.kind === kind))));
}

const line = ({ level, text }) => element("p", { className: level }, text);

function group(kind, all) {
  if (all.length === 1) return line(all[0]);
  const words = KINDS[kind](all.map((each) => each.name));
  const list = element("ul", {}, ...all.map(({ text }) => element("li", {}, text)));
  const summary = element("summary", {}, words);
  const made = element("details", { className: all[0].level, open: opened.has(kind) }, summary, list);
  made.dataset.kind = kind;
  return made;
}

// A line that was opened stays open when it changes.
export function rememberOpened() {
  byId("banner").addEventListener("click", (event) => {
    const details = event.target.closest("summary")?.parentElement;
    if (!details) return;
    if (details.open) opened.delete(details.dataset.kind);
    else opened.add(details.dataset.kind);
  });
}
