// What was decided about a sighting, side by side, and what became of it later.

import { byId, element } from "/shared/dom.js";
import { radios, reasonField } from "./radios.js";
import { momentWords } from "./words.js";

const STAGES = { first: "First examiner", second: "Second examiner", third: "Third examiner" };

export function showDecisions(detail, tables) {
  const { decisions } = detail;
  byId("decided").hidden = decisions.length === 0;
  if (!decisions.length) {
    byId("decisions").replaceChildren();
    return;
  }
  const head = element("tr", {}, element("td", {}), ...decisions.map(headOf));
  const rows = rowsOf(detail, tables).map(([words, values, isStatement]) => rowOf(words, values, isStatement));
  byId("decisions").replaceChildren(
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function headOf(made) {
  const cell = element("th", { scope: "col" }, element("b", {}, STAGES[made.stage]), element("span", {}, made.examiner), element("span", {}, momentWords(made.decided_at)));
  return cell;
}

// [words, value of each decision, whether a difference is a disagreement].
function rowsOf({ decisions, candidates }, tables) {
  const all = (what) => decisions.map(what);
  const wordsIn = (pairs) => Object.fromEntries(pairs);
  const [steps, seen, factors] = [tables.conclusions, tables.seen, tables.image_factors].map(wordsIn);
  const name = (id) => candidates.find((each) => each.subject_id === id)?.name ?? id;
  return [
    ["Conclusion", all((each) => steps[each.conclusion]), true],
    ["About", all((each) => name(each.subject_id)), true],
    ...tables.components.map(([key, words]) => [words, all((each) => seen[each.components[key]] ?? "–"), true]),
    ["Hindered by", all((each) => each.image_factors.map((key) => factors[key] ?? key).join(", ") || "nothing"), false],
    ["Reason", all((each) => each.reason), false],
  ];
}

function rowOf(words, values, isStatement) {
  const differs = isStatement && new Set(values).size > 1;
  const mark = differs ? [element("span", { className: "differs" }, "differs")] : [];
  const head = element("th", { scope: "row" }, words, ...mark);
  return element("tr", { className: differs ? "unequal" : "" }, head, ...values.map((each) => element("td", {}, each)));
}

// `note`: sends an outcome; null where this person may not.
export function showOutcomes(detail, tables, isOver, note) {
  const words = Object.fromEntries(tables.outcomes);
  byId("outcome").hidden = !isOver;
  byId("outcomes").replaceChildren(...detail.outcomes.map((each) =>
    element("li", {}, element("b", {}, words[each.outcome]), ` ${each.reason}`, element("span", {}, `${each.by}, ${momentWords(each.at)}`))));
  if (!detail.outcomes.length) byId("outcomes").append(element("li", {}, "Nothing was noted yet."));
  byId("note-outcome").hidden = !note;
  byId("note-outcome").replaceChildren(...(note ? fieldsOf(tables, note) : []));
}

function fieldsOf(tables, note) {
  const [least, most] = tables.reason_letters;
  const stated = { outcome: null, reason: "" };
  byId("note-outcome").onsubmit = (event) => {
    event.preventDefault();
    if (!stated.outcome) note("choose an outcome first", null);
    else if (stated.reason.trim().length < least) note("say in a few words how it is known", null);
    else note(null, stated);
  };
  return [
    radios("outcome", "Outcome", tables.outcomes, null, (value) => { stated.outcome = value; }),
    reasonField("outcome-reason", "How it is known", "", most, (text) => { stated.reason = text; }),
    element("button", { type: "submit", id: "save-outcome" }, "Note this outcome"),
  ];
}
