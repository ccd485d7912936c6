// What tells of an alert outside the page: the tablet shakes, and a notification without a face
// or a name, since anybody may see it.

const SHAKES_MS = [400, 100, 400, 100, 400];

let shown = null;
let refused = false;

const exist = () => "Notification" in window && !refused;

export const mayAsk = () => exist() && Notification.permission === "default";

export const ask = () => Notification.requestPermission();

export function noticeWords() {
  if (!exist()) return "This browser shows no notifications.";
  return {
    granted: "Notifications are on while this page is not in front.",
    denied: "Notifications are off: this browser's settings for the page allow them.",
    default: "Notifications are off.",
  }[Notification.permission];
}

export function shake() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES_MS);
}

export function notify({ camera }, silent) {
  if (!exist() || Notification.permission !== "granted") return;
  if (!document.hidden && document.hasFocus()) return;
  try {
    shown = new Notification(`Alert, camera ${camera}`, { tag: "lfr-alert", renotify: true, silent });
    shown.onclick = () => { window.focus(); withdraw(); };
  } catch {
    refused = true; // some browsers have them for installed pages alone
  }
}

export function withdraw() {
  shown?.close();
  shown = null;
}
