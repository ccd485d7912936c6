// What an officer must not overlook. `troubles` is pure.

const PATIENCE_MS = 2000;
const STARTING_MS = 20000;
const SILENT_MS = 5000;
const NEAR_END_MS = 10 * 60 * 1000;

const DOWN = {
  stalled: "sends no pictures",
  reconnecting: "is not reachable",
  ended: "has ended",
};

// A camera whose process does not report says nothing any more about its pictures.
export function isSilent(camera, now) {
  return camera.at !== null && now - Date.parse(camera.at) > SILENT_MS;
}

export function troubles({ now, link, status, heardStatus, deployment, clock }) {
  if (!link.up && now.local - link.since > PATIENCE_MS) {
    const since = clock.time(now.server - (now.local - link.since));
    return [bad(`Connection to the console's server lost at ${since}. New alerts are NOT shown.`)];
  }
  const window = ofWindow(Date.parse(deployment.ends_at) - now.server);
  if (!status) return window;
  if (now.local - heardStatus > SILENT_MS) {
    const why = status.trouble ? ` (${status.trouble})` : "";
    return [...window, bad(`The alert router does not answer${why}. New alerts are NOT shown.`)];
  }
  return [
    ...window,
    ...status.cameras.flatMap((camera) => ofCamera(camera, now.server, deployment, clock)),
    ...status.parts.filter((part) => !part.up && part.role !== "camera").map(ofPart),
    ...status.sinks.filter((sink) => sink.last_error !== null).map(ofSink),
  ];
}

function ofWindow(leftMs) {
  if (leftMs <= 0) return [bad("The deployment's window has ended: nobody is looked for any more.")];
  // Whole minutes: a screen reader reads the banner whenever it changes.
  const minutes = Math.ceil(leftMs / 60000);
  if (leftMs < NEAR_END_MS) return [warn(`The deployment ends in ${minutes} min.`)];
  return [];
}

function ofCamera(camera, now, deployment, clock) {
  const name = `Camera ${camera.camera}`;
  const unseen = "nobody is looked for there";
  const at = Date.parse(camera.at ?? deployment.started_at);
  if (camera.state === "starting" && now - at < STARTING_MS) return [];
  if (camera.state === "starting") return [bad(`${name} does not start: ${unseen}.`)];
  if (camera.state !== "live") {
    const why = camera.detail ? ` (${camera.detail})` : "";
    const since = clock.time(camera.since);
    return [bad(`${name} ${DOWN[camera.state]} since ${since}${why}: ${unseen}.`)];
  }
  if (!isSilent(camera, now)) return [];
  return [bad(`${name} has not been heard of since ${clock.time(at)}: ${unseen}.`)];
}

const ofPart = (part) => bad(`The ${part.role} is being started anew: alerts may be late.`);

function ofSink(sink) {
  return warn(`Alerts do not get to ${sink.name}: ${sink.waiting} waiting (${sink.last_error}).`);
}

const bad = (text) => ({ level: "bad", text });
const warn = (text) => ({ level: "warn", text });
