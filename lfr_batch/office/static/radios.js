// Choices of one among a few, in a frame with its name.

import { element } from "/shared/dom.js";

// `pairs`: [value, words] of each; `chosen` is told the value.
export function radios(name, legend, pairs, value, chosen) {
  const labels = pairs.map(([each, words]) => {
    const input = element("input", { type: "radio", name, value: each, checked: each === value });
    input.addEventListener("change", () => chosen(each));
    return element("label", {}, input, element("span", {}, words));
  });
  const frame = element("fieldset", { className: "radios" }, element("legend", {}, legend), element("div", {}, ...labels));
  frame.dataset.of = name;
  return frame;
}

// Where the keyboard enters it.
export const entryOf = (frame) => frame.querySelector("input:checked") ?? frame.querySelector("input");

// A text area that says how many letters it has.
export function reasonField(id, legend, value, most, changed) {
  const counter = element("span", { id: `${id}-letters`, className: "letters" });
  const area = element("textarea", { id, value, rows: 3 });
  area.setAttribute("aria-describedby", counter.id);
  const count = () => { counter.textContent = `${lettersOf(area.value)} of ${most} letters`; };
  area.addEventListener("input", () => { count(); changed(area.value); });
  count();
  const label = element("label", { htmlFor: id }, legend);
  return element("div", { className: "reason" }, element("div", { className: "line" }, label, counter), area);
}

// As the server counts them.
export const lettersOf = (text) => [...text.trim()].length;
