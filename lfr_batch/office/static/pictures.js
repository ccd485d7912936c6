// What was found and who is enrolled, beside one another and as large as the screen allows.

import { byId, element, onClosed, refill, setText } from "/shared/dom.js";
import { enlarging } from "/shared/enlarge.js";
import { levelled } from "./level.js";
import { pathOf } from "./lists.js";
import { isStill, mediaWords } from "./words.js";

const picked = { shot: 1, known: 1 };
let detail = null;
let candidate = null;
let lens = null;
const lies = new Map(); // by id of the picture

export function wirePictures() {
  lens = enlarging(byId("both"), (scale) => {
    byId("smaller").disabled = scale <= 1;
    setText(byId("scale"), `${Math.round(100 * scale)} %`);
  }, ({ id }) => lies.get(id) ?? "");
  byId("smaller").addEventListener("click", () => lens.press("-"));
  byId("larger").addEventListener("click", () => lens.press("+"));
  byId("whole").addEventListener("click", () => lens.press("0"));
  byId("open-moment").addEventListener("click", openMoment);
  onClosed(byId("moment"), () => refill(byId("moment-seen")));
  for (const id of ["evidence", "enrolled"]) {
    byId(id).addEventListener("load", level);
    byId(id).addEventListener("error", () => { setText(byId(`of-${id}`), "this picture cannot be shown"); level(); });
  }
  new ResizeObserver(level).observe(byId("both"));
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
  for (const id of ["shots", "known"]) {
    refill(byId(id));
    delete byId(id).dataset.of;
  }
  lies.clear();
  if (byId("moment").open) byId("moment").close();
}

export function nextShot(step) {
  picked.shot = within(picked.shot + step, detail.shots.length);
  showShot();
}

export function nextKnown(step) {
  picked.known = within(picked.known + step, candidate?.pictures ?? 1);
  showKnown();
}

const within = (n, most) => Math.min(Math.max(1, most), Math.max(1, n));
const here = () => pathOf(detail.run_id, detail.sighting_id);

function showShot() {
  const { length } = detail.shots;
  const source = (n) => `${here()}/shots/${n}.jpg`;
  const words = length > 1 ? `, shot ${picked.shot} of ${length}` : "";
  showIn("evidence", length ? source(picked.shot) : null, `The face that was found${words}`, length ? shotWords(picked.shot) : "no picture was kept");
  showStrip("shots", length, picked.shot, source, (n) => `Shot ${shotWords(n)}`, (n) => { picked.shot = n; showShot(); }, momentOf);
}

// The first is the one that was compared best with; each has its moment in the footage.
function shotWords(n) {
  const { length } = detail.shots;
  const number = length > 1 ? [`${n} of ${length}${n === 1 ? ", the best" : ""}`] : [];
  return [...number, ...(isStill(detail) ? [] : [`at ${momentOf(n)}`])].join(", ");
}

const momentOf = (n) => isStill(detail) ? "" : mediaWords(detail.shots[n - 1].media_s);

function showKnown() {
  if (!candidate) return;
  const { pictures, rank, name } = candidate;
  const source = (n) => `${here()}/enrolled/${rank}/${n}.jpg`;
  const words = pictures ? `${rank} · ${name}${pictures > 1 ? `, picture ${picked.known} of ${pictures}` : ""}` : `${rank} · ${name}: the gallery's snapshot has no picture of this candidate`;
  showIn("enrolled", pictures ? source(picked.known) : null, `Enrolled picture ${picked.known} of candidate ${rank}`, words);
  showStrip("known", pictures, picked.known, source, (n) => `Enrolled picture ${n}`, (n) => { picked.known = n; showKnown(); });
}

function showIn(id, source, alt, words) {
  const image = byId(id);
  if (source === null) { image.removeAttribute("src"); level(); }
  else if (image.getAttribute("src") !== source) image.src = source;
  image.alt = alt;
  setText(byId(`of-${id}`), words);
}

// The eyes of both equally far apart, the faces at one height; a picture that is on its way is waited for.
function level() {
  if (!detail) return;
  const sides = { evidence: detail.shots[picked.shot - 1]?.face, enrolled: candidate?.faces[picked.known - 1] };
  const images = Object.keys(sides).map(byId);
  if (images.some((image) => image.hasAttribute("src") && !image.complete)) return;
  levelled(images.map((image) => viewOf(image, sides[image.id] ?? null))).forEach(({ scale, x, y }, i) => {
    lies.set(images[i].id, scale === 1 && !x && !y ? "" : `translate(${100 * x}%, ${100 * y}%) scale(${scale})`);
  });
  lens.again();
}

function viewOf(image, face) {
  const { clientWidth, clientHeight } = image.closest(".pane");
  return {
    face,
    picture: { width: image.naturalWidth, height: image.naturalHeight },
    pane: { width: clientWidth, height: clientHeight },
  };
}

// `mark`: what stands below a small picture.
function showStrip(id, n, chosen, source, words, choose, mark = () => "") {
  const row = byId(id);
  const of = `${source(1)} ${n}`;
  if (row.dataset.of !== of) {
    row.dataset.of = of;
    refill(row, ...(n > 1 ? Array.from({ length: n }, (_, i) => thumb(source(i + 1), words(i + 1), mark(i + 1), () => choose(i + 1))) : []));
  }
  [...row.children].forEach((each, i) => each.setAttribute("aria-pressed", String(i + 1 === chosen)));
}

function thumb(src, words, mark, act) {
  const image = element("img", { src, alt: "", loading: "lazy", width: 42, height: 42 });
  const button = element("button", { type: "button", className: "thumb" }, image, ...(mark ? [element("span", {}, mark)] : []));
  button.setAttribute("aria-label", words);
  button.addEventListener("click", act);
  return button;
}

export function openMoment() {
  if (!detail?.has_moment || byId("moment").open) return;
  const src = `${here()}/moment`;
  const seen = element("video", { src, controls: true, autoplay: true, loop: true, muted: true });
  seen.addEventListener("error", () => tellWhy(src));
  byId("moment-seen").replaceChildren(seen);
  byId("moment").showModal();
}

// A video says nothing of why it does not come; the server does.
async function tellWhy(src) {
  const answer = await fetch(src).catch(() => null);
  const said = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
  const words = said.error ?? "this browser cannot show it";
  byId("moment-seen").replaceChildren(element("p", { role: "alert" }, `Not shown: ${words}.`));
}
