// The screen stays on while the page watches.

const AGAIN_MS = 10000;

let lock = null;
let triedAt = -Infinity;

// Called again and again: a lock is lost whenever the page is hidden, or the battery is low.
export function keepAwake(isWatching) {
  if (!isWatching) release();
  else if (!lock && !document.hidden && performance.now() - triedAt > AGAIN_MS) acquire();
}

export const awakeWords = () =>
  lock ? "The screen stays on." : "This browser does not keep the screen on: set the device so that it does.";

async function acquire() {
  triedAt = performance.now();
  const made = await navigator.wakeLock?.request("screen").catch(() => null);
  lock = made ?? null;
  lock?.addEventListener("release", () => { lock = null; });
}

function release() {
  lock?.release();
  lock = null;
}

document.addEventListener("visibilitychange", () => { triedAt = -Infinity; });
