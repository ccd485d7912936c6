// The server's events, whether they still come, and whether the server answers at all.

import { get } from "./api.js";

const SILENT_MS = 6000;
const AGAIN_MS = 1500;
const KINDS = ["alert", "status", "trouble", "beat", "end"];

// `told[kind](data)` for each event, `told.opened()` whenever the stream begins (anew). After
// `close()` nothing is told any more, and nothing tried, until `again()`.
export function listen(told) {
  const link = { up: false, since: Date.now(), heard: Date.now(), reached: false, close, again };
  let source = null;
  let closed = false;

  const turn = (up) => {
    if (link.up !== up) Object.assign(link, { up, since: Date.now(), reached: false });
  };

  function close() {
    closed = true;
    source.close();
    turn(false);
  }

  function again() {
    closed = false;
    open();
  }

  function open() {
    if (closed) return;
    source?.close();
    link.heard = Date.now();
    source = new EventSource("/events");
    source.onopen = () => {
      turn(true);
      told.opened();
    };
    source.onerror = () => {
      turn(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, AGAIN_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        turn(true);
        link.heard = Date.now();
        told[kind](JSON.parse(event.data));
      });
    }
  }

  // A session that is over leads to the login page; see `get`.
  async function reopen() {
    link.reached = await get("/api/time").then(() => true, () => false);
    open();
  }

  setInterval(() => {
    if (Date.now() - link.heard < SILENT_MS) return;
    turn(false);
    open();
  }, 1000);
  open();
  return link;
}
