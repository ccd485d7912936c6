// Fields of a form, each with its name and what there is to know of it.

import { element } from "/shared/dom.js";

export const line = (id, value, maxLength, more = {}) => element("input", { type: "text", id, value, maxLength, spellcheck: false, ...more });
export const area = (id, maxLength) => element("textarea", { id, maxLength, rows: 3 });

export function choice(id, words, value = "") {
  const options = words.map((each) => element("option", { value: each }, each));
  const made = element("select", { id }, element("option", { value: "" }, "Choose…"), ...options);
  made.value = words.includes(value) ? value : "";
  return made;
}

export function field(legend, input, words = null) {
  const made = element("div", { className: "field" }, element("label", { htmlFor: input.id }, legend), input);
  if (words) {
    const hint = element("p", { id: `${input.id}-hint`, className: "hint" }, words);
    input.setAttribute("aria-describedby", hint.id);
    made.append(hint);
  }
  return made;
}
