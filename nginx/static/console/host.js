import * as api from "./api.js";
import { badge, card, h, problems, table } from "./dom.js";
import { ago, amount, moment, ratio } from "./format.js";
import { plot } from "./plot.js";
import { facts } from "./overview.js";
import { spans } from "./spans.js";

export const title = "Host";
const EVERY = 15;
export { EVERY as seconds };
const USUAL = "1h";

export const controls = (rest, query) => spans("host", query.span ?? USUAL);
export const load = (rest, query, signal) => api.get("host", { span: query.span ?? USUAL }, signal);

export function render(data) {
  return [
    problems(data.problems),
    h("div", { className: "two" }, data.panels.map((panel) => plot(panel))),
    h("div", { className: "two" },
      card("Now", facts([
        ["Load", `${data.load === null ? "–" : data.load.toFixed(2)} on ${amount(data.cores, "")} cores`],
        ["Memory left", ratio(data.memory_free)],
        ["Started", ago(data.booted, data.time)],
        ["Security updates waiting", amount(data.updates, "")],
        ["Known vulnerabilities", data.vulnerabilities === null ? "–" : `${amount(data.vulnerabilities, "")}, ${amount(data.vulnerabilities_fixed, "")} of them with a fix`],
        ["Reboot wanted", data.reboot === null ? "–" : data.reboot ? "yes" : "no"],
        ["Certificate ends", data.certificate ? moment(data.certificate) : "–"],
      ]), data.failed.length > 0 && h("p", {}, badge("bad", `failed units: ${data.failed.join(", ")}`))),
      card("Disks", table("Disks", ["Mounted at", "Left"], data.disks.map((disk) => [
        disk.mountpoint, h("span", {}, ratio(disk.free), " ", h("meter", { min: 0, max: 1, low: 0.1, high: 0.3, optimum: 1, value: disk.free, "aria-label": `Left on ${disk.mountpoint}` }))])))),
  ];
}
