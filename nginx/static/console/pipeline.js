import * as api from "./api.js";
import { announce, badge, h, problems, table } from "./dom.js";
import { amount, seconds as span } from "./format.js";
import { plot } from "./plot.js";
import { facts } from "./overview.js";

export const title = "Order pipeline";
const EVERY = 5;
export { EVERY as seconds };

const WORDS = { ok: "flows", look: "worth a look", bad: "stuck", unknown: "not measured" };

export async function load(rest, query, signal) {
  const [picture, ...panels] = await Promise.all([
    api.get("pipeline", {}, signal),
    ...["events", "queues"].map((name) => api.get(`panel/${name}`, { span: "1h" }, signal).catch(() => null)),
  ]);
  return { ...picture, panels: panels.filter(Boolean) };
}

export function render(data) {
  const troubled = data.stages.filter((stage) => ["bad", "look"].includes(stage.state)).map((stage) => stage.title);
  announce(troubled.length ? `Worth a look: ${troubled.join(", ")}` : "The pipeline flows");
  return [
    problems(data.problems),
    h("p", { className: "lead" }, "From a request to a message in somebody's mailbox: ",
      h("strong", {}, data.delivery_seconds === null ? "no message in the last quarter of an hour" : `19 in 20 messages within ${span(data.delivery_seconds)}`), "."),
    h("ol", { className: "pipeline", "aria-label": "The way of an order" }, data.stages.map((stage) => h("li", { className: stage.state },
      h("div", { className: "card" },
        h("header", {}, h("h2", {}, stage.title), badge(stage.state, WORDS[stage.state])),
        h("p", { className: "rate" }, h("strong", {}, amount(stage.rate, "per second")), " pass"),
        facts(stage.facts.map((fact) => [fact.name, amount(fact.value, fact.unit)])),
        stage.rows.length > 0 && h("details", {}, h("summary", {}, `Parts of ${stage.title}`),
          table(`Parts of ${stage.title}`, ["name", stage.rows[0].unit, ...("consumers" in stage.rows[0] ? ["consumers"] : [])],
            stage.rows.map((row) => [row.name, amount(row.value, row.unit), ...("consumers" in row ? [amount(row.consumers, "")] : [])]))))))),
    h("div", { className: "two" }, data.panels.map((panel) => plot(panel))),
  ];
}
