// A plot with its numbers: uPlot for the eye, a table for everybody else.
import uPlot from "./uPlot.esm.js";
import { h, table } from "./dom.js";
import { amount, clock } from "./format.js";

const HEIGHT = 190;
const ROWS = 12;
const COLOURS = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2]];

const shown = new Set();
const watching = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const width = Math.floor(contentRect.width);
    if (target.drawn && width > 0 && Math.abs(target.drawn.width - width) > 1) target.drawn.setSize({ width, height: HEIGHT });
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown.forEach((place) => draw(place)));

// `marks` are [{at: seconds, bad}]: releases drawn over what they did.
export function plot(panel, marks = []) {
  const place = h("div", { className: "plot", role: "img", "aria-label": `${panel.title}: ${summary(panel)}` });
  place.panel = panel;
  place.marks = marks;
  shown.add(place);
  watching.observe(place);
  queueMicrotask(() => draw(place));
  const known = panel.series.some((series) => series.values.some((value) => value !== null));
  return h("figure", { className: "card" },
    h("figcaption", {}, h("h2", {}, panel.title), legend(panel)),
    known ? place : h("p", { className: "empty" }, "Nothing was measured in this time."),
    known && h("details", {}, h("summary", {}, `Numbers of “${panel.title}”`), numbers(panel)));
}

export function forget() {
  for (const place of shown) {
    if (place.isConnected) continue;
    place.drawn?.destroy();
    watching.unobserve(place);
    shown.delete(place);
  }
}

function legend(panel) {
  return h("ul", { className: "legend" }, panel.series.map((series, index) => h("li", { className: `series-${index % COLOURS.length}` },
    series.name, h("strong", {}, amount(series.values.findLast((value) => value !== null) ?? null, panel.unit)))));
}

function summary(panel) {
  return panel.series.map((series) => {
    const known = series.values.filter((value) => value !== null);
    if (!known.length) return `${series.name} not measured`;
    return `${series.name} now ${amount(known.at(-1), panel.unit)}, at most ${amount(Math.max(...known), panel.unit)}`;
  }).join("; ") || "nothing was measured";
}

function numbers(panel) {
  const every = Math.max(1, Math.floor(panel.times.length / ROWS));
  const rows = panel.times.map((_, index) => index).filter((index) => index % every === 0).reverse();
  return table(`Numbers of ${panel.title}`, ["Time", ...panel.series.map((series) => series.name)],
    rows.map((index) => [clock(panel.times[index]), ...panel.series.map((series) => amount(series.values[index], panel.unit))]));
}

function draw(place) {
  if (!place.isConnected || !place.clientWidth) return;
  place.drawn?.destroy();
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const { panel } = place;
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  place.drawn = new uPlot({
    width: place.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => clock(tick).slice(0, 5)) }, { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => label(tick, panel.unit)) }],
    series: [{}, ...panel.series.map((series, index) => ({
      label: series.name, stroke: colour(COLOURS[index % COLOURS.length]), width: 2, dash: DASHES[index % DASHES.length],
      points: { show: false }, spanGaps: false,
    }))],
    hooks: { draw: [(drawn) => drawMarks(drawn, place.marks, colour)] },
  }, [panel.times, ...panel.series.map((series) => series.values)], place);
}

// There are no half messages.
function label(tick, unit) {
  return unit === "messages" && !Number.isInteger(tick) ? "" : amount(tick, unit);
}

function drawMarks(drawn, marks, colour) {
  const { ctx, bbox } = drawn;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const mark of marks) {
    const x = drawn.valToPos(mark.at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(mark.bad ? "--bad" : "--accent");
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
