// Records of the journal: one line each, all fields on demand.
import { h } from "./dom.js";
import { moment } from "./format.js";

const LEVELS = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];

function stateOf(level) {
  return level <= 3 ? "bad" : level === 4 ? "look" : "plain";
}

// `when` tells a record's time in words; `linked` says whether traces are linked to.
export function recordList(records, { when = (record) => moment(record.time), linked = true } = {}) {
  return h("ol", { className: "records" }, records.map((record) => h("li", { className: stateOf(record.level) },
    h("details", {},
      h("summary", {},
        h("time", { datetime: new Date(record.time * 1000).toISOString() }, when(record)),
        h("span", { className: "source" }, record.source),
        h("span", { className: "level" }, LEVELS[record.level]),
        h("span", { className: "message" }, record.message),
        record.cause && h("span", { className: "cause" }, record.cause)),
      h("div", { className: "inside" },
        linked && record.trace_id && h("p", {}, h("a", { href: `#trace/${record.trace_id}` }, "Everything of this trace")),
        h("pre", { tabindex: "0", "aria-label": "The whole message" }, record.message),
        h("dl", { className: "fields" }, [["time", new Date(record.time * 1000).toISOString()], ["unit", record.unit], ...Object.entries(record.fields)]
          .filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))))))));
}
