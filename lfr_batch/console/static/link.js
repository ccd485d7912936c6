// A link with another person's token changes who is logged in.

import { post, tokenOfLink } from "./api.js";
import { unmuteAll } from "./preferences.js";

export async function followLink() {
  const token = tokenOfLink();
  if (!token) return;
  await post("/login", { token });
  unmuteAll();
  location.reload();
}
