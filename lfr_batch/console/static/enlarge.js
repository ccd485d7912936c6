// Pictures beside one another, enlarged and moved together: by keys, a wheel, or fingers.

import { moved, scaled, spanOf, WHOLE } from "./lens.js";

const STEP = 1.5;
const MOVE = 0.15;
const KEYS = {
  "+": (lens) => scaled(lens, STEP),
  "=": (lens) => scaled(lens, STEP),
  "-": (lens) => scaled(lens, 1 / STEP),
  0: () => WHOLE,
  ArrowLeft: (lens) => moved(lens, MOVE, 0),
  ArrowRight: (lens) => moved(lens, -MOVE, 0),
  ArrowUp: (lens) => moved(lens, 0, MOVE),
  ArrowDown: (lens) => moved(lens, 0, -MOVE),
};

// `area` holds an element of class pane around each picture; `shown` is told the scale; `laid` says
// how a picture lies in its pane before it is enlarged, as a transform.
export function enlarging(area, shown, laid = () => "") {
  const fingers = new Map();
  let lens = WHOLE;

  function change(next) {
    lens = next;
    for (const image of area.querySelectorAll(".pane img")) {
      image.style.transform = `translate(${100 * lens.x}%, ${100 * lens.y}%) scale(${lens.scale}) ${laid(image)}`.trim();
    }
    area.classList.toggle("enlarged", lens.scale > 1);
    shown(lens.scale);
  }

  function down(event) {
    const pane = event.target.closest(".pane");
    if (!pane) return;
    pane.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, pane });
  }

  function drag(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const was = [...fingers.values()];
    const { pane } = before;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, pane });
    const box = pane.getBoundingClientRect();
    if (fingers.size === 1) {
      change(moved(lens, (event.clientX - before.x) / box.width, (event.clientY - before.y) / box.height));
      return;
    }
    const [from, to] = [spanOf(was), spanOf([...fingers.values()])];
    const along = moved(lens, (to.x - from.x) / box.width, (to.y - from.y) / box.height);
    change(scaled(along, to.px / Math.max(from.px, 1), placeIn(pane, to)));
  }

  const up = (event) => fingers.delete(event.pointerId);

  function wheel(event) {
    const pane = event.target.closest(".pane");
    if (!pane) return;
    event.preventDefault();
    const by = event.deltaY < 0 ? STEP : 1 / STEP;
    change(scaled(lens, by, placeIn(pane, { x: event.clientX, y: event.clientY })));
  }

  area.addEventListener("pointerdown", down);
  area.addEventListener("pointermove", drag);
  for (const kind of ["pointerup", "pointercancel"]) area.addEventListener(kind, up);
  area.addEventListener("wheel", wheel, { passive: false });

  return {
    // Whether the key is one of its own.
    press(key) {
      if (!KEYS[key]) return false;
      change(KEYS[key](lens));
      return true;
    },
    // As it is enlarged, where pictures lie otherwise than before.
    again: () => change(lens),
    // The whole pictures again, also after others have taken their place.
    reset() {
      fingers.clear();
      change(WHOLE);
    },
  };
}

// From the middle of the pane it is on, in its widths and heights.
function placeIn(pane, { x, y }) {
  const box = pane.getBoundingClientRect();
  return { x: (x - box.x) / box.width - 0.5, y: (y - box.y) / box.height - 0.5 };
}
