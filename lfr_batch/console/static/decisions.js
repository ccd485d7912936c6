// Every decision that was made, for those who audit.

import { get } from "./api.js";
import { byId, element } from "./dom.js";
import { WORDS } from "./format.js";

const HEADS = ["Decided", "By", "Alert", "Decision", "Reason", "Outcome"];

export async function showDecisions(alerts, clock) {
  const rows = (await get("/api/reviews")).reverse().map((review) => [
    clock.timeInZone(review.decided_at),
    `${review.reviewer} (${review.role})`,
    alerts.get(review.alert_id)?.subject_id ?? review.alert_id,
    WORDS[review.verdict],
    review.reason,
    review.outcome ? WORDS[review.outcome] : "–",
  ]);
  const row = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
  byId("all-reviews").replaceChildren(row(HEADS, "th"), ...rows.map((cells) => row(cells, "td")));
  byId("decisions").showModal();
}
