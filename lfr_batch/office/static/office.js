// The office's page: runs, the queue of one, a sighting of it. What is shown is what the server
// tells this person; nothing stays when they log out.

import { get, post, stopAsking } from "/shared/api.js";
import { byId, refill, setText } from "/shared/dom.js";
import { followLink } from "/shared/link.js";
import { attempt, say } from "/shared/said.js";
import { wireForms } from "./case_dialog.js";
import { askAuthorisation, backToCases, countCases, forgetCases, newCase, openCases, reopenCases, wireCases } from "./cases.js";
import { enterForm, stateComponent, submit, wireForm, writeReason } from "./comparison.js";
import { closeDrafts, dropDraft, openDrafts } from "./drafts.js";
import { wireEvidence } from "./evidence.js";
import { listenToKeys } from "./keyboard.js";
import { FILTERS, PAGE, focusEntry, moveIn, pathOf, showCases, showFilters, showQueue, showRunHead, showRuns } from "./lists.js";
import { nextKnown, nextShot, openMoment, pressLens, wirePictures } from "./pictures.js";
import { clearSighting, compare, showSighting } from "./sighting.js";
import { opened } from "./why.js";

const { name: NAME, may: MAY, run: ONLY_RUN } = document.body.dataset;
const mays = new Set(MAY.split(" "));
const SCREENS = ["runs", "run", "sighting", "cases", "case"];
let tables = null;
let runs = [];
let whole = null; // {run, sightings}: the run that is open
let shown = []; // its sightings that the filter lets through
let current = null; // the sighting that is open
let screen = null;
let ofCase = "";
let filter = "mine";
let isSaving = false;
let asked = 0; // which opening is the last that was asked for

function show(next, title) {
  screen = next;
  byId("loading").hidden = true;
  for (const each of SCREENS) byId(`${each}-screen`).hidden = each !== next;
  if (next !== "sighting") clearSighting();
  if (byId("open-pack")) byId("open-pack").hidden = next !== "run" && next !== "sighting";
  markPart();
  document.title = `${title} – Review`;
}

const isOfCases = () => screen === "cases" || screen === "case";

function markPart() {
  for (const [id, isHere] of [["to-reviews", !isOfCases()], ["to-cases", isOfCases()]]) {
    if (isHere) byId(id)?.setAttribute("aria-current", "page");
    else byId(id)?.removeAttribute("aria-current");
  }
}

// The address names nothing; where one was, the entry of the history knows, for this person alone.
function remember(place, isSame) {
  const state = { name: NAME, ...place };
  if (isSame) history.replaceState(state, "", "/");
  else history.pushState(state, "", "/");
}

// What is asked for first and answered last is not shown.
async function latest(what) {
  asked += 1;
  const mine = asked;
  const answer = await what();
  return mine === asked ? answer : null;
}

async function openRuns({ isSame = false, at = null } = {}) {
  const found = await latest(() => get("/api/runs"));
  if (!found) return;
  runs = found;
  remember({}, isSame);
  show("runs", "Runs");
  showCases(runs, ofCase);
  ofCase = byId("of-case").value;
  showRuns(runs, ofCase, (run) => attempt(() => openRun(run)));
  if (!focusEntry("runs", "run", at)) byId("runs-title").focus();
  if (!isSame) countCases();
}

async function openRun(run, { isSame = false, at = null, keepFilter = false } = {}) {
  const found = await latest(() => learnRun(run));
  if (!found) return;
  take(found);
  if (!keepFilter) filter = whole.sightings.some(FILTERS.mine[1]) ? "mine" : "all";
  remember({ run }, isSame);
  show("run", "Queue");
  byId("to-runs").hidden = Boolean(ONLY_RUN);
  showRunHead(whole.run);
  list(at);
  if (!focusEntry("queue", "sighting", at)) byId("run-title").focus();
}

const learnRun = (run) => opened(run, () => get(`/api/runs/${encodeURIComponent(run)}`));

function take(found) {
  whole = found;
  shown = whole.sightings.filter(FILTERS[filter][1]);
}

function list(at) {
  shown = whole.sightings.filter(FILTERS[filter][1]);
  showFilters(whole.sightings, filter);
  setText(byId("no-sightings"), emptyWords());
  page(shown.findIndex((each) => each.sighting_id === at));
}

