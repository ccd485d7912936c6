// A volunteer who was recognised: shown and marked, and nobody has to decide about it.

import { byId, setText } from "./dom.js";

export const VOLUNTEER_WORDS = "Volunteer – not an alert";

// Whether officers have anything to decide about it.
export const isDecidable = (alert) => Boolean(alert) && !alert.volunteer;

export function showVolunteer(alert) {
  setText(byId("volunteer"), alert.volunteer ? VOLUNTEER_WORDS : "");
  byId("volunteer").hidden = !alert.volunteer;
  byId("alert").classList.toggle("of-volunteer", alert.volunteer);
}
