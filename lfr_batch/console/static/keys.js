// The keyboard. One table is both what the keys do and what the help says.

import { byId, element } from "./dom.js";
import { OUTCOMES, VERDICTS } from "./draft.js";

const KEYS = [
  { keys: ["ArrowDown", "j"], shown: "↓ or J", help: "the next older alert", act: (d) => d.move(1), repeats: true },
  { keys: ["ArrowUp", "k"], shown: "↑ or K", help: "the next newer alert", act: (d) => d.move(-1), repeats: true },
  { keys: ["n"], shown: "N", help: "the newest alert that waits", act: (d) => d.newest() },
  { keys: ["a"], shown: "A", help: "acknowledge", act: (d) => d.acknowledge() },
  ...VERDICTS.map((verdict, i) => ({ keys: [`${i + 1}`], act: (d) => d.verdict(verdict) })),
  { keys: [], shown: "1 2 3", help: "match, no match, cannot tell" },
  ...[0, 1, 2, 3].map((i) => ({ keys: [`${i + 4}`], act: (d) => d.reason(i) })),
  { keys: [], shown: "4 5 6 7", help: "a reason" },
  ...OUTCOMES.map((outcome, i) => ({ keys: [`${(i + 8) % 10}`], act: (d) => d.outcome(outcome) })),
  { keys: [], shown: "8 9 0", help: "engaged, arrested, no action" },
  { keys: ["w"], shown: "W", help: "write a reason; Esc leaves it", act: (d) => d.write() },
  { keys: ["Enter"], shown: "Enter", help: "save the decision", act: (d) => d.save() },
  { keys: ["z"], shown: "Z", help: "zoom both pictures: + and −, arrows to move, N the newest, Esc closes", act: (d) => d.zoom("pair") },
  { keys: ["s"], shown: "S", help: "the whole scene", act: (d) => d.zoom("scene") },
  { keys: ["m"], shown: "M", help: "mute, or sound again", act: (d) => d.mute() },
  { keys: ["?"], shown: "?", help: "this help", act: (d) => d.help() },
];

export function listenToKeys(desk) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A dialog that has just closed may still have the focus: keys are the page's again.
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input")) {
      if (event.key === "Escape") event.target.blur();
      if (event.key !== "Enter" || event.isComposing) return;
    }
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = KEYS.find((each) => each.keys.includes(pressed));
    // On a button of its own meaning, Enter presses that button.
    const own = event.key === "Enter" && event.target.closest("button:not(.choice, .item), a");
    if (!found || own || (event.repeat && !found.repeats)) return;
    event.preventDefault();
    found.act(desk);
  });
  byId("keys").replaceChildren(
    ...KEYS.filter((each) => each.shown).map((each) =>
      element("tr", {}, element("th", {}, each.shown), element("td", {}, each.help)),
    ),
  );
}
