// What is asked of a case or an authorisation: each form is an order for the dialog.

import { element, setText } from "/shared/dom.js";
import { NOT_URGENT, isNamed, isPeriod, namesIn, periodWords, urgentWords } from "./case_words.js";
import { area, choice, field, line } from "./fields.js";
import { radios } from "./radios.js";

const LONGEST = { reference: 200, words: 500, period: 10 };
const LIKE = "Write it like 12h, 90d or 6w";

// `known`: a case that was closed, and is opened again.
export function newCaseForm(policy, own, known = null) {
  const reference = line("case-ref", known?.case_ref ?? "", LONGEST.reference, { readOnly: known !== null });
  const kind = choice("case-kind", policy.kinds_of_use, known?.kind_of_use);
  const harm = choice("case-harm", policy.harm, known?.harm);
  const who = whoMaySee(known?.may_see ?? [], own);
  const keep = line("case-keep", known?.retention ?? "", LONGEST.period);
  return {
    title: known ? `Open case ${known.case_ref} again` : "Open a case",
    nodes: [
      field("Reference", reference, "By which searches will name it"),
      field("Kind of use", kind), field("Category of harm", harm), ...who.nodes, keptField(keep),
    ],
    button: "Open the case",
    path: "/api/cases",
    said: "The case is open.",
    body() {
      if (!reference.value.trim()) return "give the case its reference";
      if (!kind.value) return "choose the kind of use";
      if (!harm.value) return "choose the category of harm";
      const lacks = who.lacks() ?? lacksPeriod(keep);
      return lacks ?? { case_ref: reference.value.trim(), kind_of_use: kind.value, harm: harm.value, may_see: who.names(), retention: periodOf(keep) };
    },
  };
}

export function changeForm(found, own) {
  const who = whoMaySee(found.may_see, own);
  const keep = line("case-keep", found.retention ?? "", LONGEST.period);
  return {
    title: `Change case ${found.case_ref}`,
    nodes: [...who.nodes, keptField(keep)],
    button: "Save",
    path: "/api/cases/change",
    said: "The case is changed.",
    body: () => who.lacks() ?? lacksPeriod(keep) ?? { case_ref: found.case_ref, may_see: who.names(), retention: periodOf(keep) },
  };
}

export const closeForm = (found) => ({
  title: `Close case ${found.case_ref}?`,
  intro: "Nothing is searched for it from then on. What was found stays as long as it is kept, and the case can be opened again.",
  nodes: [],
  button: "Close the case",
  path: "/api/cases/close",
  said: "The case is closed.",
  body: () => ({ case_ref: found.case_ref }),
});

export function requestForm(found, { policy, nowMs }) {
  const purpose = area("auth-purpose", LONGEST.words);
  const urgent = element("input", { type: "checkbox", id: "auth-urgent" });
  const meaning = element("p", { id: "auth-urgent-hint", className: "hint" }, policy.urgent ? urgentWords(policy.urgent, nowMs) : NOT_URGENT);
  urgent.setAttribute("aria-describedby", meaning.id);
  const box = element("div", { className: "field" }, element("label", { className: "box" }, urgent, element("span", {}, "It is urgent")), meaning);
  return {
    title: "Ask for an authorisation",
    intro: `For case ${found.case_ref}. Somebody else decides.`,
    nodes: [field("Purpose: what is to be searched, and why", purpose), policy.urgent ? box : meaning],
    button: "Ask for it",
    path: "/api/authorisations",
    said: "It is asked for. Somebody else decides.",
    body: () => purpose.value.trim()
      ? { case_ref: found.case_ref, purpose: purpose.value.trim(), urgent: urgent.checked } : "say what it is to be for",
  };
}

export function grantForm(each, policy) {
  const period = line("auth-valid", policy.valid_for, LONGEST.period);
  const reason = area("auth-reason", LONGEST.words);
  return {
    title: `Grant ${each.authorisation_id}?`,
    intro: `${each.requested_by} asks, for case ${each.case_ref}: ${each.purpose}`,
    nodes: [
      field("Valid for", period, `${LIKE}; ${periodWords(policy.valid_for)} at most`),
      field("Reason (may be left out)", reason, "On record under your name"),
    ],
    button: "Grant it",
    path: `/api/authorisations/${encodeURIComponent(each.authorisation_id)}/grant`,
    said: "It is granted.",
    body: () => lacksPeriod(period) ?? { reason: reason.value.trim(), valid_for: periodOf(period) },
  };
}

export function refuseForm(each) {
  const reason = area("auth-reason", LONGEST.words);
  return {
    title: `Refuse ${each.authorisation_id}?`,
    intro: `${each.requested_by} asks, for case ${each.case_ref}: ${each.purpose}`,
    nodes: [
      element("p", { className: "warned" }, "What was searched under it is destroyed, with a receipt. Nothing brings it back."),
      field("Reason", reason, "On record under your name"),
    ],
    button: "Refuse it",
    path: `/api/authorisations/${encodeURIComponent(each.authorisation_id)}/refuse`,
    said: "It is refused.",
    body: () => reason.value.trim() ? { reason: reason.value.trim() } : "say why it is refused",
  };
}

function whoMaySee(names, own) {
  const list = element("textarea", { id: "case-names", rows: 3, value: names.join("\n"), spellcheck: false });
  const hint = element("p", { id: "case-names-hint", className: "hint" });
  const some = field("Names, one a line", list);
  let isAll = names.length === 0;
  const show = () => {
    const isOut = !isAll && namesIn(list.value).length > 0 && !isNamed(own, namesIn(list.value));
    some.hidden = isAll;
    setText(hint, isOut ? `You (${own}) are not among them: you would not see the case yourself.` : "");
  };
  hint.setAttribute("role", "status");
  list.addEventListener("input", show);
  const both = radios("case-who", "Who may see it", [["all", "Everybody"], ["some", "Only these people"]], isAll ? "all" : "some", (value) => { isAll = value === "all"; show(); });
  some.append(hint);
  show();
  return {
    nodes: [both, some],
    names: () => isAll ? [] : namesIn(list.value),
    lacks: () => !isAll && namesIn(list.value).length === 0 ? "name those who may see it, or choose everybody" : null,
  };
}

const keptField = (keep) => field("Its results are kept for", keep, `${LIKE}; empty: as the policy says`);
const periodOf = (input) => input.value.trim() || null;
const lacksPeriod = (input) => !periodOf(input) || isPeriod(periodOf(input)) ? null : `${input.value.trim()} is no period: write it like 12h, 90d or 6w`;
