// Who is logged in here, and what their role is offered.

import { get, learnTime } from "./api.js";
import { notLoaded, showBanner } from "./banner.js";
import { byId, setText } from "./dom.js";

const AGAIN_MS = 3000;

// As often as it takes; meanwhile the page says that it knows nothing.
export async function learnSession() {
  for (;;) {
    try {
      const found = await get("/api/session");
      await learnTime();
      showBanner([]);
      return found;
    } catch (error) {
      showBanner([{ level: "bad", kind: "load", name: "", text: notLoaded(error.message) }]);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

// What the role may not do, or is over, is not offered; the server would refuse it in any case.
export function fitRole(may, { is_over }) {
  document.body.classList.toggle("is-review", is_over);
  byId("decision").hidden = !may("acknowledge");
  byId("decision").classList.toggle("undecided", !may("decide"));
  byId("only-reading").hidden = may("decide");
  setText(byId("only-reading"), may("acknowledge")
    ? "Acknowledge shows the others that you have seen it. A reviewer decides."
    : "You are reading as auditor: nothing can be changed.");
}