function emptyWords() {
  if (!whole.sightings.length) return "No face in what was searched reached the threshold.";
  return filter === "mine" ? "Nothing in this run waits for you." : "None of them.";
}

let top = 0; // the entry whose page of the queue is shown
function page(at) {
  top = Math.max(0, at);
  showQueue(shown, top, (id) => attempt(() => openSighting(whole.run.run_id, id)));
}

function turnPage(step) {
  page(PAGE * (Math.floor(top / PAGE) + step));
  const entries = [...byId("queue").querySelectorAll(".entry")];
  entries.at(step < 0 ? -1 : 0)?.focus();
}

async function openSighting(run, sighting, { isSame = false } = {}) {
  const found = await latest(async () => {
    const of = whole?.run.run_id === run ? whole : await learnRun(run);
    return { of, detail: await get(pathOf(run, sighting)) };
  });
  if (!found) return;
  if (found.of !== whole) take(found.of);
  remember({ run, sighting }, isSame);
  display(found.detail);
  byId("sighting-title").focus();
}

function display(detail) {
  current = detail;
  if (detail.decided_by_me) dropDraft(detail.run_id, detail.sighting_id);
  show("sighting", "Sighting");
  const at = whole.sightings.findIndex(isCurrent);
  setText(byId("sighting-title"), `Sighting ${at + 1} of ${whole.sightings.length}`);
  showSighting(whole.run, detail, tables, { save, note: mays.has("outcome") ? note : null });
  byId("waiting").hidden = !mays.has("examine");
}

const isCurrent = (each) => each.sighting_id === current.sighting_id;
const here = () => pathOf(current.run_id, current.sighting_id);

// `missing`: what the form lacks, in words. Sent again, as after an answer that was lost, it is
// the same decision: the server knows it by its id.
async function save(missing, order) {
  if (missing) return say(`Not saved: ${missing}.`, "bad");
  await sent(async () => {
    const detail = await post(`${here()}/decisions`, order);
    await afterwards(detail);
    byId("revealed-title").focus();
    say(wordsAfter(detail, order));
  });
}

async function note(missing, order) {
  if (missing) return say(`Not noted: ${missing}.`, "bad");
  await sent(async () => {
    await afterwards(await post(`${here()}/outcomes`, order));
    byId("outcome-title").focus();
    say("The outcome is noted.");
  });
}

// One at a time; of a refusal the page stays as it is, and nothing of what was stated is lost.
async function sent(what) {
  if (isSaving) return;
  isSaving = true;
  for (const id of ["save", "save-outcome"]) if (byId(id)) byId(id).disabled = true;
  const isDone = await attempt(what);
  isSaving = false;
  for (const id of ["save", "save-outcome"]) if (byId(id)) byId(id).disabled = false;
  if (!isDone) byId("save")?.focus();
}

async function afterwards(detail) {
  if (current?.sighting_id !== detail.sighting_id) return;
  dropDraft(detail.run_id, detail.sighting_id);
  display(detail);
  whole = await learnRun(detail.run_id).catch(() => whole);
}

function wordsAfter(detail, order) {
  const mine = detail.decisions.find((each) => each.examiner === NAME);
  const isAsSent = !mine || ["subject_id", "conclusion"].every((field) => mine[field] === order[field]);
  if (!isAsSent) return "It had been saved already, as it was sent first: that is your decision.";
  return detail.course === "second" || detail.course === "third"
    ? "Saved. It waits for another person." : "Saved. The sighting is decided.";
}

function step(by) {
  const order = shown.some(isCurrent) ? shown : whole.sightings;
  const next = order[order.findIndex(isCurrent) + by];
  if (next) attempt(() => openSighting(next.run_id, next.sighting_id));
  else say(by > 0 ? "This is the last one." : "This is the first one.");
}

function waiting() {
  const { sightings } = whole;
  const at = current && screen === "sighting" ? sightings.findIndex(isCurrent) : -1;
  const order = [...sightings.slice(at + 1), ...sightings.slice(0, Math.max(0, at))];
  const next = order.find((each) => each.for_me);
  if (next) attempt(() => openSighting(next.run_id, next.sighting_id));
  else say("Nothing else in this run waits for you.");
}

