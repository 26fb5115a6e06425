// The chart of one service: the last five minutes of a metric, by real server.

import { series, ticks } from "./feed.js";
import { clock, minute, shown } from "./numbers.js";

const HEIGHT = 180;

let chart = null;
let chartKey = "";

// Draw it anew: the colours have changed.
export function forget() {
  chartKey = "";
}

export function paintChart(holder, lines, metric, among) {
  const width = holder.clientWidth;
  if (!width) return;
  const theme = document.documentElement.dataset.bsTheme;
  const key = [metric, theme, ...lines.map((line) => line.ids.join(" "))].join("\n");
  const data = [ticks, ...lines.map((line) => series(line.ids, metric, among))];
  const last = ticks.at(-1) ?? Date.now() / 1000;
  if (key !== chartKey || !holder.contains(chart.root)) { // other lines, or a part that was read again
    chart?.destroy();
    chartKey = key;
    chart = make(holder, lines, metric, width, data);
  } else if (Math.abs(chart.width - width) > 1) chart.setSize({ width, height: HEIGHT });
  chart.setData(data, false);
  if (chart.cursor.idx == null) chart.setLegend({ idx: ticks.length - 1 }, false);
  chart.setScale("x", { min: last - Math.max(60, ticks.length), max: last });
}

function colourOf(name) {
  const probe = document.createElement("span");
  probe.className = name;
  probe.hidden = true;
  document.body.append(probe);
  const colour = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return colour;
}

function make(holder, lines, metric, width, data) {
  const grid = { stroke: colourOf("grid-colour"), width: 1 };
  const axis = { stroke: getComputedStyle(holder).color, grid, ticks: { show: false }, font: "11px system-ui" };
  const times = (_, splits) => splits.map((value) => (ticks.length > 150 ? minute : clock).format(new Date(value * 1000)));
  return new uPlot({
    width,
    height: HEIGHT,
    legend: { live: true },
    cursor: { points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.15, 1)] } },
    axes: [
      { ...axis, space: 80, values: times },
      { ...axis, size: 56, values: (_, splits) => splits.map((value) => shown(metric, value)) },
    ],
    series: [
      { label: "Time", value: (_, value) => (value ? clock.format(new Date(value * 1000)) : "–") },
      ...lines.map((line, index) => ({
        label: line.label,
        stroke: colourOf(line.colour),
        dash: index >= 6 ? [6, 4] : undefined,
        width: 2,
        points: { show: false },
        value: (_, value) => shown(metric, value),
      })),
    ],
  }, data, holder);
}
