// Whether a camera is watched, and why not, in words. `cameraWords` is pure.

import { isSilent } from "./banner.js";
import { ago } from "./format.js";

const WHY = {
  starting: () => "it is being opened.",
  restarting: () => "it is being started anew.",
  unheard: () => "it has not been heard of yet.",
  ended: () => "its film has ended.",
  stalled: (since) => `no pictures since ${since}.`,
  reconnecting: (since, detail) => `no pictures since ${since}: ${plainly(detail)}`,
  refused: (since) =>
    `no pictures since ${since}: the camera refuses the password. It was tried 3 times and waits to be told: mend the password in the configuration and start anew, or press Try again.`,
};

// { state, words, why }: how it is marked, in two words, and the rest.
export function cameraWords(camera, { now, isPast, isAimed, clock }) {
  if (isPast) return { state: "unknown", words: "Not known", why: "" };
  const { state, why } = whyNot(camera, now, clock);
  if (why) return { state, words: "Not watching", why: why[0].toUpperCase() + why.slice(1) };
  if (isAimed) return { state: "aimed", words: "Aiming", why: "Not watching: it is being aimed." };
  return { state: "live", words: "Watching", why: "" };
}

function whyNot(camera, now, clock) {
  if (isSilent(camera, now)) {
    return { state: "silent", why: `nothing heard of it since ${clock.time(camera.at)}.` };
  }
  if (camera.state !== "live") {
    const { state, since, detail } = camera;
    return { state, why: WHY[state](clock.time(since), detail) };
  }
  const isUnseen = camera.received_fps > 0 && camera.analysed_fps === 0;
  return { state: "live", why: isUnseen ? "nothing looks at its pictures." : "" };
}

// Without its address, and without when it is tried next: it goes on by itself.
const plainly = (detail) =>
  (detail || "it cannot be reached")
    .replace(/^\S+:\/\/\S+ /, "the camera ")
    .replace(/; (next try in .*|tried once more)$/, "")
    .replace(/^tried once more$/, "the password is tried once more")
    .replace(/\.?$/, ".")
    .replace(/\?\.$/, "?");

// What engineers want to know of it.
export function cameraNumbers(camera, now, { milliseconds, share }) {
  const size = camera.size_wh ? `${camera.size_wh.join(" × ")}, ` : "";
  const again = camera.reconnects ? `, reconnected ${camera.reconnects}×` : "";
  const passedOver = share(camera.frames_dropped, camera.frames_received);
  return [
    `${size}${camera.received_fps.toFixed(1)} frames/s in`,
    `${camera.analysed_fps.toFixed(1)} looked at, ${passedOver} passed over`,
    `look p50 ${milliseconds(camera.look_ms_p50)}, p99 ${milliseconds(camera.look_ms_p99)}`,
    `heard ${ago(now - Date.parse(camera.at))}${again}`,
  ];
}
