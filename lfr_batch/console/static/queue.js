// The list, one entry for each person, last seen first. Each keeps its node, and so its pictures.

import { byId, element, refill, setText } from "./dom.js";
import { isBegun } from "./draft.js";
import { ago, WORDS } from "./format.js";
import { firstOf, peopleOf, seenWords } from "./people.js";
import { pictureOf } from "./pictures.js";
import { VOLUNTEER_WORDS } from "./volunteers.js";

const nodes = new Map(); // by subject
const PICTURES = ["best_shot", "gallery"];

export function newestFirst(alerts) {
  return [...alerts.values()].sort(
    (a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at) || (a.alert_id < b.alert_id ? 1 : -1),
  );
}

export const isOpen = (alert) => alert.review === null && !alert.volunteer;

export function showQueue(alerts, chosenId, fresh, clock, choose) {
  const list = byId("alerts");
  const order = newestFirst(alerts);
  peopleOf(order).forEach((own, i) => {
    const subject = own[0].subject_id;
    if (!nodes.has(subject)) nodes.set(subject, nodeOf());
    const node = nodes.get(subject);
    node.firstChild.onclick = () => choose(firstOf(own).alert_id);
    update(node, own, own.find((alert) => alert.alert_id === chosenId), fresh, clock);
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  const open = order.filter(isOpen).length;
  setText(byId("open-count"), open ? `${open} to decide` : "");
}

export function showAges(alerts, now) {
  for (const node of nodes.values()) {
    const alert = alerts.get(node.dataset.newest);
    setText(node.querySelector(".age"), ago(now - Date.parse(alert.captured_at)));
  }
}

// Resolves when both pictures of the alert are on the screen; false where a newer one of the same
// person has taken its place.
export async function painted({ alert_id, subject_id }) {
  const node = nodes.get(subject_id);
  if (node.dataset.newest !== alert_id) return false;
  await Promise.all([...node.querySelectorAll("img")].map((picture) => picture.decode()));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return true;
}

export function reveal({ subject_id }, focus) {
  const button = nodes.get(subject_id)?.querySelector("button");
  button?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) button?.focus({ preventScroll: true });
}

export function clearQueue() {
  nodes.clear();
  refill(byId("alerts"));
  setText(byId("open-count"), "");
}

function nodeOf() {
  const button = element(
    "button",
    { type: "button", className: "item" },
    element("span", { className: "thumbs" }, ...PICTURES.map(() => element("img", { alt: "" }))),
    element(
      "span",
      { className: "words" },
      element("b", {}),
      element("span", { className: "where" }),
      element("span", { className: "times" }),
      element("span", { className: "age" }),
      element("span", { className: "pill" }),
    ),
  );
  return element("li", {}, button);
}

// What is shown is of the newest alert; its state is that of the one which a touch opens.
function update(node, own, chosen, fresh, clock) {
  const [newest] = own;
  const button = node.firstChild;
  button.setAttribute("aria-current", String(chosen !== undefined));
  button.classList.toggle("fresh", own.some((alert) => fresh.has(alert.alert_id)));
  if (node.dataset.newest !== newest.alert_id) {
    node.dataset.newest = newest.alert_id;
    [...button.querySelectorAll("img")].forEach((image, i) => { image.src = pictureOf(newest, PICTURES[i]); });
  }
  setText(button.querySelector("b"), newest.subject_id);
  setText(button.querySelector(".where"), `${newest.camera} · score ${newest.score.toFixed(2)}`);
  setText(button.querySelector(".times"), seenWords(own, clock));
  const [kind, words] = stateOfAll(own);
  const pill = node.querySelector(".pill");
  pill.className = `pill ${kind}`;
  setText(pill, words);
}

function stateOfAll(own) {
  const open = own.filter(isOpen);
  const [kind, words] = stateOf(own.find(isBegun) ?? firstOf(own));
  return [kind, kind === "new" && open.length > 1 ? `${open.length} to decide` : words];
}

function stateOf(alert) {
  if (alert.volunteer) return ["volunteer", VOLUNTEER_WORDS];
  if (isBegun(alert)) return ["begun", "Not saved"];
  if (alert.review) return [alert.review.verdict, WORDS[alert.review.verdict]];
  return alert.acknowledged ? ["seen", "Acknowledged"] : ["new", "New"];
}
