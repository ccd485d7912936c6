// The console: what is known, what is chosen, and who is told when it changes.

import { get, learnTime, post, serverNow, stopAsking } from "./api.js";
import { announce } from "./announce.js";
import { keepAwake } from "./awake.js";
import { isDeaf, rememberOpened, showBanner, troubles } from "./banner.js";
import { announceBySound, forgetCalls, noteHeard, ringAgain } from "./bell.js";
import { askAnyway, isAtForm, showDecision, showSaving } from "./decide.js";
import { showAlso } from "./also.js";
import { showDecisions } from "./decisions.js";
import { showAge, showDetail } from "./detail.js";
import { byId, setText } from "./dom.js";
import * as drafts from "./draft.js";
import { close, forget, showElsewhere } from "./end.js";
import { fitRole, learnSession } from "./entry.js";
import { clockOf, WORDS } from "./format.js";
import { hideHearing, openHearing, showHearing, toggleMute } from "./hearing.js";
import { closeKept, keep as keepBegun, openKept } from "./kept.js";
import { listenToKeys } from "./keys.js";
import { followLink } from "./link.js";
import { measure } from "./measure.js";
import { showNothing } from "./nothing.js";
import { showStatus } from "./panels.js";
import { openPasses } from "./passes.js";
import { isOpen, newestFirst, reveal, showAges, showQueue } from "./queue.js";
import { attempt, itWorksAgain, say } from "./said.js";
import { listen } from "./stream.js";
import { showTitle, showTop } from "./top.js";
import { besideOf, isDoneSince, isSeen, LOOK_MS, newerWords, newestWaiting, viewOf } from "./view.js";
import { isDecidable } from "./volunteers.js";
import { isZoomed, openZoom, wireZoom } from "./zoom.js";

const MOST = 500;
const UNSEEN_MS = 60000;
const AGAIN_MS = 3000;
const alerts = new Map();
const fresh = new Set();
const heardOf = new Set();
const saving = new Set();
let session, clock, link;
let status = null;
let heardStatus = Date.now();
let chosenId = null;
let openedAt = -Infinity; // when somebody opened it on purpose
let movedAt = -Infinity; // when it came into view in place of another
let limit = 100;
let loaded = false;
let known = false; // whether this page has all alerts, since the connection is there
let failure = null; // why it could not load them
let loads = 0;
let ended = null, elsewhere = false;

const may = (what) => session.may.includes(what);
const chosen = () => alerts.get(chosenId);
const isSaving = () => saving.has(chosenId);

function show() {
  follow();
  keepBegun(drafts.begunDrafts());
  showQueue(alerts, chosenId, fresh, clock, (id) => choose(id));
  if (chosen()) {
    showDetail(chosen(), clock);
    showAlso(alerts, chosen(), clock, (id) => choose(id));
    showDecision(chosen(), isSaving());
    byId("acknowledge").disabled = !isOpen(chosen()) || chosen().acknowledged !== null;
  }
  showTime();
}

// Lets the alert that wants the view have it, unless the one that is there holds it.
function follow() {
  const openedMs = performance.now() - openedAt;
  const all = { alerts, chosen: chosen(), openedMs, isHalfMade: isHalfMade(), decides: may("decide") };
  const { shown, newer } = viewOf({ ...all, now: serverNow() });
  byId("newer").hidden = newer === 0;
  setText(byId("newer-words"), newerWords(newer));
  if (!shown || shown.alert_id === chosenId) return false;
  if (chosen()) movedAt = performance.now();
  chosenId = shown.alert_id;
  letGo();
  return true;
}

function tick() {
  if (follow()) show();
  else showTime();
}

// What changes by itself, from second to second.
function showTime() {
  const now = { server: serverNow(), local: Date.now() };
  const leftMs = showTop(now.server, session.deployment, clock, ended !== null);
  showAges(alerts, now.server);
  if (chosen()) showAge(chosen(), now.server, clock);
  const toldAt = clock.timeInZone(now.server - (now.local - heardStatus));
  const asOf = isDeaf({ now, link, heardStatus }) ? toldAt : null;
  if (status) showStatus(status, now.server, asOf, { clock, may });
  const { deployment } = session;
  const stopped = call();
  const all = { now, link, status, heardStatus, deployment, clock, ended, elsewhere, failure, known, stopped };
  showBanner(troubles(all));
  showNothing({ ...all, people: deployment.watchlist_size });
  showTitle(known && link.up ? [...alerts.values()].filter(isOpen).length : "?", deployment);
  if (!link.up) unlinked(now.local - link.since, leftMs);
}