function up() {
  if (screen === "sighting") {
    const at = current.sighting_id;
    attempt(() => openRun(whole.run.run_id, { at, keepFilter: true }));
  } else if (screen === "case") attempt(backToCases);
  else if (screen === "run" && !ONLY_RUN) attempt(() => openRuns({ at: whole.run.run_id }));
}

const desk = {
  screen: () => screen,
  move(by) {
    const isMoved = moveIn(screen === "run" ? "queue" : screen, by);
    const turn = byId(by > 0 ? "page-after" : "page-before");
    if (!isMoved && screen === "run" && !byId("pages").hidden && !turn.disabled) turnPage(by);
  },
  step,
  waiting,
  up,
  filter: () => byId(screen === "runs" ? "of-case" : "showing").focus(),
  compare,
  lens: pressLens,
  known: nextKnown,
  shot: nextShot,
  moment: openMoment,
  state: stateComponent,
  form: enterForm,
  write: writeReason,
  outcome: () => byId("note-outcome").querySelector("input")?.focus(),
  save() {
    const outcome = byId("note-outcome");
    if (outcome.contains(document.activeElement)) outcome.requestSubmit();
    else submit();
  },
  turn() {
    if (!ONLY_RUN) attempt(() => isOfCases() ? openRuns() : openCases());
  },
  newCase,
  ask: askAuthorisation,
  help: () => byId("help").showModal(),
};

// Other pages of this browser are the same person's: they go, too.
const others = new BroadcastChannel("lfr.office");

async function logOut() {
  closeDrafts();
  forget();
  await attempt(() => post("/logout"));
  others.postMessage("out");
  history.replaceState(null, "", "/");
  location.reload();
}

function forget() {
  stopAsking();
  clearSighting();
  forgetCases();
  runs = [];
  whole = null;
  shown = [];
  current = null;
  refill(byId("screen"));
}

function wire() {
  const on = (id, act) => byId(id).addEventListener("click", act);
  on("show-help", desk.help);
  on("logout", logOut);
  on("to-runs", up);
  on("to-run", up);
  on("before", () => step(-1));
  on("after", () => step(1));
  on("waiting", waiting);
  on("page-before", () => turnPage(-1));
  on("page-after", () => turnPage(1));
  byId("of-case").addEventListener("change", () => {
    ofCase = byId("of-case").value;
    showRuns(runs, ofCase, (run) => attempt(() => openRun(run)));
  });
  byId("showing").addEventListener("change", () => {
    filter = byId("showing").value;
    list(null);
  });
  addEventListener("popstate", () => attempt(() => reopen(history.state)));
  addEventListener("hashchange", () => attempt(followLink));
  others.addEventListener("message", () => { forget(); location.reload(); });
  wireForm();
  wirePictures();
  wireForms();
  wireCases({ name: NAME, mays, isAlone: Boolean(ONLY_RUN), latest, show, remember, reviews: () => attempt(openRuns) });
  wireEvidence(() => {
    if (!whole || (screen !== "run" && screen !== "sighting")) return null;
    const sighting = screen === "sighting" ? current.sighting_id : null;
    return { run: whole.run.run_id, sighting, isEmpty: !whole.sightings.length };
  });
  listenToKeys(desk);
}

// Where this person was before a reload, or a step back.
async function reopen(state) {
  const place = state?.name === NAME ? state : {};
  if (place.part && !ONLY_RUN) await reopenCases(place);
  else if (place.sighting) await openSighting(place.run, place.sighting, { isSame: true });
  else if (ONLY_RUN || place.run) await openRun(ONLY_RUN ?? place.run, { isSame: true });
  else await openRuns({ isSame: true });
}

async function start() {
  await attempt(followLink);
  openDrafts(NAME);
  wire();
  tables = await get("/api/form");
  await reopen(history.state).catch(async (error) => {
    if (!history.state?.run && !history.state?.part) throw error;
    await reopen(null); // it is gone, or not for this person
    say(`Not opened: ${error.message}.`, "bad");
  });
}

attempt(start).then((isDone) => {
  if (!isDone) setText(byId("loading"), "This page could not be loaded.");
});
