import * as api from "./api.js";
import { badge, card, empty, h, problems, svg, table } from "./dom.js";
import { moment, seconds as span, version } from "./format.js";
import { plot } from "./plot.js";
import { spans } from "./spans.js";

export const title = "Releases";
const EVERY = 15;
export { EVERY as seconds };
const USUAL = "6h";

const STATES = { done: "ok", failed: "bad", "went back": "look", "under way": "busy" };

export const controls = (rest, query) => spans("releases", query.span ?? USUAL);
export const load = (rest, query, signal) => api.get("releases", { span: query.span ?? USUAL }, signal);

export function render(data) {
  const times = data.panels[0]?.times ?? [];
  const marks = data.releases.map((release) => ({ at: release.ended, bad: release.outcome !== "done" }));
  return [
    problems(data.problems),
    h("p", { className: "lead" }, "Dashed lines are releases: what came after them is theirs."),
    data.panels.map((panel) => plot(panel, marks)),
    times.length > 0 && card("On a time line", line(data.releases, times[0], times.at(-1))),
    card("Every release", data.releases.length ? h("ol", { className: "releases" }, data.releases.map(one))
      : empty("Nothing has been released here yet.")),
  ];
}

function line(releases, from, to) {
  const services = [...new Set(releases.map((release) => release.service))].sort();
  const inside = releases.filter((release) => release.ended >= from && release.began <= to);
  if (!inside.length) return empty("No release in this time. Choose a longer one above.");
  return h("div", { className: "lanes", "aria-hidden": "true" }, services.map((service) => h("div", { className: "lane" },
    h("span", {}, service),
    lane(inside.filter((release) => release.service === service), from, to))));
}

function lane(releases, from, to) {
  const at = (moment) => Math.max(0, Math.min(1, (moment - from) / (to - from))) * 1000;
  return svg("svg", { viewBox: "0 0 1000 24", preserveAspectRatio: "none" }, releases.map((release) => svg("rect", {
    x: at(release.began), y: 4, height: 16, rx: 3, width: Math.max(6, at(release.ended) - at(release.began)), class: STATES[release.outcome],
  })));
}

function one(release) {
  const state = STATES[release.outcome];
  return h("li", {}, h("details", {},
    h("summary", {}, badge(state, release.outcome), h("strong", {}, release.service), h("code", {}, version(release.version)),
      h("span", { className: "muted" }, `${moment(release.began)}, ${span(release.ended - release.began)}`)),
    release.reason && h("p", {}, release.reason),
    table(`Steps of ${release.service} ${release.run}`, ["step", "outcome", "took", "detail"],
      release.steps.map((step) => [step.step, step.outcome, span(step.seconds), step.detail])),
    h("p", {}, h("a", { href: "#logs?source=releases&span=" }, "What lhctl said"))));
}
