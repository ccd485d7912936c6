// Both pictures, or the whole scene, as large as the screen; enlarged and moved together.

import { byId, element, onClosed, refill, setText } from "./dom.js";
import { enlarging } from "./enlarge.js";
import { ago } from "./format.js";
import { headingWords } from "./people.js";
import { pictureOf } from "./pictures.js";

const SCENE_WORDS = "Everyone else is hidden.";
let lens = null; // once it is wired
let shown = null;

export const isZoomed = () => byId("zoom").open;

// `what`: "pair" or "scene".
export function openZoom(alert, what) {
  if (what === "scene" && !alert.has_scene) return;
  shown = { alert, what };
  byId("zoom").dataset.what = what;
  refill(byId("panes"), ...sourcesOf(alert, what).map(paneOf));
  byId("zoom-scene").hidden = !alert.has_scene;
  setText(byId("zoom-scene-words"), what === "scene" ? "Faces" : "Scene");
  lens.reset();
  if (!isZoomed()) byId("zoom").showModal();
}

export function clearZoom() {
  refill(byId("panes"));
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
  on("zoom-in", () => lens.press("+"));
  on("zoom-out", () => lens.press("-"));
  on("zoom-scene", turn);
  on("zoom-newer", () => { byId("zoom").close(); desk.newest(); });
  onClosed(byId("zoom"), () => { clearZoom(); desk.hold(); });
  byId("zoom").addEventListener("keydown", press);
  lens = enlarging(byId("panes"), showScale);
}

function press(event) {
  if (!isZoomed() || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLens = lens.press(key);
  if (key === "z") byId("zoom").close();
  else if (key === "s") turn();
  else if (key === "n" && !byId("zoom-newer").hidden) byId("zoom-newer").click();
  else if (!isLens) return;
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

function showScale(scale) {
  byId("zoom-out").disabled = scale <= 1;
  setText(byId("zoom-scale"), `${Math.round(100 * scale)} %`);
}
