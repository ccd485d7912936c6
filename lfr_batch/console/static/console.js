// The console: what is known, what is chosen, and who is told when it changes.

import { get, learnTime, post, serverNow, tokenOfLink } from "./api.js";
import { troubles } from "./banner.js";
import * as decision from "./decide.js";
import { showAge, showDetail } from "./detail.js";
import { byId, element, fill, setText } from "./dom.js";
import { clockOf, duration, WORDS } from "./format.js";
import { listenToKeys } from "./keys.js";
import { showStatus } from "./panels.js";
import { isOpen, newestFirst, painted, reveal, showAges, showQueue } from "./queue.js";
import { chime, toggleSound } from "./sound.js";
import { listen } from "./stream.js";

const MOST = 500;
const alerts = new Map();
const fresh = new Set();
let session, clock, link;
let status = null;
let heardStatus = Date.now();
let chosenId = null;
let limit = 100;
let loaded = false;
let saving = false;

const may = (what) => session.may.includes(what);
const chosen = () => alerts.get(chosenId);

function show() {
  if (!chosen() && alerts.size) chosenId = newestFirst(alerts)[0].alert_id;
  showQueue(alerts, chosenId, fresh, (id) => choose(id));
  if (chosen()) {
    showDetail(chosen(), clock);
    decision.showDecision(decision.draftOf(chosen()));
    byId("acknowledge").disabled = !isOpen(chosen()) || chosen().acknowledged !== null;
  }
  tick();
}

function tick() {
  const now = { server: serverNow(), local: Date.now() };
  const leftMs = Date.parse(session.deployment.ends_at) - now.server;
  const ends = clock.minuteInZone(session.deployment.ends_at);
  setText(byId("clock"), clock.timeInZone(now.server));
  setText(byId("window"), leftMs > 0 ? `ends ${ends}, in ${duration(leftMs)}` : `ended ${ends}`);
  showAges(alerts, now.server);
  if (chosen()) showAge(chosen(), now.server, clock);
  if (status) showStatus(status, now.server);
  const { deployment } = session;
  const found = troubles({ now, link, status, heardStatus, deployment, clock });
  fill(byId("banner"), found.map(({ level, text }) => element("p", { className: level }, text)));
  const open = [...alerts.values()].filter(isOpen).length;
  document.title = `${open ? `(${open}) ` : ""}${deployment.place}`;
}

function choose(id, focus = false) {
  chosenId = id;
  fresh.delete(id);
  say("");
  show();
  reveal(id, focus);
}

function take(alert, isNew) {
  const known = alerts.has(alert.alert_id);
  alerts.set(alert.alert_id, alert);
  if (alert.acknowledged || alert.review) fresh.delete(alert.alert_id);
  if (known || !isNew) return;
  // What an officer is at work on stays under their fingers.
  const busy = chosen() && (isOpen(chosen()) || byId("decision").contains(document.activeElement));
  if (!busy) chosenId = alert.alert_id;
  if (isOpen(alert)) fresh.add(alert.alert_id);
  const what = `Possible match with ${alert.subject_id} at camera ${alert.camera}`;
  setText(byId("announcer"), `${what}, score ${alert.score.toFixed(2)}. You decide.`);
  flash();
  chime();
}

function flash() {
  document.body.classList.remove("flash");
  requestAnimationFrame(() => document.body.classList.add("flash"));
}

// From capture until both pictures are on this screen, told to the server.
async function measure(alert) {
  if (document.hidden) return;
  await painted(alert.alert_id);
  const latency_ms = Math.max(0, serverNow() - Date.parse(alert.captured_at));
  await post(`/api/alerts/${alert.alert_id}/shown`, { latency_ms });
}

async function load() {
  const news = loaded;
  for (const alert of (await get(`/api/alerts?limit=${limit}`)).reverse()) {
    arrived(alert, news || Date.parse(alert.raised_at) > Date.parse(session.now));
  }
  status = status ?? (await get("/api/status"));
  loaded = true;
  byId("older").hidden = alerts.size < limit || limit === MOST;
  show();
}

function arrived(alert, isNew) {
  const known = alerts.has(alert.alert_id);
  take(alert, isNew);
  if (known || !isNew) return;
  show();
  measure(alert).catch(() => null);
}

const told = {
  opened: () => load().catch((error) => say(error.message)),
  alert: (alert) => {
    const before = alerts.get(alert.alert_id)?.review?.review_id;
    arrived(alert, true);
    show();
    const { review } = alert;
    const byOther = review && review.review_id !== before && review.reviewer !== session.name;
    if (byOther) say(`${review.reviewer} has decided about ${alert.subject_id}.`);
  },
  status: (sections) => {
    status = sections;
    heardStatus = Date.now();
    tick();
  },
  trouble: ({ text }) => {
    if (status) status.trouble = text;
  },
  beat: () => null,
};

