// Numbers and times as officers read them. Pure.

export function clockOf(zone) {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  const name = zone === "+00:00" ? "UTC" : `UTC${zone.replace(":00", "").replace(/([+-])0/, "$1")}`;
  const time = (moment) => format.format(new Date(moment));
  return {
    time,
    timeInZone: (moment) => `${time(moment)} ${name}`,
    minuteInZone: (moment) => `${time(moment).slice(0, 5)} ${name}`,
  };
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export const ago = (ms) => `${duration(ms)} ago`;
export const count = (n) => n.toLocaleString("en-GB");
export const milliseconds = (ms) => (ms === null ? "–" : `${count(Math.round(ms))} ms`);

export function share(part, whole) {
  return whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : "–";
}

// A rate with its plain meaning: 0.08 % of faces are hard to picture, 1 in 1,204 are not.
export function rate(value) {
  if (value === null) return "–";
  if (value === 0) return "none";
  return `${(100 * value).toPrecision(2)} % (1\u00a0in\u00a0${count(Math.round(1 / value))})`;
}

export const WORDS = {
  match: "Match",
  no_match: "No match",
  cannot_tell: "Cannot tell",
  engaged: "Engaged",
  arrested: "Arrested",
  no_action: "No action",
};
