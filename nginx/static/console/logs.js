import * as api from "./api.js";
import { announce, empty, h } from "./dom.js";
import { recordList } from "./record_list.js";

export const title = "Logs";
const EVERY = 0;
export { EVERY as seconds };

const LEVELS = [["", "all"], ["6", "information and worse"], ["5", "notices and worse"], ["4", "warnings and errors"], ["3", "errors only"]];
const TIMES = [["900", "15 minutes"], ["3600", "hour"], ["86400", "day"], ["604800", "week"], ["", "kept"]];
const TRACE = /^[0-9a-f]{32}$/;
const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

function choice(id, label, options, chosen) {
  return h("p", { className: "field" }, h("label", { for: id }, label),
    h("select", { id, name: id }, options.map(([value, words]) => h("option", { value, selected: value === chosen }, words))));
}

export function controls(rest, query) {
  const sources = h("select", { id: "source", name: "source" }, h("option", { value: "" }, "everything"),
    query.source && h("option", { value: query.source, selected: true }, query.source));
  api.get("sources").then((found) => sources.replaceChildren(
    h("option", { value: "" }, "everything"),
    h("optgroup", { label: "Services" }, found.services.map((name) => h("option", { value: name, selected: name === query.source }, name))),
    h("optgroup", { label: "Platform" }, found.platform.map((name) => h("option", { value: name, selected: name === query.source }, name))),
  )).catch(() => {});

  function submit(event) {
    event.preventDefault();
    const wanted = Object.fromEntries(new FormData(event.target));
    const trace = TRACEPARENT.exec(wanted.text.trim())?.[1] ?? (TRACE.test(wanted.text.trim()) ? wanted.text.trim() : "");
    if (trace) location.hash = `trace/${trace}`;
    else location.hash = `logs?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`;
  }

  return h("form", { className: "search", role: "search", "aria-label": "Logs", onsubmit: submit },
    h("p", { className: "field" }, h("label", { for: "source" }, "Source"), sources),
    choice("level", "Level", LEVELS, query.level ?? ""),
    choice("span", "Within the last", TIMES, query.span ?? "3600"),
    h("p", { className: "field wide" }, h("label", { for: "text" }, "Text, or a trace id"),
      h("input", { id: "text", name: "text", type: "search", value: query.text ?? "", autocomplete: "off", spellcheck: "false" })),
    h("button", { type: "submit", className: "main" }, "Search"));
}

function asked(query, before) {
  const span = query.span ?? "3600";
  return {
    source: query.source, level: query.level, text: query.text?.trim(), before,
    since: span ? (Date.now() / 1000 - Number(span)).toFixed(0) : "",
  };
}

export const load = (rest, query, signal) => api.get("logs", asked(query), signal);

export function render(data, rest, query) {
  if (!data.records.length) {
    announce("No record found");
    return empty(data.partial
      ? "The search took too long and was ended. Choose a shorter time or a source."
      : "Nothing was recorded that fits. Choose a longer time, another source or fewer words.");
  }
  announce(`${data.records.length} records`);
  const list = recordList(data.records);
  const more = h("p", { className: "more" });
  let last = data;

  async function older() {
    const before = last.records.at(-1).time - 0.000001;
    more.replaceChildren("Looking …");
    try {
      last = await api.get("logs", asked(query, before.toFixed(6)));
      const first = recordList(last.records);
      const next = first.querySelector("summary");
      list.append(...first.children);
      next?.focus();
      announce(`${last.records.length} older records`);
    } catch (error) {
      announce(error.message);
    }
    offer();
  }

  function offer() {
    more.replaceChildren(last.more && last.records.length
      ? h("button", { type: "button", onclick: older }, "Older records")
      : last.partial ? "The search took too long and was ended here." : "That is all.");
  }

  offer();
  return [list, more];
}
