// What an officer has begun to decide about an alert. It is theirs until it is saved or dropped:
// whatever others decide meanwhile changes nothing in it. No page here.

export const VERDICTS = ["match", "no_match", "cannot_tell"];
export const OUTCOMES = ["engaged", "arrested", "no_action"];
export const REASONS = {
  match: ["Features agree", "Identity checked", "Documents seen", "Known to me"],
  no_match: ["Features differ", "Identity checked", "Age or build differs", "Relative or twin"],
  cannot_tell: ["Picture too poor", "Face hidden", "Person has gone", "Old watchlist picture"],
};
const FIELDS = ["verdict", "chip", "text", "outcome"];
const NOTHING = { verdict: null, chip: null, text: "", outcome: null };
const BETWEEN = "; ";

const drafts = new Map();
const restored = new Map(); // of before a reload, until their alerts are there
const unseen = new Set(); // alerts about which something was restored, until they were shown

// What was begun about `alert`; where nothing was, what is decided. `seen`: the review it began with.
export function draftOf(alert) {
  const kept = drafts.get(alert.alert_id);
  if (kept && isChanged(kept)) return kept;
  const draft = takenUp(alert) ?? { seen: alert.review, ...decidedBy(alert.review) };
  drafts.set(alert.alert_id, draft);
  return draft;
}

export function isChanged(draft) {
  const before = decidedBy(draft.seen);
  return FIELDS.some((field) => draft[field] !== before[field]);
}

export const isBegun = (alert) => isChanged(draftOf(alert));

// Plain values for whoever keeps them: of what is decided already, only its id.
export function begunDrafts() {
  const begun = [...drafts].filter(([, draft]) => isChanged(draft));
  const plain = begun.map(([id, { seen, ...rest }]) => [id, { ...rest, seen_id: seen?.review_id ?? null }]);
  return { ...Object.fromEntries(restored), ...Object.fromEntries(plain) };
}

export function restore(kept) {
  for (const [id, draft] of Object.entries(kept)) {
    restored.set(id, draft);
    unseen.add(id);
  }
}

// The newest of `order` with something begun before the reload, once; undefined if there is none.
export function firstRestored(order) {
  const found = order.find((alert) => unseen.has(alert.alert_id));
  if (found) unseen.clear();
  return found;
}

// A review that is not there any more is known by its id alone.
function takenUp({ alert_id, review }) {
  const kept = restored.get(alert_id);
  if (!kept) return null;
  restored.delete(alert_id);
  const { seen_id, ...draft } = kept;
  const known = review?.review_id === seen_id ? review : { review_id: seen_id };
  return { ...NOTHING, ...draft, seen: seen_id === null ? null : known };
}

export const drop = (alertId) => drafts.delete(alertId);
export function dropAll() {
  for (const each of [drafts, restored, unseen]) each.clear();
}

// The review that came while the officer was at it, and that they have to know of.
export function decidedMeanwhile(alert) {
  const draft = draftOf(alert);
  const isNew = alert.review !== null && alert.review.review_id !== draft.seen?.review_id;
  return isNew && isChanged(draft) ? alert.review : null;
}

// A reason and an outcome belong to their verdict; words that came before any verdict stay.
export function pickVerdict(draft, verdict) {
  if (draft.verdict === verdict) return;
  const text = draft.verdict === null ? draft.text : "";
  Object.assign(draft, { ...NOTHING, text, verdict });
}

export function pickReason(draft, index) {
  if (!draft.verdict) return;
  const chip = REASONS[draft.verdict][index];
  draft.chip = draft.chip === chip ? null : chip;
}

export function pickOutcome(draft, outcome) {
  draft.outcome = draft.outcome === outcome ? null : outcome;
}

export const reasonOf = (draft) => [draft.chip, draft.text.trim()].filter(Boolean).join(BETWEEN);

// The sentence that says why there is nothing to save yet; null if there is.
export function missingOf(draft) {
  if (!draft.verdict) return "Choose Match, No match or Cannot tell first.";
  if (reasonOf(draft).length < 3) return "Give a reason: choose one, or write a few words.";
  return isChanged(draft) ? null : "This is saved already.";
}

// `seen`: the review that the officer knows of when they save.
export function orderOf(draft, seen) {
  const { verdict, outcome } = draft;
  return { verdict, reason: reasonOf(draft), outcome, seen_review_id: seen?.review_id ?? null };
}

function decidedBy(review) {
  if (!review?.verdict) return NOTHING;
  const [first, ...rest] = review.reason.split(BETWEEN);
  const { verdict, outcome } = review;
  if (!REASONS[verdict].includes(first)) return { verdict, chip: null, text: review.reason, outcome };
  return { verdict, chip: first, text: rest.join(BETWEEN), outcome };
}
