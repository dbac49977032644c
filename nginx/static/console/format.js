// Numbers and times as people read them. Nothing known is a dash, never a zero.

const NONE = "–";

function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.01) return "< 0.01";
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function seconds(value) {
  if (value === null || value === undefined) return NONE;
  if (value === 0) return "0 s";
  if (value < 1) return `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;
  if (value < 120) return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} s`;
  if (value < 7200) return `${(value / 60).toFixed(0)} min`;
  return value < 172800 ? `${(value / 3600).toFixed(0)} h` : `${(value / 86400).toFixed(0)} days`;
}

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value < 10 && unit ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

export function ratio(value) {
  if (value === null || value === undefined) return NONE;
  const percent = value * 100;
  return `${percent === 0 || percent === 100 ? percent : Math.abs(percent) < 0.1 ? percent.toFixed(3) : percent.toFixed(1)} %`;
}

const UNITS = {
  seconds, bytes, ratio,
  "per second": (value) => (value === null || value === undefined ? NONE : `${short(value)}/s`),
  "bytes per second": (value) => (value === null || value === undefined ? NONE : `${bytes(value)}/s`),
};

export function amount(value, unit) {
  if (UNITS[unit]) return UNITS[unit](value);
  return value === null || value === undefined ? NONE : `${Math.round(value)}`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

export function clock(at) {
  return CLOCK.format(new Date(at * 1000));
}

export function moment(at) {
  if (!at) return "never";
  const then = new Date(at * 1000);
  const sameDay = then.toDateString() === new Date().toDateString();
  return sameDay ? CLOCK.format(then) : `${DAY.format(then)}, ${CLOCK.format(then)}`;
}

export function ago(at, now = Date.now() / 1000) {
  if (!at) return "never";
  const passed = now - at;
  return passed < 0 ? `in ${seconds(-passed)}` : passed < 2 ? "just now" : `${seconds(passed)} ago`;
}

// 0.1.0-3f2a…: a person tells releases apart by their ends.
export function version(text) {
  return text && text.length > 22 ? `${text.slice(0, 12)}…${text.slice(-7)}` : text || NONE;
}
