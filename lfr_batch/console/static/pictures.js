// The two large pictures of the chosen alert, and the further ones a touch apart.

import { byId, element, refill, setText } from "./dom.js";

export const pictureOf = (alert, which) => `/api/alerts/${alert.alert_id}/${which}.jpg`;

const SIDES = {
  "best-shot": { strip: "shots", first: "best_shot", names: shotsOf, words: "Best shot" },
  gallery: { strip: "known", first: "gallery", names: knownOf, words: "Best match" },
};
const picked = new Map(); // by side; of the alert that is shown
let shown = null;

export function showPictures(alert) {
  if (shown !== alert.alert_id) picked.clear();
  shown = alert.alert_id;
  for (const side of Object.keys(SIDES)) showSide(side, alert);
  byId("open-scene").hidden = !alert.has_scene;
  setText(byId("of-image"), knownWords(alert));
}

export function clearPictures() {
  picked.clear();
  shown = null;
  for (const [side, { strip }] of Object.entries(SIDES)) {
    byId(side).removeAttribute("src");
    byId(side).alt = "";
    refill(byId(strip));
    delete byId(strip).dataset.of;
  }
}

function showSide(side, alert) {
  const { first, names } = SIDES[side];
  const name = picked.get(side) ?? first;
  const source = pictureOf(alert, name);
  const image = byId(side);
  if (image.getAttribute("src") !== source) Object.assign(image, { src: source, alt: textOf(side, alert, name) });
  showStrip(side, alert, [first, ...names(alert)], name);
}

// Kept as it is while its alert is: a finger may be on it.
function showStrip(side, alert, names, chosen) {
  const { strip, words } = SIDES[side];
  const row = byId(strip);
  if (row.dataset.of !== alert.alert_id) {
    row.dataset.of = alert.alert_id;
    const made = names.length > 1 ? names.map((name, i) => thumb(side, alert, name, i === 0 ? words : "")) : [];
    refill(row, ...made);
  }
  [...row.children].forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.name === chosen)));
}

function thumb(side, alert, name, mark) {
  const image = element("img", { src: pictureOf(alert, name), alt: "" });
  const button = element("button", { type: "button", className: "thumb" }, image, ...(mark ? [element("span", {}, mark)] : []));
  button.dataset.name = name;
  button.setAttribute("aria-label", `${mark ? `${mark}: ` : ""}${textOf(side, alert, name)}`);
  button.addEventListener("click", () => {
    picked.set(side, name);
    showPictures(alert);
  });
  return button;
}

function textOf(side, alert, name) {
  const number = Number(name.split("-")[1] ?? 0);
  if (side === "gallery") {
    return number
      ? `Further watchlist picture ${number} of ${alert.subject_id}`
      : `Watchlist picture of ${alert.subject_id}`;
  }
  return number
    ? `Further shot ${number} of the face at camera ${alert.camera}`
    : `The face at camera ${alert.camera}`;
}

function knownWords(alert) {
  const all = 1 + alert.further_image_ids.length;
  if (all === 1) return "the only picture";
  const number = Number((picked.get("gallery") ?? "").split("-")[1] ?? 0);
  return `picture ${number + 1} of ${all}${number ? "" : ", best match"}`;
}

function shotsOf({ further_shots }) {
  return Array.from({ length: further_shots }, (_, i) => `shot-${i + 1}`);
}

function knownOf({ further_image_ids }) {
  return further_image_ids.map((_, i) => `gallery-${i + 1}`);
}
