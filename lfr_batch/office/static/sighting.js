// One sighting: its pictures, its candidates, the form or what was decided.

import { byId, element, setText } from "/shared/dom.js";
import { hideForm, showCompared, showForm } from "./comparison.js";
import { showDecisions, showOutcomes } from "./decided.js";
import { draftOf } from "./drafts.js";
import { clearPictures, showEnrolledOf, showPictures } from "./pictures.js";
import { isOpen, isStill, mediaWords, nameOf, placeWords, sourceWords, stateOf } from "./words.js";

let shown = null; // {run, detail, tables}
let compared = null; // candidate

// `deeds`: {save, note}; `note` is null for whoever says nothing of outcomes.
export function showSighting(run, detail, tables, deeds) {
  shown = { run, detail, tables };
  const draft = draftOf(detail.run_id, detail.sighting_id);
  const [kind, words] = stateOf(detail);
  byId("sighting-state").className = `pill ${kind}`;
  setText(byId("sighting-state"), words);
  showPictures(detail);
  showEarlier(detail);
  showScores(detail);
  setText(byId("why-not"), sentenceOf(detail.why_not ?? ""));
  byId("why-not").hidden = detail.why_not === null;
  compared = detail.candidates.find((each) => each.rank === draft.rank) ?? detail.candidates[0];
  if (detail.can_decide) {
    const { candidates, run_id, sighting_id } = detail;
    showForm({ tables, run: run_id, sighting: sighting_id, draft, candidates, compared, save: deeds.save, compare });
  } else hideForm();
  showCandidates(detail);
  if (compared) compare(compared.rank);
  showDecisions(detail, tables);
  const isOver = !isOpen(detail);
  showOutcomes(detail, tables, isOver, isOver && detail.decisions.length ? deeds.note : null);
  showFacts(run, detail);
  byId("statement").scrollTop = 0;
}

export function clearSighting() {
  shown = null;
  compared = null;
  clearPictures();
  hideForm();
  for (const id of ["sighting-title", "sighting-state", "earlier", "scores", "why-not"]) setText(byId(id), "");
  for (const id of ["candidates", "decisions", "outcomes", "note-outcome", "facts"]) byId(id).replaceChildren();
}

// Shows the candidate of that rank beside the evidence; whether there is one.
export function compare(rank) {
  const found = shown?.detail.candidates.find((each) => each.rank === rank);
  if (!found) return false;
  compared = found;
  showEnrolledOf(found);
  for (const each of byId("candidates").children) {
    each.setAttribute("aria-pressed", String(Number(each.dataset.rank) === rank));
  }
  showCompared(found);
  return true;
}

const sentenceOf = (words) => words && `${words[0].toUpperCase()}${words.slice(1)}.`;

function showEarlier({ rejected_before: before }) {
  byId("earlier").hidden = before === null;
  setText(byId("earlier"), before
    ? `Two people rejected this in run ${before.run_id} of the same case: it stays rejected.` : "");
}

function showScores(detail) {
  byId("revealed").hidden = !detail.revealed || detail.score === undefined;
  if (byId("revealed").hidden) return setText(byId("scores"), "");
  const three = (value) => value.toFixed(3);
  const parts = [`Score ${three(detail.score)}`, `threshold ${three(detail.threshold)}`];
  if (detail.relative_score !== null) parts.push(`relative score ${three(detail.relative_score)}`);
  parts.push(detail.margin === null ? "nobody else to compare with" : `${three(detail.margin)} ahead of the next`);
  setText(byId("scores"), parts.join(" · "));
}

function showCandidates({ candidates }) {
  byId("candidates").replaceChildren(...candidates.map((each) => {
    const facts = Object.entries(each.attributes).filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
    const score = each.score === undefined ? [] : [element("span", { className: "soft" }, `score ${each.score.toFixed(3)}${each.above_threshold ? "" : ", below the threshold"}`)];
    const key = each.rank <= 9 ? [element("kbd", {}, String(each.rank))] : [];
    const button = element("button", { type: "button", className: "candidate" }, ...key,
      element("b", {}, each.rank <= 9 ? each.name : `${each.rank} · ${each.name}`),
      ...(facts.length ? [element("span", { className: "soft" }, facts.join(", "))] : []), ...score);
    button.dataset.rank = each.rank;
    button.addEventListener("click", () => compare(each.rank));
    return button;
  }));
}

function showFacts(run, detail) {
  const span = isStill(detail) ? [] : [["In view", `${mediaWords(detail.start_s)} to ${mediaWords(detail.end_s)}`]];
  const facts = [
    ["Proposed", nameOf(detail)],
    ["File", detail.file],
    ["In the file", placeWords(detail)],
    ...span,
    ["Wall clock", sourceWords(detail)],
    ["Camera", detail.camera ?? "not known"],
    ["Place", detail.site ?? "not known"],
    ["Case", run.case_ref ?? "none"],
    ["Purpose", run.purpose ?? "none given"],
    ["Authority", run.authority ?? "none given"],
    ["Asked for by", run.operator],
    ["Gallery", run.gallery],
    ["Run", run.run_id],
    ["Sighting", detail.sighting_id],
  ];
  byId("facts").replaceChildren(...facts.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}
