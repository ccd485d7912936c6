// Runs and sightings as examiners read them. Pure.

const SOURCES = {
  manifest: "as the manifest says",
  filename: "by the file's name",
  container: "by the file's own data",
  none: "",
};
const STATES = {
  first: ["waits", "Waits for a first examiner"],
  second: ["waits", "Waits for a second examiner"],
  third: ["waits", "Two disagree: waits for a third"],
  confirmed: ["match", "Confirmed"],
  eliminated: ["no_match", "Eliminated"],
  undecided: ["cannot_tell", "Undecided"],
};
const COUNTED = {
  first: "for a first", second: "for a second", third: "for a third", confirmed: "confirmed",
  eliminated: "eliminated", undecided: "undecided",
};
const KINDS = { scan: "Scan", search: "Search" };
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" });

export const momentWords = (iso) => `${DAY.format(new Date(iso))}, ${TIME.format(new Date(iso))} UTC`;

// Seconds of media time, as a player shows them.
export function mediaWords(s) {
  const tenths = Math.round(10 * s);
  const two = (n) => String(n).padStart(2, "0");
  const [h, min, rest] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, tenths % 600];
  return `${h}:${two(min)}:${two(Math.floor(rest / 10))}.${rest % 10}`;
}

export const isStill = (sighting) => sighting.picture !== null;

// Where in its file the evidence picture is.
export const placeWords = (sighting) =>
  isStill(sighting) ? `picture ${sighting.picture}` : `at ${mediaWords(sighting.best_s)}`;

export const whenWords = (sighting) =>
  sighting.best_utc ? momentWords(sighting.best_utc) : placeWords(sighting);

export const sourceWords = (sighting) =>
  sighting.best_utc ? `${momentWords(sighting.best_utc)}, ${SOURCES[sighting.start_source] ?? sighting.start_source}` : "not known";

export const nameOf = ({ subject_name, subject_id }) => subject_name || subject_id;
export const kindWords = ({ kind }) => KINDS[kind] ?? kind;

// [kind, words] of its state, for whoever is looking.
export function stateOf(sighting) {
  const { rejected_before: before, course } = sighting;
  if (before) return ["no_match", `Rejected before, in ${before.run_id}`];
  if (sighting.for_me) return ["new", course === "third" ? "Two disagree: waits for you" : "Waits for you"];
  if (sighting.decided_by_me && STATES[course][0] === "waits") {
    return ["seen", "Yours is saved: waits for another person"];
  }
  return STATES[course];
}

export const isOpen = ({ course }) => STATES[course][0] === "waits";

export const countsOf = (run) => [
  ["waiting for you", run.for_me],
  ...Object.entries(COUNTED).map(([course, words]) => [words, run.courses[course]]),
  ["rejected before", run.rejected_before],
].filter(([, n], i) => n > 0 || i === 0);

// What of its footage was not searched whole; empty where all was.
export function lackWords(run) {
  if (run.status === "complete") return "";
  const files = [[run.footage_failed, "failed"], [run.footage_damaged, "damaged"], [run.footage_partly, "in part"]];
  const told = files.filter(([n]) => n > 0).map(([n, words]) => `${n} ${words}`);
  return told.length ? `not all was searched: ${told.join(", ")}` : "not all was searched";
}

export const inputWords = (inputs) => {
  const names = inputs.map((each) => each.replace(/\/+$/, "").split("/").pop());
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
};
