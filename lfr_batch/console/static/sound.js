// A short tone for a new alert; off until an officer turns it on.

import { setText } from "./dom.js";

let audio = null;

export function toggleSound(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  audio = on ? new AudioContext() : null;
  button.setAttribute("aria-pressed", String(on));
  setText(button, on ? "Sound on" : "Sound off");
  if (on) chime();
}

export function chime() {
  if (audio === null) return;
  const tone = new OscillatorNode(audio, { frequency: 880 });
  const volume = new GainNode(audio, { gain: 0.2 });
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
}
