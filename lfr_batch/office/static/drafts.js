// Half-made comparisons, over a reload: of whoever is logged in, and no longer than they are.
// Of the candidate only the rank is kept, and no picture: a subject's id may be a name.

const KEY = "lfr.office.";
const memory = new Map();
let own = null;

// What somebody else had begun on this device is gone.
export function openDrafts(user) {
  own = `${KEY}${user}/`;
  remove((key) => !key.startsWith(own));
}

export function draftOf(run, sighting) {
  return read(keyOf(run, sighting)) ?? newDraft();
}

export const hasDraft = (run, sighting) => read(keyOf(run, sighting)) !== null;

export function keepDraft(run, sighting, draft) {
  if (!own) return;
  memory.set(keyOf(run, sighting), draft);
  attempt((store) => store.setItem(keyOf(run, sighting), JSON.stringify(draft)));
}

export function dropDraft(run, sighting) {
  memory.delete(keyOf(run, sighting));
  attempt((store) => store.removeItem(keyOf(run, sighting)));
}

// On log-out: nothing is kept from then on.
export function closeDrafts() {
  own = null;
  remove(() => true);
}

// By its id a decision that is sent twice is one: it is made with the form, and kept with it.
function newDraft() {
  const id = [...crypto.getRandomValues(new Uint8Array(16))];
  return {
    decision_id: id.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    rank: null,
    components: {},
    image_factors: [],
    conclusion: null,
    reason: "",
  };
}

const keyOf = (run, sighting) => `${own}${run}/${sighting}`;

function read(key) {
  const kept = memory.get(key) ?? attempt((store) => JSON.parse(store.getItem(key)));
  return isDraft(kept) ? kept : null;
}

// Not what another version of this page, or somebody's hand, has left there.
const isDraft = (kept) =>
  /^[0-9a-f]{32}$/.test(kept?.decision_id) && typeof kept.reason === "string" &&
  Array.isArray(kept.image_factors) && typeof kept.components === "object" && kept.components !== null;

function remove(isMeant) {
  memory.clear();
  attempt((store) => {
    const keys = Array.from({ length: store.length }, (_, i) => store.key(i));
    keys.filter((key) => key.startsWith(KEY) && isMeant(key)).forEach((key) => store.removeItem(key));
  });
}

// A browser that keeps nothing loses it with the page.
function attempt(what) {
  try {
    return what(localStorage);
  } catch {
    return null;
  }
}
