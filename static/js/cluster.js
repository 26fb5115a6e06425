// The live page of a cluster: counters come as frames and are painted once for each arrival and each
// second. What is old is dimmed and says its age; it never poses as live.

import { forget, paintChart } from "./cluster/chart.js";
import { ageOf, chosen, receive, setSocket, socket, tick, total, totalOf } from "./cluster/feed.js";
import { paintFlow, paintSplit } from "./cluster/flow.js";
import { linesOf } from "./cluster/lines.js";
import { clock, shown, write } from "./cluster/numbers.js";

const page = document.querySelector("[data-cluster-live]");
const topic = page.dataset.samples;

const metric = () => page.querySelector("[name=metric]:checked")?.value ?? "connections_rate";
// Rates, or with “Totals” what they add up to: the field without its “_rate”.
const fieldOf = (name) => (page.dataset.counts === "totals" ? name.replace(/_rate$/, "") : name);
const view = () => page.querySelector("[name=view]:checked")?.value ?? "";

// The cluster's directors as the page lists them: uuid → {name, presence}.
function members() {
  const rows = document.querySelectorAll("#cluster-directors [data-presence]");
  return new Map([...rows].map(({ dataset }) => [dataset.director, { name: dataset.name, presence: dataset.presence }]));
}

// The ids of all its services, also of those that the table does not list.
function services() {
  return JSON.parse(document.getElementById("live-services").dataset.services);
}

// --- painting --------------------------------------------------------------------------------------
let planned = false;
function schedule() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; paint(); });
}

function paint() {
  const there = members();
  paintViews(there);
  const { all, fresh, used } = chosen(there, view());
  const known = services();
  page.classList.toggle("is-stale", fresh.length === 0);
  paintFreshness(all, fresh, there);
  for (const row of page.querySelectorAll("[data-row]")) paintRow(row, used, fresh);
  for (const tile of page.querySelectorAll("[data-tile]")) {
    write(tile, shown(tile.dataset.tile, totalOf(known, tile.dataset.tile, used)));
  }
  paintForeign(known, used);
  paintSelected(all, used);
}

// Whose numbers: a choice where there is more than one director.
function paintViews(there) {
  const holder = page.querySelector("[data-views]");
  const key = JSON.stringify([...there].map(([id, { name }]) => [id, name]));
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  const before = view();
  const option = (id, name) => {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "view", value: id });
    input.checked = id === before || (!id && !there.has(before));
    label.append(input, name);
    return label;
  };
  holder.replaceChildren(option("", "All, summed"), ...[...there].map(([id, { name }]) => option(id, name)));
  holder.hidden = there.size < 2;
}

function paintRow(row, used, fresh) {
  const id = row.dataset.row;
  const there = used.some((known) => known.rows.has(id));
  const missing = fresh.length > 0 && !there;
  const state = row.querySelector("[data-state-cell]");
  const weight = total(id, "weight", used);
  if (missing) write(state, "not in the kernel");
  else if (weight !== null) write(state, weight === 0 ? "0, drained" : String(weight));
  row.classList.toggle("is-missing", missing);
  for (const cell of row.querySelectorAll("[data-f]")) {
    const oneWay = cell.dataset.f.startsWith("out_") && repliesGoAround(row);
    write(cell, oneWay ? "n/a" : shown(cell.dataset.f, total(id, fieldOf(cell.dataset.f), used)));
    if (oneWay) cell.title = "Replies go around the director, so it can't count them";
  }
}

function repliesGoAround(row) {
  if (row.dataset.forwarding) return row.dataset.forwarding !== "masquerade";
  const servers = serversOf(row);
  return servers.length > 0 && servers.every(repliesGoAround);
}

const WHY = { away: "the director is away", unknown: "the console does not hear its directors now", never: "its agent has not reported yet", cut_off: "the director is cut off", not_enrolled: "no host is enrolled as this director" };

