import * as api from "./api.js";
import { announce, empty, h } from "./dom.js";
import { moment, seconds as span } from "./format.js";
import { recordList } from "./record_list.js";

export const title = "Trace";
const EVERY = 0;
export { EVERY as seconds };

export const load = (rest, query, signal) => api.get(`trace/${encodeURIComponent(rest)}`, {}, signal);

export function controls(rest) {
  return h("p", {}, h("a", { href: "#logs" }, "Back to the logs"), " ", h("code", { className: "id" }, rest));
}

export function render(data) {
  const { records } = data;
  if (!records.length) return empty("No record carries this trace. Is it older than the journal keeps, or of another host?");
  announce(`${records.length} records in this trace`);
  const begin = records[0].time;
  const whole = Math.max(records.at(-1).time - begin, 0.001);
  const sources = [...new Set(records.map((record) => record.source))];
  const bad = records.filter((record) => record.level <= 4).length;
  return [
    h("p", { className: "lead" }, `${records.length} records of ${sources.length} sources, from ${moment(begin)} on, within ${span(whole)}. `,
      bad ? h("strong", { className: "bad-words" }, bad === 1 ? "One warning or error." : `${bad} warnings and errors.`) : "No warning, no error."),
    h("h2", {}, "The way"),
    h("ol", { className: "way" }, sources.map((source) => {
      const mine = records.filter((record) => record.source === source);
      return h("li", { className: mine.some((record) => record.level <= 3) ? "bad" : mine.some((record) => record.level === 4) ? "look" : "" },
        h("strong", {}, source), h("span", {}, `first at +${span(mine[0].time - begin)}, ${mine.length} ${mine.length === 1 ? "record" : "records"}`));
    })),
    h("h2", {}, "Every record, in order"),
    recordList(records, { when: (record) => `+${span(record.time - begin)}`, linked: false }),
    data.partial && h("p", { className: "note look" }, "There are more records than are shown, or the search took too long."),
  ];
}
