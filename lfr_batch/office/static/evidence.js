// An evidence pack of the sighting that is open, or of its run: asked for, made, and downloaded.

import { get } from "/shared/api.js";
import { byId, element, setText } from "/shared/dom.js";

let place = null; // {run, sighting} of what is packed
let isMaking = false;

// `here()`: the run that is open, and the sighting where one is; null on other screens.
export function wireEvidence(here) {
  const button = byId("open-pack");
  if (!button) return;
  button.addEventListener("click", () => open(here()));
  byId("pack-form").addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  byId("pack-close").addEventListener("click", () => byId("pack").close());
}

async function open(next) {
  place = next;
  say("");
  byId("pack-make").disabled = isMaking || !place;
  setText(byId("pack-of"), place ? wordsOf(place) : "Open a run, or a sighting, first.");
  byId("pack").showModal();
  const { evidence_keys: names } = await get("/api/policy").catch(() => ({ evidence_keys: [] }));
  byId("pack-names").replaceChildren(...names.map(nameOf));
  byId("pack-nobody").hidden = names.length > 0;
}

const wordsOf = ({ run, sighting }) =>
  sighting ? `Sighting ${sighting} of run ${run}.` : `Every sighting of run ${run}; where there is none, the certificate of that.`;

function nameOf(name) {
  const box = element("input", { type: "checkbox", name: "to", value: name });
  box.addEventListener("change", () => { byId("pack-sealed").checked = true; });
  return element("label", {}, box, ` ${name}`);
}

async function make() {
  const form = new FormData(byId("pack-form"));
  const isSealed = form.get("how") === "sealed";
  const to = isSealed ? form.getAll("to") : [];
  const fault = faultOf(form, isSealed, to);
  if (fault) return say(fault);
  isMaking = true;
  byId("pack-make").disabled = true;
  say("It is being made: of every frame in a clip everybody is looked for, which takes a minute or more.");
  try {
    const { run, sighting } = place;
    const order = {
      sightings: sighting ? [sighting] : [],
      to,
      redact: !isSealed && !place.isEmpty,
      nothing_found: Boolean(place.isEmpty),
      why: form.get("why").trim(),
    };
    save(await packOf(run, order), `evidence-${run}.zip`);
    say("Made and downloaded. Its README.txt says how it is verified.");
  } catch (error) {
    say(`Not made: ${error.message}.`);
  }
  isMaking = false;
  byId("pack-make").disabled = false;
}

function faultOf(form, isSealed, to) {
  if (form.get("why").trim().length < 3) return "Say why, in a few words: it is on record.";
  if (isSealed && !to.length) return "Say who may open what is sealed.";
  return null;
}

async function packOf(run, order) {
  const headers = { "Content-Type": "application/json", "X-LFR-Console": "1" };
  const asked = { method: "POST", headers, body: JSON.stringify(order) };
  const answer = await fetch(`/api/runs/${encodeURIComponent(run)}/evidence`, asked).catch(() => {
    throw new Error("the server cannot be reached");
  });
  if (answer.ok) return answer.blob();
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `the server answers ${answer.status}`);
}

function save(pack, name) {
  const address = URL.createObjectURL(pack);
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

const say = (words) => setText(byId("pack-said"), words);
