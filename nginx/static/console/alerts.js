import * as api from "./api.js";
import { alertList } from "./alert_list.js";
import { announce, card, empty, h, problems, table } from "./dom.js";
import { moment } from "./format.js";

export const title = "Alerts";
const EVERY = 10;
export { EVERY as seconds };

export const load = (rest, query, signal) => api.get("alerts", {}, signal);

const HOURS = [["0.5", "half an hour"], ["2", "2 hours"], ["8", "8 hours"], ["24", "a day"], ["72", "3 days"]];

export function render(data) {
  const active = data.alerts.filter((alert) => alert.state === "active");
  const quiet = data.alerts.filter((alert) => alert.state !== "active");
  announce(active.length ? `${active.length} alerts fire` : "Nothing fires");
  return [
    problems(data.problems),
    !data.watching && !data.problems.length && h("p", { className: "note bad", role: "alert" },
      "The alert that always fires does not: alerts would not come. See docs/operations/watching.md#watchdog."),
    card("Firing", active.length ? alertList(active, silencing) : empty("Nothing fires.", data.watching ? " Alerting itself works." : "")),
    quiet.length > 0 && card("Silenced, or kept quiet by their cause", alertList(quiet)),
    card("Silences", data.silences.length
      ? table("Silences", ["What", "Until", "By", "Why", ""], data.silences.map((silence) => [silence.matchers, moment(Date.parse(silence.ends) / 1000),
        silence.by, silence.comment, ending(silence)]))
      : empty("Nothing is silenced.")),
  ];
}

function silencing(alert) {
  const id = `silence-${Object.values(alert.labels).join("-").replace(/[^A-Za-z0-9]+/g, "-")}`;
  const said = h("p", { className: "note bad", role: "alert", hidden: true });

  async function submit(event) {
    event.preventDefault();
    const { hours, comment } = Object.fromEntries(new FormData(event.target));
    try {
      await api.change("POST", "silences", { labels: alert.labels, hours: Number(hours), comment });
      announce(`${alert.labels.alertname} is silenced`);
      document.activeElement?.blur();
      dispatchEvent(new Event("hashchange"));
    } catch (error) {
      said.textContent = error.message;
      said.hidden = false;
    }
  }

  return h("details", { className: "silence" }, h("summary", {}, "Silence", h("span", { className: "unseen" }, ` ${alert.labels.alertname} ${alert.labels.service ?? ""}`)),
    h("form", { onsubmit: submit }, said,
      h("p", { className: "field" }, h("label", { for: `${id}-hours` }, "For"),
        h("select", { id: `${id}-hours`, name: "hours" }, HOURS.map(([value, words]) => h("option", { value, selected: value === "2" }, words)))),
      h("p", { className: "field wide" }, h("label", { for: `${id}-comment` }, "Why"),
        h("input", { id: `${id}-comment`, name: "comment", required: true, maxlength: 500 })),
      h("button", { type: "submit" }, "Silence it")));
}

function ending(silence) {
  return h("button", {
    type: "button", "aria-label": `End the silence of ${silence.matchers}`,
    onclick: async () => {
      await api.change("DELETE", `silences/${silence.id}`).then(() => announce("The silence is over"), (error) => announce(error.message));
      dispatchEvent(new Event("hashchange"));
    },
  }, "End");
}
