// One person's alerts are one entry of the list. Pure.

const HEADINGS = {
  towards: "comes towards the camera",
  away: "walks away from the camera",
  left: "walks to the left",
  right: "walks to the right",
};
const MOST_PLACES = 3;

export const headingWords = ({ heading }) => HEADINGS[heading] ?? "";

// Of alerts newest first: each person's, newest first; whoever was seen last comes first.
export function peopleOf(order) {
  const people = new Map();
  for (const alert of order) {
    if (!people.has(alert.subject_id)) people.set(alert.subject_id, []);
    people.get(alert.subject_id).push(alert);
  }
  return [...people.values()];
}

// The one of a person's alerts that a touch opens: the newest undecided, else the newest.
export const firstOf = (alerts) => alerts.find((alert) => alert.review === null) ?? alerts[0];

// Where a person was, last place first: looks at one camera in a row are one place.
export function placesOf(alerts) {
  return alerts.filter((alert, i) => i === 0 || alert.camera !== alerts[i - 1].camera);
}

// "seen 3 times: last at north 10:05, walks to the left; before that south 10:02".
export function seenWords(alerts, clock) {
  if (alerts.length < 2) return headingWords(alerts[0]);
  const [last, ...before] = placesOf(alerts);
  const at = ({ camera, captured_at }) => `${camera} ${clock.time(captured_at).slice(0, 5)}`;
  const walks = headingWords(last) && `, ${headingWords(last)}`;
  const named = before.slice(0, MOST_PLACES - 1).map(at);
  const more = before.length - named.length;
  const further = more > 0 ? [`${more} more`] : [];
  const earlier = before.length ? `; before that ${[...named, ...further].join(", ")}` : "";
  return `seen ${alerts.length} times: last at ${at(last)}${walks}${earlier}`;
}
