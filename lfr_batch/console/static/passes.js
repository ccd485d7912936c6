// "A volunteer passes": who, where, and one touch at the moment; the last ones can be taken back.

import { get, post, serverNow } from "./api.js";
import { byId, element, fill, setText } from "./dom.js";
import { attempt } from "./said.js";

let clock, name; // how times are written, and whose console it is
let volunteer = "";
let camera = "";
const NOTHING = { volunteers: [], cameras: [], last: [], entered: 0 };
let known = NOTHING;

// Where this console has the button.
export function openPasses(ownClock, ownName) {
  if (!byId("show-passes")) return;
  [clock, name] = [ownClock, ownName];
  byId("show-passes").addEventListener("click", () => attempt(open));
  byId("passing").addEventListener("change", (event) => { volunteer = event.target.value; show(); });
  byId("passes-now").addEventListener("click", () => attempt(enter));
  setInterval(() => byId("passes").open && showLast(), 1000);
}

// An alert must not come behind the dialog.
export function givePlace() {
  if (byId("passes")?.open) byId("passes").close();
}

// Nothing of them stays on a page that is left.
export function clearPasses() {
  [volunteer, camera] = ["", ""];
  known = NOTHING;
  for (const id of ["passing", "passed-cameras", "last-passes"]) byId(id)?.replaceChildren();
  for (const id of ["passes-said", "passes-entered"]) if (byId(id)) setText(byId(id), "");
}

async function open() {
  await load();
  if (!byId("passes").open) byId("passes").showModal();
}

async function load() {
  known = await get("/api/passes");
  if (!known.volunteers.includes(volunteer)) volunteer = "";
  if (!known.cameras.includes(camera)) camera = known.cameras.length === 1 ? known.cameras[0] : "";
  fill(byId("passing"), [choice("", "Choose who passes"), ...known.volunteers.map((who) => choice(who, who))]);
  if (byId("passed-cameras").childElementCount !== known.cameras.length) {
    byId("passed-cameras").replaceChildren(...known.cameras.map(button));
  }
  show();
}

async function enter() {
  byId("passes-now").disabled = true; // one touch is one pass
  await tell("Not entered", async () => {
    const made = await post("/api/passes", { volunteer, camera });
    return `${made.volunteer} passes ${made.camera} at ${clock.timeInZone(made.at)}.`;
  });
  byId("passes-now").focus();
}

async function takeBack(made) {
  await tell("Not taken back", async () => {
    await post(`/api/passes/${made.pass_id}/take-back`);
    return `Taken back: ${made.volunteer} did not pass.`;
  });
}

async function tell(failed, act) {
  try {
    setText(byId("passes-said"), await act());
  } catch (error) {
    setText(byId("passes-said"), `${failed}: ${error.message}.`);
  }
  await load();
}

function show() {
  byId("passing").value = volunteer;
  for (const each of byId("passed-cameras").children) {
    each.setAttribute("aria-pressed", String(each.value === camera));
  }
  byId("passes-now").disabled = !volunteer || !camera;
  setText(byId("passes-words"), missing());
  showLast();
}

function showLast() {
  const passes = known.entered === 1 ? "1 pass" : `${known.entered} passes`;
  setText(byId("passes-entered"), `${passes} entered`);
  fill(byId("last-passes"), known.last.map(line));
  for (const each of byId("last-passes").querySelectorAll("button")) {
    each.onclick = () => attempt(() => takeBack(known.last.find((made) => made.pass_id === each.value)));
  }
}

function line(made) {
  const words = `${made.volunteer} · ${made.camera} · ${clock.time(made.at)}`;
  const mayBack = made.entered_by === name && Date.parse(made.final_at) > serverNow();
  const back = element("button", { type: "button", value: made.pass_id }, "Take back");
  return element("li", {}, element("span", {}, words), ...(mayBack ? [back] : []));
}

function missing() {
  if (!volunteer) return "Choose who passes; touch the button when their face is before the camera.";
  return camera ? "" : "Choose the camera.";
}

const choice = (value, words) => element("option", { value }, words);

function button(value) {
  const made = element("button", { type: "button", value, className: "choice" }, value);
  made.addEventListener("click", () => { camera = value; show(); });
  return made;
}
