// From the service over its directors to the real servers, drawn; and how new connections were split.

import { share, total, totalOf } from "./feed.js";
import { shown, write } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 44; // height of one real server
const TEXTS = 4; // parts of a split that are said in words too

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

export function paintFlow(svg, service, lines, used) {
  const height = Math.max(70, lines.length * STEP + 6);
  const who = used.length === 1 ? used[0].name : `${used.length} directors`;
  const key = [service.dataset.row, who, ...lines.map((line) => line.ids.join(" "))].join("\n");
  if (svg.dataset.key !== key) {
    svg.dataset.key = key;
    outline(svg, service, lines, height, who);
  }
  const rates = lines.map((line) => totalOf(line.ids, "connections_rate", used));
  const most = Math.max(1, ...rates.map((rate) => rate ?? 0));
  const texts = svg.querySelectorAll("text.sub");
  lines.forEach((line, index) => {
    svg.querySelector(`[data-line="${index}"]`).setAttribute("stroke-width", (1 + 7 * ((rates[index] ?? 0) / most)).toFixed(1));
    const weight = line.ids.length === 1 ? `weight ${total(line.ids[0], "weight", used) ?? "–"} · ` : "";
    write(texts[index + 2], `${weight}${shown("connections_rate", rates[index])}/s`);
  });
  const into = total(service.dataset.row, "connections_rate", used);
  write(texts[1], into === null ? "–" : `${shown("connections_rate", into)} conn/s`);
}

function outline(svg, service, lines, height, who) {
  const middle = height / 2;
  const place = (index) => 25 + index * STEP;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 490 ${height}`);
  lines.forEach((line, index) => {
    const d = `M292 ${middle} C 316 ${middle} 312 ${place(index)} 334 ${place(index)}`;
    draw(svg, "path", { d, class: line.colour, "data-line": index });
  });
  draw(svg, "path", { d: `M165 ${middle} H 190`, "stroke-width": 4 });
  box(svg, 0, middle, 165, service.dataset.label, service.dataset.about);
  box(svg, 190, middle, 102, who, "");
  lines.forEach((line, index) => box(svg, 334, place(index), 156, line.label, ""));
}

function box(svg, x, y, width, label, sub) {
  draw(svg, "rect", { x: x + 1, y: y - 18, width: width - 2, height: 36, rx: 6, class: "box" });
  draw(svg, "text", { x: x + 10, y: y - 2 }, label.length > 24 ? `${label.slice(0, 22)}…` : label);
  draw(svg, "text", { x: x + 10, y: y + 12, class: "sub" }, sub);
}

export function paintSplit(panel, lines, used) {
  const parts = share(lines.map((line) => line.ids), used);
  const weights = lines.map((line) => totalOf(line.ids, "weight", used) ?? 0);
  const all = weights.reduce((a, b) => a + b, 0);
  bar(panel.querySelector("[data-split=share]"), lines, parts);
  bar(panel.querySelector("[data-split=weight]"), lines, all ? weights.map((weight) => weight / all) : null);
  const few = lines.length <= TEXTS;
  const percent = (value) => `${Math.round(value * 100)} %`;
  write(panel.querySelector("[data-split-text=share]"), parts ? (few ? parts.map(percent).join(" : ") : "") : "idle");
  write(panel.querySelector("[data-split-text=weight]"), all ? (few ? weights.join(" : ") : "") : "none");
}

function bar(svg, lines, parts) {
  while (svg.children.length > (parts?.length ?? 0)) svg.lastChild.remove();
  let x = 0;
  parts?.forEach((part, index) => {
    const rect = svg.children[index] ?? draw(svg, "rect", { y: 0, height: 10 });
    rect.setAttribute("class", lines[index].colour);
    rect.setAttribute("x", (x * 1000).toFixed(1));
    rect.setAttribute("width", Math.max(0, part * 1000 - 2).toFixed(1));
    x += part;
  });
}
