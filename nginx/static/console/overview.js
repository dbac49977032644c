import * as api from "./api.js";
import { alertList } from "./alert_list.js";
import { announce, badge, card, empty, h, problems } from "./dom.js";
import { amount, ratio, seconds, version } from "./format.js";

export const title = "Overview";
// Named so because views are modules: this is how often one is looked at again.
const EVERY = 5;
export { EVERY as seconds };

export const load = (rest, query, signal) => api.get("overview", {}, signal);

const WORDS = { live: "live", failing: "failing", stopped: "stopped", changing: "changing" };

function health(service) {
  if (service.state === "failing") return ["bad", "failing"];
  if (service.ready === 0) return ["bad", "not ready"];
  if (service.errors > 0.05) return ["bad", "answers errors"];
  if (service.state === "changing" || service.canary) return ["busy", service.canary ? "canary" : "changing"];
  if (service.state === "stopped") return ["look", "stopped"];
  if (service.state === "retired") return ["unknown", "retired"];
  if (service.budget !== null && service.budget < 0) return ["look", "budget spent"];
  if (service.ready === null) return ["unknown", "not probed"];
  return ["ok", WORDS[service.state] ?? service.state];
}

export function render(data) {
  const firing = data.alerts.filter((alert) => alert.state === "active" && alert.severity !== "info");
  const ill = data.services.filter((service) => health(service)[0] === "bad");
  const [state, words, more] = verdict(data, firing, ill);
  announce(words);
  return [
    problems(data.problems),
    h("section", { className: `verdict ${state}`, "aria-label": "Verdict" }, h("p", { className: "words" }, words), h("p", {}, more)),
    h("h2", { className: "unseen" }, "Services"),
    data.services.length
      ? h("ul", { className: "grid" }, data.services.map((service) => h("li", {}, one(service))))
      : data.problems.some((problem) => problem.source === "lhctl") ? empty("Which services run here cannot be told right now.")
      : empty("No service has been released here yet. ", h("code", {}, "./longhouse deploy SERVICE"), " does that."),
    h("div", { className: "two" },
      card("Alerts", firing.length ? alertList(firing) : empty("Nothing fires."), h("p", {}, h("a", { href: "#alerts" }, "All alerts and silences"))),
      card("Host", facts([
        ["Disk left", ratio(data.disk_free)], ["Memory left", ratio(data.memory_free)], ["Load", amount(data.load, "load")],
      ]), h("p", {}, h("a", { href: "#host" }, "More about the host")))),
  ];
}

function verdict(data, firing, ill) {
  const loud = firing.filter((alert) => alert.severity === "page");
  if (ill.length || loud.length) {
    const names = ill.map((service) => service.name).join(", ");
    return ["bad", names ? `Something is broken: ${names}` : "Something is broken", loud[0]?.summary ?? ""];
  }
  if (data.problems.length) return ["look", "Not everything can be seen", "What can be seen is well."];
  if (!data.watching) return ["look", "Nobody is watching", "The alert that always fires does not: alerts would not come."];
  if (firing.length) return ["look", firing.length === 1 ? "One thing is worth a look" : `${firing.length} things are worth a look`, firing[0].summary];
  return ["ok", "All is well", `${data.services.length} services serve; nothing fires.`];
}

function one(service) {
  const [state, word] = health(service);
  const left = service.budget === null ? null : Math.max(0, Math.min(1, service.budget));
  return h("article", { className: `card service ${state}` },
    h("header", {}, h("h3", {}, service.name), badge(state, word)),
    h("p", { className: "release" }, service.colour && h("span", { className: `colour ${service.colour}` }, service.colour),
      h("code", { title: service.version ?? "" }, version(service.version))),
    facts([
      ["Requests", amount(service.requests, "per second")],
      ["19 in 20 within", seconds(service.slow)],
      ["Errors", ratio(service.errors)],
    ]),
    h("p", { className: "budget" }, h("span", {}, "Error budget left"), h("strong", {}, ratio(service.budget))),
    left !== null && h("meter", { min: 0, max: 1, low: 0.1, high: 0.3, optimum: 1, value: left, "aria-label": `Error budget of ${service.name} left` }),
    service.quarantined > 0 && h("p", { className: "muted" }, `${service.quarantined} release(s) in quarantine`),
    service.restarts > 0 && h("p", { className: "muted" }, `restarted ${service.restarts} times since it was started`),
    h("p", { className: "links" }, h("a", { href: `#logs?source=${service.name}` }, h("span", { className: "unseen" }, `${service.name}: `), "Logs"),
      h("a", { href: `#logs?source=${service.name}&level=4` }, h("span", { className: "unseen" }, `${service.name}: `), "Warnings and errors")));
}

export function facts(rows) {
  return h("dl", { className: "facts" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
