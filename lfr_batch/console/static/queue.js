// The list of alerts, newest first. Each alert keeps its node, and so its pictures.

import { byId, element, setText } from "./dom.js";
import { isBegun } from "./draft.js";
import { ago, WORDS } from "./format.js";
import { VOLUNTEER_WORDS } from "./volunteers.js";

const nodes = new Map();

export const pictureOf = (alert, which) => `/api/alerts/${alert.alert_id}/${which}.jpg`;

export function newestFirst(alerts) {
  return [...alerts.values()].sort(
    (a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at) || (a.alert_id < b.alert_id ? 1 : -1),
  );
}

export const isOpen = (alert) => alert.review === null && !alert.volunteer;

export function showQueue(alerts, chosenId, fresh, choose) {
  const list = byId("alerts");
  const order = newestFirst(alerts);
  order.forEach((alert, i) => {
    if (!nodes.has(alert.alert_id)) nodes.set(alert.alert_id, nodeOf(alert, choose));
    const node = nodes.get(alert.alert_id);
    update(node, alert, chosenId, fresh.has(alert.alert_id));
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  const open = order.filter(isOpen).length;
  setText(byId("open-count"), open ? `${open} to decide` : "");
}

export function showAges(alerts, now) {
  for (const [id, node] of nodes) {
    const alert = alerts.get(id);
    setText(node.querySelector(".age"), ago(now - Date.parse(alert.captured_at)));
  }
}

// Resolves when both pictures of the alert are on the screen.
export async function painted(alertId) {
  const pictures = nodes.get(alertId).querySelectorAll("img");
  await Promise.all([...pictures].map((picture) => picture.decode()));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

export function reveal(alertId, focus) {
  const button = nodes.get(alertId)?.querySelector("button");
  button?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) button?.focus({ preventScroll: true });
}

export function clearQueue() {
  nodes.clear();
  byId("alerts").replaceChildren();
  setText(byId("open-count"), "");
}

function nodeOf(alert, choose) {
  const picture = (which) => element("img", { src: pictureOf(alert, which), alt: "" });
  const button = element(
    "button",
    { type: "button", className: "item" },
    element("span", { className: "thumbs" }, picture("best_shot"), picture("gallery")),
    element(
      "span",
      { className: "words" },
      element("b", {}, alert.subject_id),
      element("span", {}, `${alert.camera} · score ${alert.score.toFixed(2)}`),
      element("span", { className: "age" }),
      element("span", { className: "pill" }),
    ),
  );
  button.addEventListener("click", () => choose(alert.alert_id));
  return element("li", {}, button);
}

function update(node, alert, chosenId, isFresh) {
  const button = node.firstChild;
  button.setAttribute("aria-current", String(alert.alert_id === chosenId));
  button.classList.toggle("fresh", isFresh);
  const [kind, words] = stateOf(alert);
  const pill = node.querySelector(".pill");
  pill.className = `pill ${kind}`;
  setText(pill, words);
}

function stateOf(alert) {
  if (alert.volunteer) return ["volunteer", VOLUNTEER_WORDS];
  if (isBegun(alert)) return ["begun", "Not saved"];
  if (alert.review) return [alert.review.verdict, WORDS[alert.review.verdict]];
  return alert.acknowledged ? ["seen", "Acknowledged"] : ["new", "New"];
}
