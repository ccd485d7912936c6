// Lists that are gone through with the keyboard: runs, and the sightings of one.

import { byId, element, refill, setText } from "/shared/dom.js";
import { hasDraft } from "./drafts.js";
import { countsOf, inputWords, isOpen, kindWords, lackWords, momentWords, nameOf, placeWords, stateOf } from "./words.js";

export const PAGE = 50;
export const FILTERS = {
  mine: ["Waiting for you", (each) => each.for_me],
  open: ["Not decided yet", isOpen],
  decided: ["Decided", (each) => !isOpen(each) && !each.rejected_before],
  rejected: ["Rejected before", (each) => each.rejected_before !== null],
  all: ["All", () => true],
};

export function showRuns(runs, ofCase, open) {
  const shown = runs.filter((run) => !ofCase || run.case_ref === ofCase);
  byId("no-runs").hidden = shown.length > 0;
  byId("runs").replaceChildren(...shown.map((run) => element("li", {}, runButton(run, open))));
}

export function showCases(runs, ofCase) {
  const cases = [...new Set(runs.map((run) => run.case_ref ?? ""))].sort();
  const options = cases.map((each) => element("option", { value: each }, each || "without a case"));
  byId("of-case").replaceChildren(element("option", { value: "" }, "All cases"), ...options);
  byId("of-case").value = cases.includes(ofCase) ? ofCase : "";
}

function runButton(run, open) {
  const button = element("button", { type: "button", className: "entry" },
    element("span", { className: "what" },
      element("b", {}, `Case ${run.case_ref ?? "–"}`),
      element("span", {}, `${kindWords(run)} of ${inputWords(run.inputs)} · ${run.gallery}`),
      element("span", {}, `${momentWords(run.started_at)} · ${run.operator}`)),
    element("span", { className: "numbers" }, ...numbers(run)));
  button.dataset.run = run.run_id;
  button.addEventListener("click", () => open(run.run_id));
  return button;
}

function numbers(run) {
  const found = element("span", { className: "number" }, element("b", {}, String(run.sightings)), " found");
  const lack = lackWords(run);
  const lacks = lack ? [element("span", { className: "number lack" }, lack)] : [];
  return [found, ...lacks, ...countsOf(run).map(([words, n], i) =>
    element("span", { className: i === 0 && n ? "number mine" : "number" }, element("b", {}, String(n)), ` ${words}`))];
}

export function showRunHead(run) {
  setText(byId("run-title"), `Case ${run.case_ref ?? "–"}`);
  const facts = [kindWords(run), inputWords(run.inputs), run.gallery, momentWords(run.started_at), `asked for by ${run.operator}`, run.run_id];
  byId("run-facts").replaceChildren(...facts.map((each) => element("span", {}, each)));
  byId("run-counts").replaceChildren(...numbers(run));
}

export function showFilters(sightings, filter) {
  const options = Object.entries(FILTERS).map(([key, [words, fits]]) =>
    element("option", { value: key }, `${words} (${sightings.filter(fits).length})`));
  byId("showing").replaceChildren(...options);
  byId("showing").value = filter;
}

// One page of `shown`: those around the one at `at`.
export function showQueue(shown, at, open) {
  const first = PAGE * Math.floor(Math.max(0, at) / PAGE);
  const page = shown.slice(first, first + PAGE);
  refill(byId("queue"), ...page.map((each) => element("li", {}, sightingButton(each, open))));
  byId("no-sightings").hidden = shown.length > 0;
  byId("pages").hidden = shown.length <= PAGE;
  setText(byId("page-words"), `${first + 1} to ${first + page.length} of ${shown.length}`);
  byId("page-before").disabled = first === 0;
  byId("page-after").disabled = first + PAGE >= shown.length;
}

function sightingButton(sighting, open) {
  const { run_id: run, sighting_id: id } = sighting;
  const [kind, words] = stateOf(sighting);
  const begun = sighting.for_me && hasDraft(run, id) ? [element("span", { className: "pill begun" }, "Begun")] : [];
  const button = element("button", { type: "button", className: "entry" },
    element("img", { src: `${pathOf(run, id)}/thumbnail.jpg`, alt: "", loading: "lazy", width: 64, height: 80 }),
    element("span", { className: "what" },
      element("b", {}, nameOf(sighting), element("span", { className: "unseen" }, " proposed")),
      element("span", {}, [sighting.camera, sighting.file].filter(Boolean).join(" · ")),
      element("span", {}, whereWords(sighting))),
    element("span", { className: "states" }, element("span", { className: `pill ${kind}` }, words), ...begun));
  button.dataset.sighting = id;
  button.addEventListener("click", () => open(id));
  return button;
}

const whereWords = (sighting) =>
  [sighting.best_utc ? momentWords(sighting.best_utc) : "", placeWords(sighting)].filter(Boolean).join(" · ");

export const pathOf = (run, sighting) =>
  `/api/runs/${encodeURIComponent(run)}/sightings/${encodeURIComponent(sighting)}`;

// The entry so many steps further; at the end of the list it stays.
export function moveIn(list, step) {
  const entries = [...byId(list).querySelectorAll(".entry")];
  const at = entries.indexOf(document.activeElement);
  const next = entries[at + step] ?? null;
  if (at < 0) entries[0]?.focus();
  else next?.focus();
  return next !== null || at < 0;
}

export function focusEntry(list, name, value) {
  const entries = [...byId(list).querySelectorAll(".entry")];
  const entry = entries.find((each) => each.dataset[name] === value) ?? entries[0];
  entry?.focus();
  return entry !== undefined;
}
