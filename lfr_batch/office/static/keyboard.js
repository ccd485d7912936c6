// The keyboard. One table is both what the keys do and what the help says.

import { byId, element } from "/shared/dom.js";

const LENS = ["+", "=", "-", "0", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

// `on`: the screens where it is one.
const KEYS = [
  { keys: ["j", "ArrowDown"], on: "runs run cases", shown: "J K or ↓ ↑", help: "in a list: down, up; Enter opens", act: (d) => d.move(1) },
  { keys: ["k", "ArrowUp"], on: "runs run cases", act: (d) => d.move(-1) },
  { keys: ["j"], on: "sighting", shown: "J K", help: "at a sighting: the next, the previous", act: (d) => d.step(1) },
  { keys: ["k"], on: "sighting", act: (d) => d.step(-1) },
  { keys: ["w"], on: "run sighting", shown: "W", help: "the next that waits for you", act: (d) => d.waiting() },
  { keys: ["u"], on: "run sighting case", shown: "U", help: "up: to the queue, to the runs, to the cases", act: (d) => d.up() },
  { keys: ["f"], on: "runs run", shown: "F", help: "what the list shows", act: (d) => d.filter() },
  { keys: DIGITS, on: "sighting", shown: "1 … 9", help: "which candidate is compared", act: (d, key) => d.compare(Number(key)) },
  { keys: LENS, on: "sighting", shown: "+ − 0", help: "both pictures larger, smaller, whole; arrows move them", act: (d, key) => d.lens(key) },
  { keys: ["["], on: "sighting", shown: "[ ]", help: "another enrolled picture", act: (d) => d.known(-1) },
  { keys: ["]"], on: "sighting", act: (d) => d.known(1) },
  { keys: [","], on: "sighting", shown: ", .", help: "another shot of the track", act: (d) => d.shot(-1) },
  { keys: ["."], on: "sighting", act: (d) => d.shot(1) },
  { keys: ["m"], on: "sighting", shown: "M", help: "the moment in the footage", act: (d) => d.moment() },
  { keys: ["s", "d", "n"], on: "sighting", shown: "S D N", help: "this component is similar, different, not visible; then the next", act: (d, key) => d.state(key) },
  { keys: ["c"], on: "sighting", shown: "C", help: "to the comparison: what is not stated yet", act: (d) => d.form() },
  { keys: ["r"], on: "sighting", shown: "R", help: "write the reason; Esc leaves it", act: (d) => d.write() },
  { keys: ["o"], on: "sighting", shown: "O", help: "note what became of it, once it is decided", act: (d) => d.outcome() },
  { keys: [], shown: "Ctrl + Enter", help: "save the comparison, or the outcome" },
  { keys: ["g"], on: "runs run cases case", shown: "G", help: "go to the cases, and back to the reviews", act: (d) => d.turn() },
  { keys: ["n"], on: "cases", shown: "N", help: "open a case", act: (d) => d.newCase() },
  { keys: ["a"], on: "case", shown: "A", help: "ask for an authorisation", act: (d) => d.ask() },
  { keys: ["?"], on: "runs run sighting cases case", shown: "?", help: "this help", act: (d) => d.help() },
];

export function listenToKeys(desk) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      desk.save();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target.matches("textarea, select")) {
      if (event.key === "Escape") leave(target);
      return;
    }
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // Among choices, arrows choose; where something scrolls, they scroll.
    const isArrow = pressed.startsWith("Arrow");
    if (isArrow && target.matches("input, .statement, .wide")) return;
    const found = KEYS.find((each) => each.keys.includes(pressed) && each.on.split(" ").includes(desk.screen()));
    if (!found) return;
    event.preventDefault();
    found.act(desk, pressed);
  });
  byId("keys").replaceChildren(
    ...KEYS.filter((each) => each.shown).map((each) =>
      element("tr", {}, element("th", { scope: "row" }, each.shown), element("td", {}, each.help)),
    ),
  );
}

// Keys are the page's again, and the next Tab goes on from there.
function leave(field) {
  field.blur();
}
