// "A volunteer passes": who, where, and one touch at the moment; the last ones can be taken back.

import { get, post, serverNow } from "./api.js";
import { byId, element, fill, setText } from "./dom.js";
import { attempt } from "./said.js";

let volunteer = "";
let camera = "";
let shown = { volunteers: [], cameras: [], last: [], entered: 0 };

// Where this console has the button; `clock` writes times, `name` is whose console it is.
export function openPasses(clock, name) {
  if (!byId("show-passes")) return;
  byId("show-passes").addEventListener("click", () => attempt(open));
  byId("passing").addEventListener("change", (event) => { volunteer = event.target.value; update(); });
  byId("passes-now").addEventListener("click", () => attempt(enter));
  setInterval(() => byId("passes").open && showLast(), 1000);

  async function open() {
    await load();
    if (!byId("passes").open) byId("passes").showModal();
  }

  async function load() {
    shown = await get("/api/passes");
    if (!shown.volunteers.includes(volunteer)) volunteer = "";
    if (!shown.cameras.includes(camera)) camera = shown.cameras.length === 1 ? shown.cameras[0] : "";
    fill(byId("passing"), [choice("", "Choose who passes"), ...shown.volunteers.map((who) => choice(who, who))]);
    byId("passing").value = volunteer;
    fill(byId("passed-cameras"), shown.cameras.map(button));
    for (const each of byId("passed-cameras").children) each.onclick = () => { camera = each.value; update(); };
    update();
  }

  function update() {
    for (const each of byId("passed-cameras").children) {
      each.setAttribute("aria-pressed", String(each.value === camera));
    }
    byId("passes-now").disabled = !volunteer || !camera;
    setText(byId("passes-words"), missing());
    showLast();
  }

  async function enter() {
    byId("passes-now").disabled = true; // one touch is one pass
    try {
      const made = await post("/api/passes", { volunteer, camera });
      setText(byId("passes-said"), `${made.volunteer} passes ${made.camera} at ${clock.timeInZone(made.at)}.`);
    } catch (error) {
      setText(byId("passes-said"), `Not entered: ${error.message}.`);
    }
    await load();
  }

  async function takeBack({ pass_id, volunteer: who }) {
    try {
      await post(`/api/passes/${pass_id}/take-back`);
      setText(byId("passes-said"), `Taken back: ${who} did not pass.`);
    } catch (error) {
      setText(byId("passes-said"), `Not taken back: ${error.message}.`);
    }
    await load();
  }

  function showLast() {
    setText(byId("passes-entered"), shown.entered === 1 ? "1 pass entered" : `${shown.entered} passes entered`);
    fill(byId("last-passes"), shown.last.map(line));
    for (const each of byId("last-passes").querySelectorAll("button")) {
      each.onclick = () => attempt(() => takeBack(shown.last.find((made) => made.pass_id === each.value)));
    }
  }

  function line(made) {
    const words = `${made.volunteer} · ${made.camera} · ${clock.time(made.at)}`;
    const isOwn = made.entered_by === name && Date.parse(made.final_at) > serverNow();
    const back = element("button", { type: "button", value: made.pass_id }, "Take back");
    return element("li", {}, element("span", {}, words), ...(isOwn ? [back] : []));
  }
}

// An alert must not come behind the dialog.
export function givePlace() {
  if (byId("passes")?.open) byId("passes").close();
}

function missing() {
  if (!volunteer) return "Choose who passes; touch the button when their face is before the camera.";
  return camera ? "" : "Choose the camera.";
}

const choice = (value, words) => element("option", { value }, words);
const button = (name) => element("button", { type: "button", value: name, className: "choice" }, name);
