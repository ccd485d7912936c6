// The second part of the page: cases, and what was authorised for them. What may be done is shown
// to whoever may do it; the server decides.

import { get } from "/shared/api.js";
import { byId, element, setText } from "/shared/dom.js";
import { attempt, say } from "/shared/said.js";
import { closeOrder, showForm } from "./case_dialog.js";
import { changeForm, closeForm, grantForm, newCaseForm, refuseForm, requestForm } from "./case_forms.js";
import { askedInOrder, commandOf, inOrder, isOfUse, keptWords, seenWords, standingOf, timeWords, waitingIn } from "./case_words.js";
import { focusEntry } from "./lists.js";
import { momentWords } from "./words.js";

let page = null; // {name, mays, latest, show, remember} of the page around it
let known = null; // {cases, policy, nowMs}
let current = null; // the reference of the case that is open

// `page.isAlone`: one run is shown only, and no cases.
export function wireCases(around) {
  page = around;
  if (page.isAlone) return;
  byId("to-reviews").addEventListener("click", page.reviews);
  byId("to-cases").addEventListener("click", () => attempt(openCases));
  byId("back-to-cases").addEventListener("click", () => attempt(backToCases));
  byId("new-case").addEventListener("click", newCase);
  byId("ask-authorisation").addEventListener("click", askAuthorisation);
  byId("change-case").addEventListener("click", () => form(changeForm(caseOf(current), page.name)));
  byId("close-case").addEventListener("click", () => form(closeForm(caseOf(current))));
  byId("reopen-case").addEventListener("click", () => form(newCaseForm(known.policy, page.name, caseOf(current))));
  countCases();
}

// Beside the word Cases; where it cannot be known, what was known stays.
export async function countCases() {
  if (page.isAlone) return;
  const cases = await get("/api/cases").catch(() => null);
  if (cases) showCount(cases);
}

function showCount(cases) {
  const waiting = cases.reduce((sum, each) => sum + waitingIn(each), 0);
  byId("cases-waiting").hidden = waiting === 0;
  byId("cases-waiting").replaceChildren(String(waiting), element("span", { className: "unseen" }, " waiting for you"));
}

export function forgetCases() {
  closeOrder();
  known = null;
  current = null;
}

export async function openCases({ isSame = false, at = null } = {}) {
  if (!(await learn())) return;
  page.remember({ part: "cases" }, isSame);
  current = null;
  page.show("cases", "Cases");
  const cases = inOrder(known.cases);
  byId("new-case").hidden = !page.mays.has("request");
  byId("no-cases").hidden = cases.length > 0;
  byId("cases").replaceChildren(...cases.map((each) => element("li", {}, entryOf(each))));
  if (!focusEntry("cases", "ref", at)) byId("cases-title").focus();
}

export const backToCases = () => openCases({ at: current });

// The history does not say which case it was: after a reload it is the list.
export function reopenCases(place) {
  return place.part === "case" && current ? openCase(current, { isSame: true }) : openCases({ isSame: true, at: current });
}

async function openCase(ref, { isSame = false, at = null } = {}) {
  if (!(await learn())) return;
  current = ref;
  if (!caseOf(ref)) { // it is not for this person any more
    await openCases({ isSame });
    return;
  }
  page.remember({ part: "case" }, isSame);
  page.show("case", "Case");
  showCase(caseOf(ref));
  const found = [...byId("authorisations").children].find((each) => each.dataset.authorisation === at);
  (found?.querySelector("h4") ?? byId("case-title")).focus();
}

async function learn() {
  const found = await page.latest(() => Promise.all(["cases", "policy", "me"].map((each) => get(`/api/${each}`))));
  if (!found) return false;
  const [cases, policy, me] = found;
  known = { cases, policy, nowMs: Date.parse(me.now) };
  showCount(cases);
  return true;
}

const caseOf = (ref) => known.cases.find((each) => each.case_ref === ref);

function entryOf(each) {
  const button = element("button", { type: "button", className: "entry" },
    element("span", { className: "what" },
      element("b", {}, `Case ${each.case_ref}`),
      element("span", {}, `${each.kind_of_use} · ${each.harm}`),
      element("span", {}, `Seen by ${seenWords(each)} · kept ${keptWords(each)}`),
      element("span", {}, `Opened by ${each.opened_by}, ${momentWords(each.opened_at)}`)),
    element("span", { className: "states" }, ...pillsOf(each)));
  button.dataset.ref = each.case_ref;
  button.addEventListener("click", () => attempt(() => openCase(each.case_ref)));
  return button;
}

