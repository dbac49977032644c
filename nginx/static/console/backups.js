import * as api from "./api.js";
import { badge, card, empty, h, problems, table } from "./dom.js";
import { ago, bytes, moment, seconds as span } from "./format.js";
import { facts } from "./overview.js";

export const title = "Backups and drills";
const EVERY = 60;
export { EVERY as seconds };
const OLD = 36 * 3600;

export const load = (rest, query, signal) => api.get("backups", {}, signal);

export function render(data) {
  const { backups, drill } = data;
  const newest = Math.max(0, ...backups.map((backup) => backup.succeeded ?? 0));
  return [
    problems(data.problems),
    !data.problems.length && h("section", { className: `verdict ${newest && data.time - newest < OLD ? "ok" : "bad"}`, "aria-label": "Verdict" },
      h("p", { className: "words" }, newest ? `The last good backup is ${span(data.time - newest)} old` : "There is no backup yet"),
      h("p", {}, drill ? (drill.good ? `A restore was proven ${ago(drill.succeeded, data.time)}.` : "The last restore drill failed.") : "No restore was tried yet.")),
    card("Backups", backups.length
      ? table("Backups by repository and type", ["Repository", "Type", "Last run", "Last good one", "Size", "Took"], backups.map((backup) => [
        backup.repository, backup.type, backup.good ? badge("ok", "good") : badge("bad", "failed"), moment(backup.succeeded), bytes(backup.bytes), span(backup.seconds)]))
      : empty("No backup has been taken yet. ", h("code", {}, "systemctl list-timers 'longhouse-*'"), " on the host says when the first is due.")),
    card("Restore drill", drill
      ? [h("p", {}, drill.good ? badge("ok", "proven") : badge("bad", "failed"), ` ${moment(drill.ended)}`),
        facts([["Data at risk", span(drill.rpo)], ["Back within", span(drill.rto)], ["Restored", bytes(drill.bytes)], ["Last proven", moment(drill.succeeded)]])]
      : empty("No drill has ended yet.")),
    h("p", { className: "muted" }, "How to restore: docs/operations/restore.md"),
  ];
}
