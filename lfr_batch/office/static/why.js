// Where the house asks why a run is opened: once in a session, before anything of it is shown.

import { showForm } from "./case_dialog.js";
import { area, field } from "./fields.js";

const WHY_FIRST = 428;
const LONGEST = 2000;

// What `ask` is answered about the run, after the reason was given where it is wanted.
export async function opened(run, ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.status !== WHY_FIRST) throw error;
  }
  await givenReason(run);
  return ask();
}

function givenReason(run) {
  const why = area("open-why", LONGEST);
  const order = {
    title: "Why do you open this run?",
    intro: `Run ${run}. The rules of this house ask.`,
    nodes: [field("Reason", why, "On record under your name; asked once for as long as you are logged in")],
    button: "Open the run",
    path: `/api/runs/${encodeURIComponent(run)}/opening`,
    body: () => why.value.trim() ? { why: why.value.trim() } : "say why you open it",
  };
  return new Promise((done, refused) => {
    const unsaid = Object.assign(new Error("no reason was given"), { status: WHY_FIRST });
    showForm(order, { done, left() {}, closed: () => refused(unsaid) });
  });
}
