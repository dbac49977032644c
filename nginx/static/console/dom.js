// Elements from data. Text is always text: nothing here parses HTML.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "className" || name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

// A state is never told by colour alone: there is a word, and a sign of its own shape.
const SIGNS = { ok: "✓", look: "!", bad: "✕", unknown: "?", busy: "…" };

export function badge(state, word) {
  return h("span", { className: `badge ${state}` }, h("span", { "aria-hidden": "true" }, SIGNS[state]), ` ${word}`);
}

export function card(title, ...children) {
  return h("section", { className: "card" }, h("h2", {}, title), children);
}

export function table(caption, heads, rows) {
  return h("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption", { className: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((row) => h("tr", {},
        row.map((cell, index) => index ? h("td", { "data-head": heads[index] }, cell) : h("th", { scope: "row" }, cell)))))));
}

export function empty(...words) {
  return h("p", { className: "empty" }, words);
}

export function problems(found) {
  if (!found?.length) return null;
  return h("div", { className: "note look", role: "alert" },
    h("p", {}, h("strong", {}, "Not everything can be told right now.")),
    h("ul", {}, found.map((problem) => h("li", {}, problem.detail))));
}

let announced = "";

// For those who cannot see it change; the same words are not said twice.
export function announce(words) {
  if (words === announced) return;
  announced = words;
  document.getElementById("live").textContent = words;
}
