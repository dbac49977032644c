// The shell: who is here, which view is shown, and when it is looked at again.
import * as api from "./api.js";
import * as session from "./session.js";
import { announce, h } from "./dom.js";
import { clock } from "./format.js";
import { forget } from "./plot.js";
import { form } from "./sign_in.js";
import * as overview from "./overview.js";
import * as pipeline from "./pipeline.js";
import * as releases from "./releases.js";
import * as logs from "./logs.js";
import * as trace from "./trace.js";
import * as alerts from "./alerts.js";
import * as backups from "./backups.js";
import * as host from "./host.js";

// Each view: {title, seconds between looks or 0, load(rest, query, signal), render(data, rest, query)}.
const VIEWS = { overview, pipeline, releases, logs, alerts, backups, host, trace };
const IN_MENU = ["overview", "pipeline", "releases", "logs", "alerts", "backups", "host"];
const SLOW_MS = 400;
const AGAIN_SECONDS = 5;

const content = document.getElementById("content");
const progress = document.getElementById("progress");
let looking = null; // the look under way; a newer one ends it
let timer = 0;

function place() {
  const [path, words = ""] = location.hash.slice(1).split("?");
  const [name, ...rest] = path.split("/");
  const known = VIEWS[name] ? name : "overview";
  return { name: known, view: VIEWS[known], rest: rest.join("/"), query: Object.fromEntries(new URLSearchParams(words)) };
}

function menu(current) {
  const links = IN_MENU.map((name) => h("a", { href: `#${name}`, "aria-current": name === current ? "page" : false }, VIEWS[name].title));
  document.getElementById("views").replaceChildren(h("ul", {}, links.map((link) => h("li", {}, link))));
}

// Opens the view of the address from nothing: heading first, so that there is something to read while it loads.
function open() {
  const here = place();
  document.title = `${here.view.title} · Longhouse console`;
  menu(here.name === "trace" ? "logs" : here.name);
  const body = h("div", { id: "body" }, h("p", { className: "empty" }, "Looking …"));
  content.replaceChildren(
    h("div", { className: "head" }, h("h1", {}, here.view.title), h("p", { className: "as-of", id: "as-of" })),
    h("div", { id: "trouble" }), here.view.controls?.(here.rest, here.query) ?? "", body);
  look();
}

async function look() {
  clearTimeout(timer);
  looking?.abort();
  const mine = looking = new AbortController();
  const here = place();
  const slow = setTimeout(() => { progress.hidden = false; content.setAttribute("aria-busy", "true"); }, SLOW_MS);
  let again = here.view.seconds;
  try {
    const data = await here.view.load(here.rest, here.query, mine.signal);
    if (mine.signal.aborted) return;
    show(here, data);
  } catch (error) {
    if (mine.signal.aborted) return;
    if (error.status === 401 || error.status === 403) return askWho(error);
    trouble(error, look);
    again = AGAIN_SECONDS;
  } finally {
    clearTimeout(slow);
    if (looking === mine) {
      progress.hidden = true;
      content.removeAttribute("aria-busy");
    }
  }
  if (again) timer = setTimeout(() => (document.hidden ? waitForEyes() : look()), again * 1000);
}

function waitForEyes() {
  document.addEventListener("visibilitychange", () => look(), { once: true });
}

function show(here, data) {
  const body = document.getElementById("body");
  // What somebody marks, types or has opened stays theirs.
  if (body.dataset.shown && isInUse(body)) return;
  const focused = body.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...body.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  body.replaceChildren(...[here.view.render(data, here.rest, here.query)].flat(3).filter(Boolean));
  body.dataset.shown = "yes";
  for (const summary of body.querySelectorAll("details > summary")) {
    if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  }
  if (focused) document.getElementById(focused)?.focus();
  forget();
  document.getElementById("trouble").replaceChildren();
  document.getElementById("as-of").textContent = `as of ${clock(data.time ?? Date.now() / 1000)}`;
  body.classList.remove("old");
}

function isInUse(body) {
  const selection = getSelection();
  const marked = !selection.isCollapsed && body.contains(selection.anchorNode);
  return marked || body.querySelector("form")?.contains(document.activeElement) || false;
}

function trouble(error, again) {
  const body = document.getElementById("body");
  if (!body.dataset.shown) body.replaceChildren();
  body.classList.add("old");
  document.getElementById("trouble").replaceChildren(h("div", { className: "note bad", role: "alert" },
    h("p", {}, h("strong", {}, error.message || "Something went wrong.")),
    h("p", {}, body.dataset.shown ? "What you see below is older. " : "", `Asked again every ${AGAIN_SECONDS} seconds. `,
      "On the host: ", h("code", {}, "systemctl status longhouse-console.socket"), ".",
      error.id ? [" Request id ", h("code", {}, error.id), "."] : ""),
    h("button", { type: "button", onclick: again }, "Ask now")));
}

function askWho(error) {
  clearTimeout(timer);
  looking?.abort(); // its answer would have no place any more
  document.getElementById("views").hidden = true;
  document.getElementById("leave").hidden = true;
  document.getElementById("who").textContent = "";
  document.title = "Sign in · Longhouse console";
  content.replaceChildren(form(start, error.status === 403 ? error.message : ""));
}

async function start() {
  clearTimeout(timer);
  try {
    const me = await api.get("session");
    document.getElementById("who").textContent = me.name;
    document.getElementById("leave").hidden = me.way !== "token";
    document.getElementById("views").hidden = false;
    open();
  } catch (error) {
    if (error.status === 401 || error.status === 403) return askWho(error);
    content.replaceChildren(h("div", { id: "trouble" }), h("div", { id: "body" }));
    trouble(error, start);
    timer = setTimeout(start, AGAIN_SECONDS * 1000);
  }
}

document.getElementById("host").textContent = location.hostname;
document.getElementById("leave").addEventListener("click", async () => {
  await session.signOut();
  announce("Signed out");
  askWho({ status: 401 });
});
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); content.focus(); });
addEventListener("hashchange", () => { if (!document.getElementById("views").hidden) open(); });
start();