// For whoever is beside this screen; how many alerts call no more, although nobody has seen them.
function call() {
  const isWatching = may("watch") && !ended && !elsewhere;
  keepAwake(isWatching);
  if (!isWatching) {
    hideHearing();
    return 0;
  }
  const { stopped, silent } = ringAgain(alerts, session.name);
  showHearing(session.name, silent);
  return stopped;
}

// Without a connection nobody can tell whether there is still a session, or a deployment.
function unlinked(forMs, leftMs) {
  if (ended || forMs < UNSEEN_MS) return;
  if (leftMs <= 0) told.end({ reason: "window" });
  else if (loaded) forgetAll();
}

function forgetAll() {
  alerts.clear();
  fresh.clear();
  loaded = known = false;
  forgetCalls();
  forget();
}

function choose(id, focus = false) {
  chosenId = id;
  hold();
  fresh.delete(id);
  say("");
  show();
  reveal(chosen(), focus);
}

const hold = () => { openedAt = performance.now(); };
const letGo = () => { openedAt = -Infinity; };

function keep(alert) {
  const before = alerts.get(alert.alert_id);
  if (before && before === chosen() && isDoneSince(before, alert)) letGo();
  alerts.set(alert.alert_id, alert);
}

function take(alert, isNews) {
  keep(alert);
  if (alert.acknowledged || alert.review) fresh.delete(alert.alert_id);
  if (!isNews) return;
  if (isOpen(alert)) fresh.add(alert.alert_id);
  announce(alert, may("decide"));
  if (may("watch") && !isSeen(alert)) announceBySound(alert, session.name);
}

// What an officer is at work on stays under their fingers, and before their eyes.
function isHalfMade() {
  if (isZoomed()) return true;
  if (!isDecidable(chosen()) || !may("decide")) return false;
  return drafts.isBegun(chosen()) || isSaving() || byId("anyway").open || isAtForm();
}

// A touch that was meant for the alert before must not fall on the one that came.
function isTooSoon() {
  const tooSoon = performance.now() - movedAt < LOOK_MS;
  if (tooSoon) say("A newer alert has just come: look first.");
  return tooSoon;
}

// Until it has worked, or there is something newer to load.
async function load() {
  const own = (loads += 1);
  known = false;
  try {
    await fetchAll();
    failure = null;
    known = true;
  } catch (error) {
    failure = error.message;
    setTimeout(() => own === loads && link.up && load(), AGAIN_MS);
  }
  show();
}

async function fetchAll() {
  const news = loaded;
  for (const alert of (await get(`/api/alerts?limit=${limit}`)).reverse()) {
    arrived(alert, news || Date.parse(alert.raised_at) > Date.parse(session.now));
  }
  status = status ?? (await get("/api/status"));
  loaded = true;
  takeUp();
  byId("older").hidden = alerts.size < limit || limit === MOST;
}

// After a reload: what was begun is before the officer again.
function takeUp() {
  const begun = drafts.firstRestored(newestFirst(alerts));
  if (!begun || !may("decide")) return;
  chosenId = begun.alert_id;
  say("What you had begun is still here, and not saved.");
}

function arrived(alert, isNew) {
  const isNews = isNew && !heardOf.has(alert.alert_id);
  heardOf.add(alert.alert_id);
  noteHeard(alert, isNews);
  take(alert, isNews);
  if (!isNews) return;
  itWorksAgain();
  show();
  if (may("watch")) measure(alert).catch(() => null);
}

const told = {
  opened: load,
  alert: (alert) => {
    const before = alerts.get(alert.alert_id)?.review?.review_id;
    arrived(alert, true);
    show();
    const { review } = alert;
    const byOther = review && review.review_id !== before && review.reviewer !== session.name;
    if (review?.review_id !== before) itWorksAgain();
    if (byOther) say(`${review.reviewer} has decided about ${alert.subject_id}.`);
  },
  status: (sections) => {
    status = sections;
    heardStatus = Date.now();
    tick();
  },
  trouble: ({ parts }) => {
    if (status) status.parts = parts;
    tick();
  },
  beat: () => null,
  end: (how) => {
    link.close();
    forgetAll();
    if (how.reason === "session") {
      location.reload();
      return;
    }
    if (how.reason === "elsewhere") {
      goElsewhere(true);
      return;
    }
    ended = how;
    drafts.dropAll();
    closeKept();
    close();
    tick();
  },
};

async function logOut() {
  closeKept();
  link.close();
  stopAsking();
  forgetAll();
  await attempt(() => post("/logout"));
  location.reload();
}

// Other pages of the same officer take its place: it does not fight them for it.
function goElsewhere(isElsewhere) {
  elsewhere = isElsewhere;
  showElsewhere(isElsewhere);
  if (!isElsewhere) link.again();
  tick();
}

