// How far a picture is enlarged, and where to. Pure.
//
// `x`, `y`: how far it is moved from the middle, in widths and heights of what it is seen through.

export const WHOLE = { scale: 1, x: 0, y: 0 };
const LARGEST = 8;

export function moved({ scale, x, y }, across, down) {
  const most = (scale - 1) / 2;
  const within = (value) => Math.min(most, Math.max(-most, value));
  return { scale, x: within(x + across), y: within(y + down) };
}

// `at`: the point that stays where it is, from the middle.
export function scaled(lens, by, at = { x: 0, y: 0 }) {
  const scale = Math.min(LARGEST, Math.max(1, lens.scale * by));
  const ratio = scale / lens.scale;
  const stays = (here, point) => point - (point - here) * ratio;
  return moved({ scale, x: stays(lens.x, at.x), y: stays(lens.y, at.y) }, 0, 0);
}

// Of two fingers: how far apart they are, and their middle.
export function spanOf([a, b]) {
  return { px: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
