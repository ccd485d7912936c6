// One dialog, one form of it at a time: what is asked before something is done to a case. A refusal
// is said beside what was stated, which stays.

import { post } from "/shared/api.js";
import { byId, setText } from "/shared/dom.js";

const FIELD = "input:not([readonly]), select, textarea";
const PERHAPS = "It may have arrived all the same: look before you send it again.";
let asked = null; // what is open, or of which nobody took leave yet: {order, done, left, closed, wasSent}

// `order`: {title, intro, nodes, button, path, body, said}; `body` gives what is to be sent, or
// the words for what it lacks. `done`: told the answer; `left`: told where it is left after
// something was sent in vain; `closed`: told that it is gone, however.
export function showForm(order, { done, left, closed = () => {} }) {
  leave();
  asked = { order, done, left, closed, wasSent: false };
  setText(byId("case-form-title"), order.title);
  setText(byId("case-form-intro"), order.intro ?? "");
  byId("case-form-intro").hidden = !order.intro;
  byId("case-fields").replaceChildren(...order.nodes);
  setText(byId("case-send"), order.button);
  refuse("");
  byId("case-form").showModal();
  (byId("case-fields").querySelector(FIELD) ?? byId("case-form-title")).focus();
}

// Nothing of it stays.
export function closeOrder() {
  byId("case-form").close();
  byId("case-fields").replaceChildren();
}

export function wireForms() {
  byId("case-leave").addEventListener("click", () => byId("case-form").close());
  byId("case-form").addEventListener("close", leave);
  byId("case-stated").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!byId("case-send").disabled) submit(asked);
  });
  byId("case-form").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    byId("case-stated").requestSubmit();
  });
}

// A form is said to be closed a little later, when the next may be open.
function leave() {
  if (!asked || byId("case-form").open) return;
  const { wasSent, left, closed } = asked;
  asked = null;
  byId("case-fields").replaceChildren();
  if (wasSent) left();
  closed();
}

function submit(of) {
  const stated = of.order.body();
  if (typeof stated === "string") refuse(`Not sent: ${stated}.`);
  else send(of, stated);
}

async function send(of, stated) {
  byId("case-send").disabled = true;
  refuse("");
  of.wasSent = true;
  try {
    const answer = await post(of.order.path, stated);
    of.wasSent = false;
    byId("case-form").close();
    of.done(answer);
  } catch (error) {
    const isDecided = error.status !== undefined && error.status < 500;
    refuse(`Not done: ${sentence(error.message)}${isDecided ? "" : ` ${PERHAPS}`}`);
  } finally {
    byId("case-send").disabled = false;
  }
}

const refuse = (words) => setText(byId("case-refused"), words);
const sentence = (text) => /[.!?]$/.test(text) ? text : `${text}.`;
