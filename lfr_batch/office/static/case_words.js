// Cases and authorisations as people read them. Pure.

import { momentWords } from "./words.js";

const HOUR_MS = 3_600_000;
const UNITS = { h: ["hour", HOUR_MS], d: ["day", 24 * HOUR_MS], w: ["week", 7 * 24 * HOUR_MS] };
const PERIOD = /^([1-9]\d*)([hdw])$/;

// `90d` → "90 days"; what is no period stays as it is.
export function periodWords(text) {
  const [, number, unit] = PERIOD.exec(text) ?? [];
  return number ? `${number} ${UNITS[unit][0]}${number === "1" ? "" : "s"}` : text;
}

export const isPeriod = (text) => PERIOD.test(text);

export function periodMs(text) {
  const [, number, unit] = PERIOD.exec(text);
  return Number(number) * UNITS[unit][1];
}

export const keptWords = ({ retention }) =>
  retention ? `for ${periodWords(retention)}` : "as the policy says";

export const seenWords = ({ may_see: names }) => names.length ? names.join(", ") : "everybody";

// Until `iso`, counted from `nowMs` of the server; rounded down, so that nobody counts on more.
export function leftWords(iso, nowMs) {
  const min = Math.floor((Date.parse(iso) - nowMs) / 60_000);
  if (min < 0) return "time over";
  if (min < 120) return `${min} min left`;
  return min < 48 * 60 ? `${Math.floor(min / 60)} h left` : `${Math.floor(min / 1440)} days left`;
}

// [kind of pill, words] for whoever is looking.
export function standingOf(each) {
  if (each.state === "granted") return ["match", "Granted"];
  if (each.state === "expired") return ["cannot_tell", "Expired"];
  if (each.state === "refused") return ["no_match", "Refused"];
  if (each.for_me) return ["new", "Waits for you"];
  return ["waits", each.asked_by_me ? "Waits for somebody else" : "Waits for an authoriser"];
}

// What may be searched under it, and until when.
export function timeWords(each, nowMs) {
  const { state, valid_until: until, decide_by: by } = each;
  if (state === "granted") return `Searches may be made until ${momentWords(until)}: ${leftWords(until, nowMs)}.`;
  if (state === "expired") return `Nothing is searched under it since ${momentWords(until)}.`;
  if (state === "refused") return "Nothing is searched under it, and what was searched is destroyed.";
  if (!by) return "Nothing is searched under it before it is granted.";
  if (Date.parse(by) > nowMs) return `Urgent: searches go ahead until ${momentWords(by)}, ${leftWords(by, nowMs)}.`;
  return `Urgent, and not decided by ${momentWords(by)}: what was found is withheld until it is granted.`;
}

// Whether a search may begin under it now.
export const isOfUse = (each, nowMs) =>
  each.state === "granted" || (each.state === "requested" && each.decide_by !== null && Date.parse(each.decide_by) > nowMs);

// As a shell takes it.
export const commandOf = (each) =>
  `lfr scan FOOTAGE --gallery GALLERY --case ${quoted(each.case_ref)} --authority ${each.authorisation_id}`;

const quoted = (text) => /^[\w./][\w./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

// What urgency means, for whoever asks for it.
export const urgentWords = (period, nowMs) =>
  `Searches go ahead before it is granted, for ${periodWords(period)}: until ${momentWords(new Date(nowMs + periodMs(period)).toISOString())} if you ask now. If it is not granted by then, what they found is withheld until it is; if it is refused, it is destroyed.`;

export const NOT_URGENT = "Nothing is searched under it before somebody else has granted it: by the policy of this house nothing is urgent.";

// One name a line, or with commas.
export const namesIn = (text) => text.split(/[\n,;]/).map((each) => each.trim()).filter(Boolean);

export const isNamed = (name, names) => names.some((each) => each.toLowerCase() === name.toLowerCase());

export const waitingIn = (found) => found.authorisations.filter((each) => each.for_me).length;

// Open ones first, of them those that wait for this person; else as the server has them, the last
// that was opened first.
export const inOrder = (cases) => [...cases].sort((a, b) =>
  Number(b.is_open) - Number(a.is_open) || waitingIn(b) - waitingIn(a));

// What waits for this person first, then what waits for others; else the last first.
export const askedInOrder = (authorisations) => [...authorisations].sort((a, b) => turnOf(a) - turnOf(b));

function turnOf({ for_me: isMine, state }) {
  if (isMine) return 0;
  return state === "requested" ? 1 : 2;
}
