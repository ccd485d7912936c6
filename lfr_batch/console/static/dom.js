// Small helpers for the page. Text is always set as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Replaces what `parent` holds, but leaves it alone where the text is the same: what a screen
// reader or a finger is on must not be taken away every second.
export function fill(parent, children) {
  const made = element("div", {}, ...children);
  if (parent.innerHTML !== made.innerHTML) parent.replaceChildren(...made.childNodes);
}

// What is taken out goes on loading, also after a log-out, unless it is told not to.
export function refill(parent, ...children) {
  for (const each of parent.querySelectorAll("img, video")) {
    each.removeAttribute("src");
    each.load?.();
  }
  parent.replaceChildren(...children);
}

// That a dialog is closed is heard a little later, when it may be open again.
export function onClosed(dialog, act) {
  dialog.addEventListener("close", () => dialog.open || act());
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