function paintFreshness(all, fresh, there) {
  const line = page.querySelector("[data-fresh]");
  const old = all.filter((known) => !fresh.includes(known));
  const from = (known) => `data from ${clock.format(new Date(known.at * 1000))}, ${Math.round(ageOf(known))} s old`;
  const reason = (known) => (WHY[there.get(known.id)?.presence] ? `: ${WHY[there.get(known.id).presence]}` : "");
  let text;
  let state = "old";
  if (socket() === "lost" || socket() === "refused") {
    state = "lost";
    const what = socket() === "lost" ? "Connection lost, reconnecting" : "No longer connected";
    text = `${what}${all.length ? `; ${from(all[0])}` : ""}`;
  } else if (!all.length) {
    const silent = [...there.values()].find(({ presence }) => presence !== "present");
    text = there.size === 0 ? "No director yet" : `Waiting for numbers${silent ? `: ${WHY[silent.presence]}` : ""}`;
  } else if (!old.length) {
    state = "live";
    text = "Live, updated just now";
  } else {
    text = old.map((known) => `${known.name}: ${from(known)}${reason(known)}`).join("; ");
    if (fresh.length) text += `. Shown: ${fresh.map((known) => known.name).join(", ")} only`;
  }
  line.dataset.fresh = state;
  write(line, text);
}

// Services that other programs put there: shown, never touched.
function paintForeign(services, used) {
  const holder = document.querySelector("[data-foreign]");
  const known = new Set(services);
  const found = new Set();
  for (const one of used) for (const id of one.rows.keys()) if (!id.includes("|") && !known.has(id)) found.add(id);
  holder.hidden = found.size === 0;
  const list = holder.querySelector("tbody");
  const ids = [...found].sort();
  while (list.rows.length > ids.length) list.deleteRow(-1);
  ids.forEach((id, index) => {
    const row = list.rows[index] ?? list.insertRow();
    ["", "active", "connections_rate", "in_bytes_rate"].forEach((field, at) => {
      const cell = row.cells[at] ?? row.insertCell();
      cell.className = at ? "num live-value" : "mono";
      write(cell, at ? shown(field, total(id, field, used)) : id);
    });
  });
}

// --- the selected service --------------------------------------------------------------------------
function selected() {
  const rows = [...page.querySelectorAll("tr.is-service")];
  return rows.find((row) => row.dataset.row === page.dataset.selected) ?? rows[0];
}

function serversOf(service) {
  const found = [];
  for (let row = service.nextElementSibling; row?.classList.contains("is-server"); row = row.nextElementSibling) found.push(row);
  return found;
}

function paintSelected(all, used) {
  const service = selected();
  const panel = page.querySelector("[data-selected-panel]");
  if (!panel) return;
  panel.hidden = !service;
  if (!service) return;
  write(panel.querySelector("[data-selected-name]"), service.dataset.row);
  for (const row of page.querySelectorAll("tr.is-service")) {
    row.querySelector("[data-select]")?.setAttribute("aria-pressed", String(row === service));
  }
  const lines = linesOf(service, serversOf(service), metric(), used);
  paintChart(panel.querySelector("[data-chart]"), lines, metric(), all);
  paintFlow(panel.querySelector("[data-flow]"), service, lines, used);
  paintSplit(panel, lines, used);
}

// --- wiring ----------------------------------------------------------------------------------------
const want = () => document.body.dispatchEvent(new CustomEvent("live:want", { detail: { topic } }));
document.body.addEventListener("live:frame", (event) => { receive(event.detail, want); schedule(); });
document.body.addEventListener("live:status", (event) => { setSocket(event.detail.state); paint(); });
document.body.addEventListener("htmx:afterSettle", () => {
  // A part that was read again shows the first choice: the person's own comes back.
  for (const name of ["metric", "counts"]) {
    const chosenBefore = page.querySelector(`[name=${name}][value="${page.dataset[name] ?? ""}"]`);
    if (chosenBefore) chosenBefore.checked = true;
  }
  schedule();
});
document.addEventListener("lvs:theme", () => { forget(); schedule(); });
page.addEventListener("change", (event) => {
  if (["metric", "counts"].includes(event.target.name)) page.dataset[event.target.name] = event.target.value;
  paint();
});
page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-select]");
  if (!button) return;
  page.dataset.selected = button.closest("tr").dataset.row;
  paint();
  page.querySelector("[data-selected-panel]").scrollIntoView({ block: "nearest", behavior: "smooth" });
});
addEventListener("resize", schedule);
setInterval(() => { tick(); paint(); }, 1000);
// live.js may have connected before this script was there to hear of it.
setSocket(document.querySelector("[data-live-status]").dataset.state);
paint();
