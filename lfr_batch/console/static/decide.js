// The officer's decision about one alert: a draft until it is saved.

import { byId, element } from "./dom.js";
import { WORDS } from "./format.js";

export const VERDICTS = ["match", "no_match", "cannot_tell"];
export const OUTCOMES = ["engaged", "arrested", "no_action"];
const REASONS = {
  match: ["Features agree", "Identity checked", "Documents seen", "Known to me"],
  no_match: ["Features differ", "Identity checked", "Age or build differs", "Relative or twin"],
  cannot_tell: ["Picture too poor", "Face hidden", "Person has gone", "Old watchlist picture"],
};
const REASON_KEYS = ["4", "5", "6", "7"];
const OUTCOME_KEYS = ["8", "9", "0"];

const drafts = new Map();

// What is to be decided about `alert`: as it was left, else as it was decided.
export function draftOf(alert) {
  const seen = alert.review?.review_id ?? null;
  const kept = drafts.get(alert.alert_id);
  if (kept && kept.seen === seen) return kept;
  const { verdict = null, reason = "", outcome = null } = alert.review ?? {};
  const draft = { seen, verdict, chip: null, text: reason, outcome };
  drafts.set(alert.alert_id, draft);
  return draft;
}

export function pickVerdict(draft, verdict) {
  if (draft.verdict !== verdict) Object.assign(draft, { verdict, chip: null });
}

export function pickReason(draft, index) {
  const chip = draft.verdict && REASONS[draft.verdict][index];
  draft.chip = draft.chip === chip ? null : chip;
}

export function pickOutcome(draft, outcome) {
  draft.outcome = draft.outcome === outcome ? null : outcome;
}

// What to send, or the sentence that says what is missing.
export function orderOf(draft) {
  const reason = [draft.chip, draft.text.trim()].filter(Boolean).join("; ");
  if (!draft.verdict) return { missing: "Choose Match, No match or Cannot tell first." };
  if (reason.length < 3) return { missing: "Give a reason: choose one, or write a few words." };
  const { verdict, outcome, seen } = draft;
  return { order: { verdict, reason, outcome, seen_review_id: seen } };
}

export function showDecision(draft) {
  buttons(byId("verdicts"), VERDICTS, {
    keys: ["1", "2", "3"],
    words: (verdict) => WORDS[verdict],
    name: "verdict",
    isOn: (verdict) => draft.verdict === verdict,
  });
  buttons(byId("reasons"), REASONS[draft.verdict] ?? REASONS.match, {
    keys: REASON_KEYS,
    words: (reason) => reason,
    name: "reason",
    isOn: (reason) => draft.verdict !== null && draft.chip === reason,
  });
  byId("reasons").hidden = !draft.verdict;
  byId("hint").hidden = Boolean(draft.verdict);
  buttons(byId("outcomes"), OUTCOMES, {
    keys: OUTCOME_KEYS,
    words: (outcome) => WORDS[outcome],
    name: "outcome",
    isOn: (outcome) => draft.outcome === outcome,
  });
  if (byId("reason").value !== draft.text) byId("reason").value = draft.text;
}

// Buttons are kept where they are: one that had the focus keeps it.
function buttons(parent, values, { keys, words, name, isOn }) {
  while (parent.children.length < values.length) {
    const key = element("kbd", {}, keys[parent.children.length]);
    parent.append(element("button", { type: "button", className: "choice" }, key, ""));
  }
  values.forEach((value, i) => {
    const button = parent.children[i];
    button.lastChild.textContent = words(value);
    button.dataset[name] = name === "reason" ? i : value;
    button.setAttribute("aria-pressed", String(isOn(value)));
  });
}
