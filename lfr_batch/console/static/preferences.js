// What a person has chosen on this device, and whether they are muted until the next log-in.

const CHOSEN = "lfr.chosen.";
const MUTED = "lfr.muted.";
const DEFAULTS = { volume: 9, askedNotices: false };

// Where a browser keeps nothing, it is kept for as long as the page is there.
const store = kept() ?? memory();

export function chosenBy(name) {
  try {
    return { ...DEFAULTS, ...JSON.parse(store.getItem(CHOSEN + name)) };
  } catch {
    return DEFAULTS;
  }
}

export function choose(name, changes) {
  store.setItem(CHOSEN + name, JSON.stringify({ ...chosenBy(name), ...changes }));
}

export const isMuted = (name) => store.getItem(MUTED + name) !== null;

export function mute(name, on) {
  if (on) store.setItem(MUTED + name, "until the next log-in");
  else store.removeItem(MUTED + name);
}

// Whoever logs in begins with sound.
export function unmuteAll() {
  const names = Array.from({ length: store.length }, (_, i) => store.key(i));
  for (const name of names.filter((each) => each.startsWith(MUTED))) store.removeItem(name);
}

function kept() {
  try {
    localStorage.setItem("lfr.try", "");
    localStorage.removeItem("lfr.try");
    return localStorage;
  } catch {
    return null;
  }
}

function memory() {
  const all = new Map();
  return {
    get length() { return all.size; },
    key: (i) => [...all.keys()][i],
    getItem: (key) => all.get(key) ?? null,
    setItem: (key, value) => all.set(key, value),
    removeItem: (key) => all.delete(key),
  };
}
