// The form for a decision, and the question before a decision of somebody else is passed over.

import { byId, element, setText } from "./dom.js";
import { decidedMeanwhile, draftOf, isChanged, missingOf, OUTCOMES, reasonOf, REASONS, VERDICTS } from "./draft.js";
import { WORDS } from "./format.js";

const REASON_KEYS = ["4", "5", "6", "7"];
const OUTCOME_KEYS = ["8", "9", "0"];

export function showDecision(alert, saving) {
  const draft = draftOf(alert);
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
  showSaving(alert, saving);
}

// Whether there is something to save, and whether somebody else was quicker.
export function showSaving(alert, saving) {
  const draft = draftOf(alert);
  const other = saving ? null : decidedMeanwhile(alert);
  byId("save").disabled = saving || missingOf(draft) !== null;
  byId("reason").readOnly = saving;
  byId("unsaved").hidden = saving || alert.review === null || !isChanged(draft);
  byId("unsaved").classList.toggle("meanwhile", other !== null);
  setText(byId("unsaved-words"), other
    ? `${other.reviewer} has decided meanwhile. What you chose is kept and not saved.`
    : "Your change is not saved.");
}

// Writing, or on the way through the form by keyboard; a finger leaves the focus where it pressed.
export const isAtForm = () =>
  document.activeElement.matches("#reason, #decision .choice:focus-visible, #save:focus-visible");

// Asks whether to save although `other` is there; `save` is called for a deliberate yes.
export function askAnyway(alert, other, clock, save) {
  const draft = draftOf(alert);
  const when = clock.minuteInZone(other.decided_at);
  const theirs = `${other.reviewer} decided ${WORDS[other.verdict]} at ${when}`;
  setText(byId("anyway-question"), `${theirs}; save yours anyway?`);
  setText(byId("anyway-theirs"), `${WORDS[other.verdict]}: ${other.reason}`);
  setText(byId("anyway-yours"), `${WORDS[draft.verdict]}: ${reasonOf(draft)}`);
  byId("anyway-save").onclick = () => {
    byId("anyway").close();
    save();
  };
  if (!byId("anyway").open) byId("anyway").showModal();
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