const desk = {
  move(step) {
    const order = newestFirst(alerts);
    const at = order.findIndex((alert) => alert.alert_id === chosenId);
    const next = order[Math.min(order.length - 1, Math.max(0, at + step))];
    if (next) choose(next.alert_id, true);
  },
  async acknowledge() {
    if (byId("acknowledge").disabled || !chosen()) return;
    await attempt(() => post(`/api/alerts/${chosenId}/acknowledge`));
  },
  verdict: (verdict) => change((draft) => decision.pickVerdict(draft, verdict)),
  reason: (index) => change((draft) => decision.pickReason(draft, index)),
  outcome: (outcome) => change((draft) => decision.pickOutcome(draft, outcome)),
  write: () => byId("reason").focus(),
  help: () => byId("help").showModal(),
  async save() {
    if (!chosen() || !may("decide") || saving) return;
    const { alert_id } = chosen();
    const { order, missing } = decision.orderOf(decision.draftOf(chosen()));
    if (missing) {
      say(missing, true);
      return;
    }
    setSaving(true);
    await attempt(async () => {
      const review = await post(`/api/alerts/${alert_id}/reviews`, order);
      alerts.set(alert_id, { ...alerts.get(alert_id), review });
      byId("reason").blur();
      say(`Saved: ${WORDS[review.verdict]}.`);
    });
    setSaving(false);
    show();
  },
};

function setSaving(now) {
  saving = now;
  byId("save").disabled = now;
}

function change(how) {
  if (!chosen() || !may("decide")) return;
  how(decision.draftOf(chosen()));
  say("");
  show();
}

async function attempt(what) {
  try {
    await what();
  } catch (error) {
    say(`Not done: ${error.message}.`, true);
  }
}

// A word about what was just done; what went wrong stays until something else is done.
function say(text, isBad = false) {
  byId("said").className = isBad ? "bad" : "good";
  setText(byId("said"), text);
  if (text && !isBad) setTimeout(() => byId("said").textContent === text && say(""), 4000);
}

async function showDecisions() {
  const heads = ["Decided", "By", "Alert", "Decision", "Reason", "Outcome"];
  const rows = (await get("/api/reviews")).reverse().map((review) => [
    clock.timeInZone(review.decided_at),
    `${review.reviewer} (${review.role})`,
    alerts.get(review.alert_id)?.subject_id ?? review.alert_id,
    WORDS[review.verdict],
    review.reason,
    review.outcome ? WORDS[review.outcome] : "–",
  ]);
  const row = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
  byId("all-reviews").replaceChildren(row(heads, "th"), ...rows.map((cells) => row(cells, "td")));
  byId("decisions").showModal();
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
  on("reason", () => { if (chosen()) decision.draftOf(chosen()).text = byId("reason").value; }, "input");
  on("acknowledge", () => desk.acknowledge());
  on("older", () => { limit = Math.min(2 * limit, MOST); loaded = false; load(); });
  on("sound", () => toggleSound(byId("sound")));
  on("show-help", () => desk.help());
  on("show-decisions", () => attempt(showDecisions));
  on("logout", async () => { await attempt(() => post("/logout")); location.reload(); });
  listenToKeys(desk);
}

// What the role may not do is not offered; the server would refuse it in any case.
function fitRole() {
  byId("decision").hidden = !may("acknowledge");
  byId("decision").classList.toggle("undecided", !may("decide"));
  byId("only-reading").hidden = may("decide");
  setText(byId("only-reading"), may("acknowledge")
    ? "A reviewer decides about this alert."
    : "You are reading as auditor: nothing can be changed.");
}

// A link with another person's token changes who is logged in.
async function followLink() {
  const token = tokenOfLink();
  if (!token) return;
  await post("/login", { token });
  location.reload();
}

async function start() {
  addEventListener("hashchange", () => attempt(followLink));
  await followLink();
  session = await get("/api/session");
  clock = clockOf(session.deployment.zone);
  const { watchlist_size: people } = session.deployment;
  setText(byId("watching"), `${people} ${people === 1 ? "person is" : "people are"} looked for.`);
  fitRole();
  await learnTime();
  link = listen(told);
  wire();
  tick();
  setInterval(tick, 1000);
  setInterval(() => learnTime().catch(() => null), 60000);
}

start().catch((error) => say(error.message, true));
