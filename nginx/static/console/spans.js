import { h } from "./dom.js";

const SPANS = [["15m", "15 minutes"], ["1h", "hour"], ["6h", "6 hours"], ["1d", "day"], ["7d", "week"]];

// How far back a view looks, as links, so that it is part of the address.
export function spans(view, chosen) {
  return h("nav", { className: "spans", "aria-label": "How far back" }, h("ul", {}, SPANS.map(([span, words]) => h("li", {},
    h("a", { href: `#${view}?span=${span}`, "aria-current": span === chosen ? "true" : false }, words)))));
}
