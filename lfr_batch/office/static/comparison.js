// The form in which an examiner states a comparison, component by component.

import { byId, element, setText } from "/shared/dom.js";
import { takeBack } from "/shared/said.js";
import { keepDraft } from "./drafts.js";
import { entryOf, lettersOf, radios, reasonField } from "./radios.js";

const SEEN_KEYS = { s: "similar", d: "different", n: "not_visible" };
let made = null; // {tables, run, sighting, draft, candidates, compared, save, compare}

// `compared`: the candidate that the pictures show; `compare` shows another.
export function showForm(given) {
  made = given;
  const { tables, draft } = made;
  const components = tables.components.map(([key, words]) =>
    radios(`component-${key}`, words, tables.seen, draft.components[key], (seen) => {
      draft.components[key] = seen;
      changed();
    }));
  const conclusion = radios("conclusion", "Conclusion", tables.conclusions, draft.conclusion, (step) => {
    draft.conclusion = step;
    changed();
  });
  conclusion.classList.add("steps-of-six");
  const most = tables.reason_letters[1];
  byId("comparison").replaceChildren(
    element("h3", { id: "comparison-title" }, "Your comparison"),
    element("p", { id: "compared-with" }),
    element("div", { className: "line", id: "other-candidate", hidden: true }),
    element("fieldset", { className: "stated", id: "stated" },
      element("legend", { className: "unseen" }, "Comparison"),
      element("p", { className: "hint" }, element("kbd", {}, "S"), " similar, ", element("kbd", {}, "D"), " different, ", element("kbd", {}, "N"), " not visible"),
      element("div", { className: "components" }, ...components),
      factors(tables.image_factors, draft),
      conclusion,
      reasonField("reason", "Reason", draft.reason, most, (text) => { draft.reason = text; changed(); }),
      element("div", { className: "line" },
        element("button", { type: "submit", className: "main", id: "save" }, "Save"),
        element("span", { className: "hint" }, "Written once: it cannot be changed. ", element("kbd", {}, "Ctrl ↵"))),
    ),
  );
  byId("comparison").hidden = false;
  showCompared(made.compared);
}

export function hideForm() {
  made = null;
  byId("comparison").hidden = true;
  byId("comparison").replaceChildren();
}

// What is begun is about one candidate; while another is looked at it cannot be gone on with.
export function showCompared(candidate) {
  if (!made) return;
  made.compared = candidate;
  const begun = made.candidates.find((each) => each.rank === made.draft.rank);
  const isOther = begun !== undefined && begun !== candidate;
  const about = begun ?? candidate;
  setText(byId("compared-with"), `About candidate ${about.rank}, ${about.name}${begun ? "" : ", the one you look at"}.`);
  byId("stated").disabled = isOther;
  byId("other-candidate").hidden = !isOther;
  if (!isOther) return;
  const back = element("button", { type: "button" }, `Back to candidate ${begun.rank}`);
  back.addEventListener("click", () => made.compare(begun.rank));
  const anew = element("button", { type: "button" }, `Begin anew with candidate ${candidate.rank}`);
  anew.addEventListener("click", beginAnew);
  byId("other-candidate").replaceChildren(back, anew);
}

export function wireForm() {
  byId("comparison").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  // A decision is final: Enter in the middle of the form does not save it.
  byId("comparison").addEventListener("keydown", (event) => {
    const isAlone = !event.ctrlKey && !event.metaKey;
    if (event.key === "Enter" && isAlone && event.target.matches("input")) event.preventDefault();
  });
}

// The first that is missing has the focus then.
export function submit() {
  if (!made) return;
  const missing = missingOf(made);
  const wanted = missing && byId("comparison").querySelector(missing.selector);
  wanted?.focus();
  wanted?.scrollIntoView({ block: "center" });
  made.save(missing?.words ?? null, orderOf(made));
}

// S, D or N: of the component that has the focus, or of the first that is not stated; then the next.
export function stateComponent(key) {
  if (!made || byId("stated").disabled) return;
  const frames = [...byId("comparison").querySelectorAll(".components fieldset")];
  const frame = document.activeElement.closest(".components fieldset") ??
    frames.find((each) => !each.querySelector("input:checked"));
  if (!frame) return;
  frame.querySelector(`input[value=${SEEN_KEYS[key]}]`).click();
  const next = frames[frames.indexOf(frame) + 1];
  const entry = next ? entryOf(next) : byId("comparison").querySelector("#factors input");
  entry.focus();
}

export function enterForm() {
  if (!made) return;
  const frames = [...byId("stated").querySelectorAll("fieldset.radios")];
  const open = frames.find((each) => !each.querySelector("input:checked"));
  (open ? entryOf(open) : byId("reason")).focus();
}

export const writeReason = () => byId("reason")?.focus();

function changed() {
  const { draft, run, sighting, compared } = made;
  takeBack();
  draft.rank ??= compared.rank;
  keepDraft(run, sighting, draft);
  showCompared(compared);
}

// Another candidate's components are others; what hinders the evidence picture stays.
function beginAnew() {
  Object.assign(made.draft, { rank: made.compared.rank, components: {}, conclusion: null });
  keepDraft(made.run, made.sighting, made.draft);
  showForm(made);
  enterForm();
}

function factors(pairs, draft) {
  const boxes = pairs.map(([key, words]) => {
    const box = element("input", { type: "checkbox", value: key, checked: draft.image_factors.includes(key) });
    box.addEventListener("change", () => {
      const others = draft.image_factors.filter((each) => each !== key);
      draft.image_factors = box.checked ? [...others, key] : others;
      changed();
    });
    return element("label", {}, box, element("span", {}, words));
  });
  return element("fieldset", { id: "factors" }, element("legend", {}, "What hinders the comparison"), element("div", {}, ...boxes));
}

function missingOf({ tables, draft }) {
  const [least, most] = tables.reason_letters;
  const open = tables.components.filter(([key]) => !draft.components[key]);
  if (open.length) {
    const names = open.map(([, words]) => words).join(", ");
    return { words: `say of each whether it is similar, different or not visible: ${names}`, selector: `[data-of=component-${open[0][0]}] input` };
  }
  if (!draft.conclusion) return { words: "choose one of the six conclusions", selector: "[data-of=conclusion] input" };
  const letters = lettersOf(draft.reason);
  if (letters < least) return { words: "give a reason of a few words", selector: "#reason" };
  if (letters > most) return { words: `the reason has ${letters} letters: ${most} at most`, selector: "#reason" };
  return null;
}

function orderOf({ draft, candidates, compared }) {
  const { rank, ...stated } = draft;
  const about = candidates.find((each) => each.rank === rank) ?? compared;
  return { ...stated, subject_id: about.subject_id };
}
