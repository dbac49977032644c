import * as api from "./api.js";
import { badge, card, empty, h, problems, table } from "./dom.js";
import { ago, bytes, moment, seconds as span } from "./format.js";
import { facts } from "./overview.js";

export const title = "Backups and drills";
const EVERY = 60;
export { EVERY as seconds };
const OLD = 36 * 3600;

export const load = (rest, query, signal) => api.get("backups", {}, signal);

const OF_DATABASES = ["full", "diff", "incr"];

// The repository whose newest good backup is the oldest: good files make no old database younger, and no missing one good.
function worst(backups) {
  if (!backups.some(({ type }) => OF_DATABASES.includes(type))) return ["", 0];
  const newest = {};
  for (const { repository, succeeded } of backups) newest[repository] = Math.max(newest[repository] ?? 0, succeeded ?? 0);
  return Object.entries(newest).sort(([, one], [, other]) => one - other)[0] ?? ["", 0];
}

const named = (drill) => drill.of || "databases";

function proof(drills, now) {
  if (!drills.length) return "No restore was tried yet.";
  return drills.map((drill) => (drill.good ? `A restore of the ${named(drill)} was proven ${ago(drill.succeeded, now)}.`
    : `The last restore drill of the ${named(drill)} failed.`)).join(" ");
}

export function render(data) {
  const { backups, drills } = data;
  const [repository, newest] = worst(backups);
  const good = newest && data.time - newest < OLD && drills.every((drill) => drill.good);
  return [
    problems(data.problems),
    !data.problems.length && h("section", { className: `verdict ${good ? "ok" : "bad"}`, "aria-label": "Verdict" },
      h("p", { className: "words" }, newest ? `The last good backup in repository ${repository} is ${span(data.time - newest)} old`
        : `There is no backup of the databases ${repository && `in repository ${repository} `}yet`),
      h("p", {}, proof(drills, data.time))),
    card("Backups", backups.length
      ? table("Backups by repository and type", ["Repository", "Type", "Last run", "Last good one", "Size", "Took"], backups.map((backup) => [
        backup.repository, backup.type, backup.good ? badge("ok", "good") : badge("bad", "failed"), moment(backup.succeeded), bytes(backup.bytes), span(backup.seconds)]))
      : empty("No backup has been taken yet. ", h("code", {}, "systemctl list-timers 'longhouse-*'"), " on the host says when the first is due.")),
    drills.length ? drills.map((drill) => card(`Restore drill of the ${named(drill)}`,
      h("p", {}, drill.good ? badge("ok", "proven") : badge("bad", "failed"), ` ${moment(drill.ended)}`),
      facts([["Data at risk", span(drill.rpo)], ["Back within", span(drill.rto)], ["Restored", bytes(drill.bytes)], ["Last proven", moment(drill.succeeded)]])))
      : card("Restore drill", empty("No drill has ended yet.")),
    h("p", { className: "muted" }, "How to restore: docs/operations/restore.md"),
  ];
}
