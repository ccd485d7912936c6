// What an officer has begun, over a reload of this tab: for them, this deployment and no longer.

const KEY = "lfr.begun";
let own = null;
let written = null;

// What this user had begun in this deployment; what somebody else had is gone.
export function openKept(user, deployment) {
  own = { user, deployment };
  const found = read();
  if (found?.user === user && found?.deployment === deployment) return draftsIn(found);
  clearKept();
  return {};
}

// Without what another version of this page, or somebody's hand, has left there.
function draftsIn({ drafts }) {
  const kept = Object.entries(drafts ?? {}).filter(([, draft]) => typeof draft?.text === "string");
  return Object.fromEntries(kept);
}

export function keep(drafts) {
  if (!own) return;
  const text = Object.keys(drafts).length ? JSON.stringify({ ...own, drafts }) : null;
  if (text === written) return;
  written = text;
  attempt((store) => (text ? store.setItem(KEY, text) : store.removeItem(KEY)));
}

// At the end of a session or a deployment: nothing is kept from then on.
export function clearKept() {
  written = null;
  attempt((store) => store.removeItem(KEY));
}

export function closeKept() {
  own = null;
  clearKept();
}

function read() {
  try {
    return attempt((store) => JSON.parse(store.getItem(KEY)));
  } catch {
    return null;
  }
}

// A browser that keeps nothing loses it with the page, as before.
function attempt(what) {
  try {
    return what(sessionStorage);
  } catch {
    return null;
  }
}