const desk = {
  move(step) {
    const next = besideOf(newestFirst(alerts), chosenId, step);
    if (next) choose(next.alert_id, true);
  },
  newest() {
    const found = newestWaiting(newestFirst(alerts), may("decide"));
    if (!found || found.alert_id === chosenId) return;
    choose(found.alert_id);
    letGo();
  },
  async acknowledge() {
    if (byId("acknowledge").disabled || !chosen() || isTooSoon()) return;
    await attempt(() => post(`/api/alerts/${chosenId}/acknowledge`));
  },
  verdict: (verdict) => change((draft) => drafts.pickVerdict(draft, verdict)),
  reason: (index) => change((draft) => drafts.pickReason(draft, index)),
  outcome: (outcome) => change((draft) => drafts.pickOutcome(draft, outcome)),
  write: () => byId("reason").focus(),
  mute: () => { if (may("watch") && !ended) { toggleMute(session.name); tick(); } },
  hold,
  zoom: (what) => { if (chosen()) openZoom(chosen(), what); tick(); },
  help: () => ended || byId("help").showModal(),
  save() {
    if (!isDecidable(chosen()) || !may("decide") || isSaving()) return;
    const draft = drafts.draftOf(chosen());
    const missing = drafts.missingOf(draft);
    if (missing) say(missing, "bad");
    else if (drafts.decidedMeanwhile(chosen())) ask(chosen());
    else send(chosen(), draft, draft.seen);
  },
  drop() {
    if (!chosen() || isSaving()) return;
    drafts.drop(chosenId);
    say("");
    show();
  },
};

// Somebody else has decided: only a second, deliberate yes saves what was begun.
function ask(alert) {
  const draft = drafts.draftOf(alert);
  const other = drafts.decidedMeanwhile(alert);
  askAnyway(alert, other, clock, () => send(alert, draft, other));
}

async function send({ alert_id }, draft, seen) {
  let overtaken = false;
  saving.add(alert_id);
  show();
  await attempt(async () => {
    try {
      const order = drafts.orderOf(draft, seen);
      const review = await post(`/api/alerts/${alert_id}/reviews`, order);
      drafts.drop(alert_id);
      decided(alert_id, review);
      if (byId("decision").contains(document.activeElement)) document.activeElement.blur();
      say(`Saved: ${WORDS[review.verdict]}.`);
    } catch (error) {
      if (!error.review) throw error;
      overtaken = decided(alert_id, error.review);
    }
  });
  saving.delete(alert_id);
  show();
  if (overtaken && chosenId === alert_id) ask(chosen());
}

// What was decided about an alert, unless the events have told of something later already.
function decided(alert_id, review) {
  const alert = alerts.get(alert_id);
  if (!alert) return false;
  const isLater = alert.review && Date.parse(alert.review.decided_at) > Date.parse(review.decided_at);
  if (!isLater) keep({ ...alert, review });
  return true;
}

function change(how) {
  if (!isDecidable(chosen()) || !may("decide") || isSaving() || isTooSoon()) return;
  how(drafts.draftOf(chosen()));
  say("");
  show();
}

function write() {
  if (!chosen()) return;
  drafts.draftOf(chosen()).text = byId("reason").value;
  keepBegun(drafts.begunDrafts());
  showSaving(chosen(), isSaving());
}

function wire() {
  const on = (id, act, kind = "click") => byId(id)?.addEventListener(kind, act);
  byId("decision").addEventListener("click", (event) => {
    const { verdict, reason, outcome } = event.target.closest(".choice")?.dataset ?? {};
    if (verdict) desk.verdict(verdict);
    if (reason) desk.reason(Number(reason));
    if (outcome) desk.outcome(outcome);
  });
  on("decision", (event) => { event.preventDefault(); desk.save(); }, "submit");
  on("reason", write, "input");
  on("drop", () => desk.drop());
  on("acknowledge", () => desk.acknowledge());
  on("newer", () => desk.newest());
  on("pair", hold, "pointerdown");
  wireZoom(desk);
  on("older", () => { limit = Math.min(2 * limit, MOST); loaded = false; load(); });
  on("here", () => goElsewhere(false));
  on("show-help", () => desk.help());
  on("show-decisions", () => attempt(() => showDecisions(alerts, clock)));
  on("logout", logOut);
  openHearing(session.name, may("watch"), tick);
  openPasses(clock, session.name);
  rememberOpened();
  listenToKeys(desk);
}

async function start() {
  addEventListener("hashchange", () => attempt(followLink));
  await attempt(followLink);
  session = await learnSession();
  clock = clockOf(session.deployment.zone);
  fitRole(may, session.deployment);
  drafts.restore(openKept(session.name, session.deployment.id));
  link = listen(told);
  wire();
  tick();
  setInterval(tick, 1000);
  setInterval(() => ended || learnTime().catch(() => null), 60000);
}

start().catch((error) => say(error.message, "bad"));
