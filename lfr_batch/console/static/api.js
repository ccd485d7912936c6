// Talking to the server, and knowing its time.

let asking = new AbortController();

export async function get(path) {
  const { signal } = asking;
  try {
    return await answer(await reached(path, { signal }));
  } catch (error) {
    if (signal.aborted) return new Promise(() => {});
    throw error;
  }
}

// Whoever leaves is shown nothing more: what they have asked for is not answered.
export function stopAsking() {
  asking.abort();
  asking = new AbortController();
}

export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-LFR-Console": "1" };
  return answer(await reached(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

// A browser's own words for it tell an officer nothing.
function reached(path, order = {}) {
  return fetch(path, order).catch(() => {
    throw new Error("the console's server cannot be reached");
  });
}

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  const said = await response.json().catch(() => ({}));
  const error = new Error(said.error ?? `the server answers ${response.status}`);
  Object.assign(error, { status: response.status, review: said.review ?? null });
  if (response.status === 401 && document.body.dataset.role) location.reload();
  throw error;
}

// The token after the # of a link, which is then no longer in the address.
export function tokenOfLink() {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, "", "/");
  return token;
}

let offsetMs = 0;

// The server's time now, in ms since 1970.
export const serverNow = () => Date.now() + offsetMs;

// The quickest of a few questions is the least wrong: half its way back is the error.
export async function learnTime() {
  let best = Infinity;
  for (let i = 0; i < 4; i += 1) {
    const asked = performance.now();
    const { now } = await get("/api/time");
    const tookMs = performance.now() - asked;
    if (tookMs < best) {
      best = tookMs;
      offsetMs = Date.parse(now) + tookMs / 2 - Date.now();
    }
  }
}
