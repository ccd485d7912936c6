// The page while cameras are aimed: a still of each without faces, what to do about it, and Begin.

import { post } from "./api.js";
import { byId, element, fill, refill, setText } from "./dom.js";
import { attempt } from "./said.js";

const FACE_HEIGHT = 1.3; // of its width
const shown = new Map(); // by camera: its figure, and of when its still is
let isWired = false;

// `status.aiming`: null once people are looked for; nothing of the stills stays then.
export function showAiming({ aiming, cameras }, { now, clock, isPast }, may) {
  wireOnce();
  document.body.classList.toggle("is-aimed", aiming !== null);
  byId("aiming").hidden = aiming === null;
  if (aiming === null) {
    forgetStills();
    if (byId("begin-sure").open) byId("begin-sure").close();
    return;
  }
  const early = now < Date.parse(aiming.from);
  byId("begin").hidden = !may("acknowledge");
  byId("begin").disabled = early || isPast;
  const from = `It can begin at ${clock.minuteInZone(aiming.from)}, when the window does.`;
  setText(byId("begin-from"), early ? from : "");
  const dark = cameras.filter(({ state }) => state !== "live").map(({ camera }) => camera);
  setText(byId("begin-dark"), darkWords(dark));
  for (const { camera } of cameras) showCamera(camera, aiming.cameras[camera], may("watch"));
}

const darkWords = (names) =>
  names.length ? `No pictures come from ${names.join(", ")}: nobody is looked for there until they do.` : "";

function showCamera(name, aim, maySee) {
  const made = shown.get(name) ?? begun(name);
  made.figure.classList.toggle("unseen-yet", !aim);
  fill(made.words, (aim ? aim.words : ["No picture of it yet."]).map((each) => element("p", {}, each)));
  if (!aim || !maySee || document.hidden || aim.at === made.at) return;
  made.at = aim.at;
  made.still.src = `/api/cameras/${encodeURIComponent(name)}/preview.jpg?at=${encodeURIComponent(aim.at)}`;
  const [width, height] = aim.frame_wh;
  made.least.style.width = `${(100 * aim.least_px) / width}%`;
  made.least.style.height = `${(100 * FACE_HEIGHT * aim.least_px) / height}%`;
  made.still.alt = `What camera ${name} shows, faces hidden`;
}

function begun(name) {
  const still = element("img", { alt: "" });
  const least = element("i", { className: "least" });
  const words = element("div", { className: "aim-words" });
  const place = element("div", { className: "still" }, still, least);
  const figure = element("figure", {}, element("figcaption", {}, name), place, words);
  byId("stills").append(figure);
  const made = { figure, still, least, words, at: null };
  shown.set(name, made);
  return made;
}

function forgetStills() {
  if (!shown.size) return;
  shown.clear();
  refill(byId("stills"));
}

function wireOnce() {
  if (isWired) return;
  isWired = true;
  byId("begin").addEventListener("click", () => byId("begin-sure").showModal());
  byId("begin-yes").addEventListener("click", () => {
    byId("begin-sure").close();
    attempt(() => post("/api/watching"));
  });
  byId("cameras").addEventListener("click", (event) => {
    const { again } = event.target.closest("button")?.dataset ?? {};
    if (again) attempt(() => post(`/api/cameras/${encodeURIComponent(again)}/try-again`));
  });
}
