// How pictures of faces are laid beside one another: the eyes equally far apart, the middles of the
// faces at one height, and nothing of a picture outside. Pure.
//
// A view is {face, picture: {width, height}, pane: {width, height}}; `face`: x and y of its middle
// and how far apart its eyes are, in widths of the picture; null where that is not known.

const AS_IT_IS = { scale: 1, x: 0, y: 0 };

// Of each view how much larger it is than what just fits its pane, and how far it is moved, in
// widths and heights of the pane.
export function levelled(views) {
  if (!views.every(isKnown)) return views.map(() => AS_IT_IS);
  const faces = views.map(({ face, picture }) => face.map((share) => share * picture.width));
  const apart = Math.min(...views.map((view, i) => faces[i][2] * mostOf(view, faces[i])));
  return views.map(({ picture, pane }, i) => {
    const [x, y, eyes] = faces[i];
    const scale = apart / eyes;
    return {
      scale: scale / Math.min(pane.width / picture.width, pane.height / picture.height),
      x: (scale * (picture.width / 2 - x)) / pane.width,
      y: (scale * (picture.height / 2 - y)) / pane.height,
    };
  });
}

const isKnown = ({ face, picture, pane }) =>
  Boolean(face && face[2] > 0 && picture.width && picture.height && pane.width && pane.height);

// So much larger than its pixels the whole picture may be with the face in the middle of its pane.
function mostOf({ picture, pane }, [x, y]) {
  const across = 2 * Math.max(x, picture.width - x);
  const down = 2 * Math.max(y, picture.height - y);
  return Math.min(pane.width / across, pane.height / down);
}
