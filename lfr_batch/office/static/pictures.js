// What was found and who is enrolled, beside one another and as large as the screen allows.

import { byId, element, setText } from "/shared/dom.js";
import { enlarging } from "/shared/enlarge.js";
import { pathOf } from "./lists.js";
import { isStill } from "./words.js";

const picked = { shot: 1, known: 1 };
let detail = null;
let candidate = null;
let lens = null;

export function wirePictures() {
  lens = enlarging(byId("both"), (scale) => {
    byId("smaller").disabled = scale <= 1;
    setText(byId("scale"), `${Math.round(100 * scale)} %`);
  });
  byId("smaller").addEventListener("click", () => lens.press("-"));
  byId("larger").addEventListener("click", () => lens.press("+"));
  byId("whole").addEventListener("click", () => lens.press("0"));
  byId("open-moment").addEventListener("click", openMoment);
  byId("moment").addEventListener("close", clearMoment);
  for (const id of ["evidence", "enrolled"]) {
    byId(id).addEventListener("error", () => setText(byId(`of-${id}`), "this picture cannot be shown"));
  }
}

export const pressLens = (key) => lens.press(key);

export function showPictures(shown) {
  Object.assign(picked, { shot: 1, known: 1 });
  detail = shown;
  byId("open-moment").hidden = !detail.has_moment;
  lens.reset();
  showShot();
}

export function showEnrolledOf(shown) {
  if (candidate !== shown) picked.known = 1;
  candidate = shown;
  showKnown();
}

// Nothing of a sighting stays when it is left.
export function clearPictures() {
  detail = null;
  candidate = null;
  for (const id of ["evidence", "enrolled"]) {
    byId(id).removeAttribute("src");
    byId(id).alt = "";
    setText(byId(`of-${id}`), "");
  }
  for (const id of ["shots", "known"]) byId(id).replaceChildren();
  if (byId("moment").open) byId("moment").close();
}

export function nextShot(step) {
  picked.shot = within(picked.shot + step, detail.shots);
  showShot();
}

export function nextKnown(step) {
  picked.known = within(picked.known + step, candidate?.pictures ?? 1);
  showKnown();
}

const within = (n, most) => Math.min(Math.max(1, most), Math.max(1, n));
const here = () => pathOf(detail.run_id, detail.sighting_id);

function showShot() {
  const { shots } = detail;
  const words = shots ? `shot ${picked.shot} of ${shots}` : "no picture was kept";
  showIn("evidence", shots ? `${here()}/shots/${picked.shot}.jpg` : null, "The face that was found", shots > 1 || !shots ? words : "");
  showStrip("shots", shots, picked.shot, (n) => `${here()}/shots/${n}.jpg`, "Shot", (n) => { picked.shot = n; showShot(); });
}

function showKnown() {
  if (!candidate) return;
  const { pictures, rank, name } = candidate;
  const source = (n) => `${here()}/enrolled/${rank}/${n}.jpg`;
  const words = pictures ? `${rank} · ${name}${pictures > 1 ? `, picture ${picked.known} of ${pictures}` : ""}` : `${rank} · ${name}: the gallery's snapshot has no picture of this candidate`;
  showIn("enrolled", pictures ? source(picked.known) : null, `Enrolled picture ${picked.known} of candidate ${rank}`, words);
  showStrip("known", pictures, picked.known, source, "Enrolled picture", (n) => { picked.known = n; showKnown(); });
}

function showIn(id, source, alt, words) {
  const image = byId(id);
  if (source === null) image.removeAttribute("src");
  else if (image.getAttribute("src") !== source) image.src = source;
  image.alt = alt;
  setText(byId(`of-${id}`), words);
}

function showStrip(id, n, chosen, source, words, choose) {
  const row = byId(id);
  const of = `${source(1)} ${n}`;
  if (row.dataset.of !== of) {
    row.dataset.of = of;
    row.replaceChildren(...(n > 1 ? Array.from({ length: n }, (_, i) => thumb(source(i + 1), `${words} ${i + 1}`, () => choose(i + 1))) : []));
  }
  [...row.children].forEach((each, i) => each.setAttribute("aria-pressed", String(i + 1 === chosen)));
}

function thumb(src, words, act) {
  const button = element("button", { type: "button", className: "thumb" }, element("img", { src, alt: "", loading: "lazy", width: 42, height: 42 }));
  button.setAttribute("aria-label", words);
  button.addEventListener("click", act);
  return button;
}

export function openMoment() {
  if (!detail?.has_moment || byId("moment").open) return;
  const src = `${here()}/moment`;
  const seen = isStill(detail)
    ? element("img", { src, alt: "The moment, everybody else made unrecognisable" })
    : element("video", { src, controls: true, autoplay: true, loop: true, muted: true });
  seen.addEventListener("error", () => tellWhy(src));
  byId("moment-seen").replaceChildren(seen);
  byId("moment").showModal();
}

// A picture or video says nothing of why it does not come; the server does.
async function tellWhy(src) {
  const answer = await fetch(src).catch(() => null);
  const said = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
  const words = said.error ?? "this browser cannot show it";
  byId("moment-seen").replaceChildren(element("p", { role: "alert" }, `Not shown: ${words}.`));
}

function clearMoment() {
  const seen = byId("moment-seen");
  seen.querySelector("video")?.removeAttribute("src");
  seen.querySelector("video")?.load();
  seen.replaceChildren();
}
