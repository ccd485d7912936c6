// The signals that are heard beside traffic, and the way to the loudspeaker.

// Traffic is loud below 1 kHz and small loudspeakers are weak there; between 1 and 3 kHz ears are
// keenest, and what changes is noticed. Each: steps of [from Hz, to Hz, seconds on, seconds off].
export const VOICES = [
  repeated(6, [[1300, 2700, 0.2, 0.05]]),
  repeated(5, [[2500, 2500, 0.14, 0.01], [1500, 1500, 0.14, 0.01]]),
  repeated(3, [[2600, 1200, 0.35, 0.15]]),
];
const EDGE_S = 0.005; // without a click
const MOST_AHEAD_S = 2;

let audio = null;
let busyUntilS = 0;

function repeated(times, steps) {
  return Array.from({ length: times }, () => steps).flat();
}

// Plays `voice` on `context` from `atS`, as loud as `gain` (0 to 1); when it ends, seconds.
export function signal(context, voice, gain, atS) {
  const tone = new OscillatorNode(context);
  const level = new GainNode(context, { gain: 0 });
  let nowS = atS;
  for (const [fromHz, toHz, onS, offS] of voice) {
    tone.frequency.setValueAtTime(fromHz, nowS);
    tone.frequency.linearRampToValueAtTime(toHz, nowS + onS);
    level.gain.setValueAtTime(0, nowS);
    level.gain.linearRampToValueAtTime(gain, nowS + EDGE_S);
    level.gain.setValueAtTime(gain, nowS + onS - EDGE_S);
    level.gain.linearRampToValueAtTime(0, nowS + onS);
    nowS += onS + offS;
  }
  tone.connect(level).connect(context.destination);
  tone.start(atS);
  tone.stop(nowS);
  return nowS;
}

// Browsers let a page sound once it was touched; `changed` is called when that changes.
export function openSound(changed) {
  try {
    audio = new AudioContext();
    audio.onstatechange = changed;
  } catch {
    audio = null;
  }
  for (const kind of ["pointerup", "click", "keydown"]) document.addEventListener(kind, wakeSound);
}

export const isAudible = () => audio?.state === "running";

// Also after a call or a pause of the tablet's, which need no further touch.
export async function wakeSound() {
  if (audio && !isAudible() && navigator.userActivation?.hasBeenActive !== false) {
    await audio.resume().catch(() => null);
  }
}

// Whether it can be heard. `volume`: 1 to 10. Signals do not overlap, and many are not queued.
export function play(voice, volume) {
  if (!isAudible()) return false;
  const atS = Math.max(audio.currentTime, busyUntilS);
  if (atS - audio.currentTime < MOST_AHEAD_S) {
    busyUntilS = signal(audio, VOICES[voice], (volume / 10) ** 2, atS);
  }
  return true;
}
