// A short tone for a new alert; off until an officer turns it on. The button says what it does.

import { setText } from "./dom.js";

let audio = null;

export function toggleSound(button) {
  const on = audio === null;
  audio = on ? new AudioContext() : null;
  button.classList.toggle("on", on);
  setText(button, on ? "Turn sound off" : "Turn sound on");
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
