import { badge, h } from "./dom.js";
import { ago } from "./format.js";

const STATES = { page: ["bad", "page"], ticket: ["look", "ticket"], info: ["unknown", "info"] };

// Logs that show an alert's cause.
function logs(alert) {
  if (!alert.logs) return null;
  return h("a", { href: `#logs?${new URLSearchParams(alert.logs)}` }, alert.logs.level ? "Its warnings and errors" : "Its log",
    h("span", { className: "unseen" }, ` for ${alert.labels.alertname} of ${alert.logs.source}`));
}

// `act` gives what may be done about one alert.
export function alertList(alerts, act = () => null) {
  return h("ul", { className: "alerts" }, alerts.map((alert) => {
    const [state, word] = alert.state === "active" ? STATES[alert.severity] ?? STATES.info : ["unknown", "silenced"];
    const where = Object.entries(alert.labels).filter(([name]) => name !== "alertname").map(([name, value]) => `${name} ${value}`).join(", ");
    return h("li", { className: state },
      h("p", {}, badge(state, word), " ", h("strong", {}, alert.labels.alertname), " ", h("span", { className: "muted" }, where)),
      h("p", {}, alert.summary),
      h("p", { className: "links" }, h("span", { className: "muted" }, `since ${ago(Date.parse(alert.since) / 1000).replace(" ago", "")}`),
        alert.runbook && h("span", {}, "What to do: ", h("code", {}, alert.runbook)), logs(alert)),
      act(alert));
  }));
}
