// What a person hears of alerts: said where it is nothing, and set in the panel for it.

import { awakeWords } from "./awake.js";
import { ringSoon, sample } from "./bell.js";
import { byId, setText } from "./dom.js";
import { ask, mayAsk, noticeWords, withdraw } from "./notices.js";
import { choose, chosenBy, isMuted, mute } from "./preferences.js";
import { isAudible, openSound, wakeSound } from "./sound.js";

// Sound, and what belongs to it, is of those who watch.
export function openHearing(name, watches, changed) {
  for (const id of ["mute", "sound"]) byId(id).hidden = !watches;
  if (!watches) return;
  const heard = () => { ringSoon(); changed(); };
  openSound(heard);
  const on = (id, act, kind = "click") => byId(id).addEventListener(kind, act);
  on("mute", () => { toggleMute(name); heard(); });
  on("silence", () => { mute(name, false); heard(); });
  on("sound", () => { showPanel(name); byId("sound-panel").showModal(); });
  const sound = () => wakeSound().then(() => sample(name));
  on("volume", () => { choose(name, { volume: byId("volume").valueAsNumber }); sound(); }, "change");
  on("try", sound);
  for (const id of ["ask-yes", "allow-notices"]) on(id, () => askOnce(name, changed));
  on("ask-no", () => { choose(name, { askedNotices: true }); changed(); });
}

export function toggleMute(name) {
  mute(name, !isMuted(name));
  if (!isMuted(name)) wakeSound();
}

// `silent`: how many alerts came that nobody could hear.
export function showHearing(name, silent) {
  wakeSound();
  const muted = isMuted(name);
  const came = silent === 1 ? "1 alert came" : `${silent} alerts came`;
  const why = muted
    ? `${name} has muted this page: touch to hear alerts`
    : "Sound is off: touch to hear alerts";
  byId("silence").hidden = isAudible() && !muted;
  byId("silence").classList.toggle("bad", silent > 0);
  setText(byId("silence"), silent ? `${came} without a sound. ${why}` : why);
  setText(byId("mute-words"), muted ? "Unmute" : "Mute");
  byId("ask-notices").hidden = !byId("silence").hidden || !mayAsk() || chosenBy(name).askedNotices;
}

export function hideHearing() {
  for (const id of ["silence", "ask-notices"]) byId(id).hidden = true;
  withdraw();
}

async function askOnce(name, changed) {
  choose(name, { askedNotices: true });
  await ask();
  showPanel(name);
  changed();
}

function showPanel(name) {
  byId("volume").value = chosenBy(name).volume;
  setText(byId("notice-words"), noticeWords());
  byId("allow-notices").hidden = !mayAsk();
  setText(byId("awake-words"), awakeWords());
}
