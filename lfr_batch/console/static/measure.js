// From capture until both pictures are on this screen, told to the server.

import { post, serverNow } from "./api.js";
import { painted } from "./queue.js";

export async function measure(alert) {
  if (document.hidden || !(await painted(alert))) return;
  const latency_ms = Math.max(0, serverNow() - Date.parse(alert.captured_at));
  await post(`/api/alerts/${alert.alert_id}/shown`, { latency_ms });
}
