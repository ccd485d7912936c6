// Both pictures, or the whole scene, as large as the screen; enlarged and moved together.

import { byId, element, setText } from "./dom.js";
import { ago } from "./format.js";
import { moved, scaled, spanOf, WHOLE } from "./lens.js";
import { headingWords } from "./people.js";
import { pictureOf } from "./pictures.js";

const STEP = 1.5;
const MOVE = 0.15;
const SCENE_WORDS = "Everyone else is hidden.";
const fingers = new Map();
let lens = WHOLE;
let shown = null;

export const isZoomed = () => byId("zoom").open;

// `what`: "pair" or "scene".
export function openZoom(alert, what) {
  if (what === "scene" && !alert.has_scene) return;
  shown = { alert, what };
  lens = WHOLE;
  fingers.clear();
  byId("zoom").dataset.what = what;
  byId("panes").replaceChildren(...sourcesOf(alert, what).map(paneOf));
  byId("zoom-scene").hidden = !alert.has_scene;
  setText(byId("zoom-scene-words"), what === "scene" ? "Faces" : "Scene");
  show();
  if (!isZoomed()) byId("zoom").showModal();
}

export function clearZoom() {
  byId("panes").replaceChildren();
  setText(byId("zoom-of"), "");
  setText(byId("zoom-title"), "");
  shown = null;
}

// Camera and age stay in sight, what waits meanwhile, and what is wrong.
export function showZoomAge(now, clock) {
  if (!shown) return;
  const { alert, what } = shown;
  const taken = Date.parse(alert.captured_at);
  const walks = headingWords(alert);
  const words = [clock.timeInZone(taken), ago(now - taken), ...(walks ? [walks] : [])];
  setText(byId("zoom-title"), `Camera ${alert.camera} · ${alert.subject_id}?`);
  setText(byId("zoom-of"), `${words.join(", ")}. ${what === "scene" ? SCENE_WORDS : ""}`);
  byId("zoom-newer").hidden = byId("newer").hidden;
  setText(byId("zoom-newer"), byId("newer-words").textContent);
  setText(byId("zoom-trouble"), troubleWords());
}

// What is wrong stands behind the zoom, where nobody sees it.
function troubleWords() {
  const lines = document.querySelectorAll("#banner > p, #banner summary");
  return [...lines].map((each) => each.textContent).join(" ");
}

export function wireZoom(desk) {
  const on = (id, act) => byId(id).addEventListener("click", act);
  for (const id of ["best-shot", "gallery", "open-zoom"]) on(id, () => desk.zoom("pair"));
  on("open-scene", () => desk.zoom("scene"));
  on("zoom-in", () => change(scaled(lens, STEP)));
  on("zoom-out", () => change(scaled(lens, 1 / STEP)));
  on("zoom-scene", turn);
  on("zoom-newer", () => { byId("zoom").close(); desk.newest(); });
  byId("zoom").addEventListener("close", () => { clearZoom(); desk.hold(); });
  byId("zoom").addEventListener("keydown", press);
  const panes = byId("panes");
  panes.addEventListener("pointerdown", down);
  panes.addEventListener("pointermove", drag);
  for (const kind of ["pointerup", "pointercancel"]) panes.addEventListener(kind, up);
  panes.addEventListener("wheel", wheel, { passive: false });
}

const KEYS = {
  "+": () => scaled(lens, STEP),
  "=": () => scaled(lens, STEP),
  "-": () => scaled(lens, 1 / STEP),
  0: () => WHOLE,
  ArrowLeft: () => moved(lens, MOVE, 0),
  ArrowRight: () => moved(lens, -MOVE, 0),
  ArrowUp: () => moved(lens, 0, MOVE),
  ArrowDown: () => moved(lens, 0, -MOVE),
};

function press(event) {
  if (!isZoomed() || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (KEYS[key]) change(KEYS[key]());
  else if (key === "z") byId("zoom").close();
  else if (key === "s") turn();
  else if (key === "n" && !byId("zoom-newer").hidden) byId("zoom-newer").click();
  else return;
  event.preventDefault();
}

function turn() {
  if (shown) openZoom(shown.alert, shown.what === "scene" ? "pair" : "scene");
}

function sourcesOf(alert, what) {
  if (what === "scene") return [{ src: pictureOf(alert, "scene"), alt: sceneText(alert) }];
  return ["best-shot", "gallery"].map(byId).map(({ src, alt }) => ({ src, alt }));
}

const sceneText = (alert) =>
  `The scene at camera ${alert.camera}, everyone else hidden${headingWords(alert) ? `; the person ${headingWords(alert)}` : ""}`;

const paneOf = (source) => element("div", { className: "pane" }, element("img", { ...source, draggable: false }));

function change(next) {
  lens = next;
  show();
}

function show() {
  const { scale, x, y } = lens;
  for (const image of byId("panes").querySelectorAll("img")) {
    image.style.transform = `translate(${100 * x}%, ${100 * y}%) scale(${scale})`;
  }
  byId("zoom-out").disabled = scale <= 1;
  setText(byId("zoom-scale"), `${Math.round(100 * scale)} %`);
}

// From the middle of the pane it is on, in its widths and heights.
function placeIn(pane, { x, y }) {
  const box = pane.getBoundingClientRect();
  return { x: (x - box.x) / box.width - 0.5, y: (y - box.y) / box.height - 0.5 };
}

function down(event) {
  const pane = event.target.closest(".pane");
  if (!pane) return;
  pane.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, pane });
}

function drag(event) {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const was = [...fingers.values()];
  const { pane } = before;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, pane });
  const box = pane.getBoundingClientRect();
  if (fingers.size === 1) {
    change(moved(lens, (event.clientX - before.x) / box.width, (event.clientY - before.y) / box.height));
    return;
  }
  const [from, to] = [spanOf(was), spanOf([...fingers.values()])];
  const along = moved(lens, (to.x - from.x) / box.width, (to.y - from.y) / box.height);
  change(scaled(along, to.px / Math.max(from.px, 1), placeIn(pane, to)));
}

const up = (event) => fingers.delete(event.pointerId);

function wheel(event) {
  const pane = event.target.closest(".pane");
  if (!pane) return;
  event.preventDefault();
  const by = event.deltaY < 0 ? STEP : 1 / STEP;
  change(scaled(lens, by, placeIn(pane, { x: event.clientX, y: event.clientY })));
}