function pillsOf(each) {
  const closed = each.is_open ? [] : [pill(["waits", "Closed"])];
  const words = each.authorisations.map((every) => standingOf(every));
  const kinds = [...new Set(words.map(([, said]) => said))];
  const counted = kinds.map((said) => {
    const same = words.filter((every) => every[1] === said);
    return pill([same[0][0], same.length > 1 ? `${said}: ${same.length}` : said]);
  });
  return [...closed, ...counted];
}

const pill = ([kind, words]) => element("span", { className: `pill ${kind}` }, words);

function showCase(found) {
  const mayAsk = page.mays.has("request");
  setText(byId("case-title"), `Case ${found.case_ref}`);
  byId("case-state").className = found.is_open ? "pill seen" : "pill waits";
  setText(byId("case-state"), found.is_open ? "Open" : "Closed");
  for (const id of ["ask-authorisation", "change-case", "close-case"]) byId(id).hidden = !(mayAsk && found.is_open);
  byId("reopen-case").hidden = !(mayAsk && !found.is_open);
  byId("case-facts").replaceChildren(...factsOf(found).map(([name, words]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, words))));
  byId("authorisations").replaceChildren(...askedInOrder(found.authorisations).map((each) => authorisationOf(found, each)));
  byId("no-authorisations").hidden = found.authorisations.length > 0;
}

function factsOf(found) {
  const closed = found.closed_at ? [["Closed", `by ${found.closed_by}, ${momentWords(found.closed_at)}`]] : [];
  return [
    ["Kind of use", found.kind_of_use],
    ["Harm", found.harm],
    ["Who may see it", seenWords(found)],
    ["Results are kept", keptWords(found)],
    ["Opened", `by ${found.opened_by}, ${momentWords(found.opened_at)}`],
    ...closed,
  ];
}

function authorisationOf(found, each) {
  const made = element("li", { className: "authorisation" },
    element("div", { className: "line" }, element("h4", { tabIndex: -1 }, each.authorisation_id), pill(standingOf(each))),
    element("p", { className: "purpose" }, each.purpose),
    element("p", { className: "soft" }, `Asked for by ${each.requested_by}, ${momentWords(each.requested_at)}`),
    ...decisionOf(each),
    element("p", {}, timeWords(each, known.nowMs)),
    ...(found.is_open && isOfUse(each, known.nowMs) ? [commandToCopy(each)] : []),
    ...choicesOf(found, each));
  made.dataset.authorisation = each.authorisation_id;
  return made;
}

function decisionOf(each) {
  if (!each.decided_by) return [];
  const state = each.state === "refused" ? "Refused" : "Granted";
  const why = each.reason ? `: ${each.reason}` : "";
  return [element("p", { className: "soft" }, `${state} by ${each.decided_by}, ${momentWords(each.decided_at)}${why}`)];
}

function commandToCopy(each) {
  const text = element("code", { tabIndex: 0 }, commandOf(each));
  const copy = button("Copy", each, async () => {
    const isCopied = await navigator.clipboard?.writeText(text.textContent).then(() => true, () => false);
    if (!isCopied) getSelection().selectAllChildren(text);
    say(isCopied ? "Copied." : "It is selected: copy it from here.");
  });
  return element("div", { className: "command" }, text, copy);
}

function choicesOf(found, each) {
  if (each.for_me) {
    const grant = button("Grant…", each, () => form(grantForm(each, known.policy)));
    const refuse = button("Refuse…", each, () => form(refuseForm(each)));
    grant.classList.add("main");
    return [element("div", { className: "choices" }, ...(found.is_open ? [grant] : []), refuse)];
  }
  if (each.state !== "requested" || !each.asked_by_me) return [];
  return [element("p", { className: "why-not" }, "You have asked for it: somebody else decides.")];
}

function button(words, each, act) {
  const made = element("button", { type: "button" }, words, element("span", { className: "unseen" }, ` ${each.authorisation_id}`));
  made.addEventListener("click", act);
  return made;
}

export function newCase() {
  if (page.mays.has("request")) form(newCaseForm(known.policy, page.name));
}

export function askAuthorisation() {
  if (page.mays.has("request") && caseOf(current).is_open) form(requestForm(caseOf(current), known));
}

// Whatever came of it, the page then shows what is.
function form(order) {
  showForm(order, {
    done: (answer) => attempt(async () => {
      await openCase(answer.case_ref, { isSame: current !== null, at: answer.authorisation_id });
      say(order.said);
    }),
    left: () => attempt(() => current === null ? openCases({ isSame: true }) : openCase(current, { isSame: true })),
  });
}
