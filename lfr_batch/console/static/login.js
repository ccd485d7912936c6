// A token for a session. A link with a token after the # logs in at once and forgets it.

import { post, tokenOfLink } from "./api.js";
import { byId, setText } from "./dom.js";
import { unmuteAll } from "./preferences.js";

async function login(token) {
  try {
    await post("/login", { token });
    unmuteAll();
    location.replace("/");
  } catch (error) {
    setText(byId("said"), `Not logged in: ${error.message}.`);
    byId("token").select();
  }
}

byId("login").addEventListener("submit", (event) => {
  event.preventDefault();
  login(byId("token").value);
});

function followLink() {
  const given = tokenOfLink();
  if (given) login(given);
}

byId("enter").disabled = false;
addEventListener("hashchange", followLink);
followLink();
