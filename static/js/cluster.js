// The live page of a cluster: counters come as frames, are kept per director, and are painted once
// for each arrival and each second. What is old is dimmed and says its age; it never poses as live.

const FIELDS = ["active", "inactive", "persistent", "weight", "connections", "in_packets", "out_packets",
  "in_bytes", "out_bytes", "connections_rate", "in_packets_rate", "out_packets_rate", "in_bytes_rate",
  "out_bytes_rate"];
const AT = Object.fromEntries(FIELDS.map((name, index) => [name, index]));
const FRESH = 3.5; // seconds after which numbers are old
const KEPT = 300; // points of the chart: five minutes
const SHARE_OVER = 30; // seconds over which the split is measured
const COLOURS = 6;
const SVG = "http://www.w3.org/2000/svg";

const page = document.querySelector("[data-cluster-live]");
const topic = page.dataset.samples;
const directors = new Map(); // uuid → {name, seq, at, heard, rows: Map, history: Map}
const ticks = [];
let socketState = "connecting";
let chart = null;
let chartKey = "";

// --- numbers ---------------------------------------------------------------------------------------
const units = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
function si(value, unit = "") {
  if (value === null || value === undefined) return "–";
  for (const [size, letter] of units) {
    if (Math.abs(value) >= size) return `${(value / size).toFixed(Math.abs(value) >= 100 * size ? 0 : 1)} ${letter}${unit}`;
  }
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}
const shown = (field, value) => field.includes("bytes") ? si(value, "B") : si(value);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

const minute = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });

// --- what arrives ----------------------------------------------------------------------------------
function receive({ frame, now }) {
  let known = directors.get(frame.director);
  if (!known) {
    known = { name: frame.name, seq: null, at: 0, heard: 0, rows: new Map(), history: new Map() };
    directors.set(frame.director, known);
  }
  if (frame.full) {
    // A snapshot that a newer frame has overtaken; unless nothing came since, and a clock was set back.
    if (frame.at < known.at && isFresh(known)) return;
    known.rows = new Map(Object.entries(frame.rows));
  } else {
    // Heard already, from another relay; a lower number that is newer comes from an agent that began anew.
    if (known.seq !== null && frame.seq <= known.seq && frame.at <= known.at && isFresh(known)) return;
    if (known.seq === null || frame.seq !== known.seq + 1) {
      document.body.dispatchEvent(new CustomEvent("live:want", { detail: { topic } }));
      return;
    }
    for (const [id, row] of Object.entries(frame.rows)) known.rows.set(id, row);
    for (const id of frame.removed) known.rows.delete(id);
  }
  known.name = frame.name;
  known.seq = frame.seq;
  known.at = frame.at;
  // A delta is as old as its way here; a snapshot may have waited.
  const age = frame.full ? Math.max(0, now - frame.at) : 0;
  known.heard = performance.now() - (age < 3600 ? age : 0) * 1000;
  schedule();
}

const ageOf = (known) => (performance.now() - known.heard) / 1000;
const isFresh = (known) => socketState === "open" && ageOf(known) < FRESH;
const view = () => page.querySelector("[name=view]:checked")?.value ?? "";
const metric = () => page.querySelector("[name=metric]:checked")?.value ?? "connections_rate";
function chosen() {
  const all = [...directors.entries()].filter(([id]) => !view() || id === view()).map(([, known]) => known);
  const fresh = all.filter(isFresh);
  return { all, fresh, used: fresh.length ? fresh : all };
}

function total(id, field, among) {
  let sum = null;
  for (const known of among) {
    const value = known.rows.get(id)?.[AT[field]];
    if (value !== null && value !== undefined) sum = field === "weight" ? Math.max(sum ?? 0, value) : (sum ?? 0) + value;
  }
  return sum;
}

// --- history, one point a second -------------------------------------------------------------------
const KEEP = ["connections_rate", "active", "in_bytes_rate"];
function tick() {
  ticks.push(Date.now() / 1000);
  if (ticks.length > KEPT) ticks.shift();
  for (const known of directors.values()) {
    const fresh = isFresh(known);
    for (const [id, row] of known.rows) {
      let past = known.history.get(id);
      if (!past) {
        past = KEEP.map(() => []);
        known.history.set(id, past);
      }
      KEEP.forEach((field, index) => {
        while (past[index].length < ticks.length - 1) past[index].push(null);
        past[index].push(fresh ? row[AT[field]] : null);
        while (past[index].length > ticks.length) past[index].shift();
      });
    }
  }
  paint();
}

function series(id, field) {
  const index = KEEP.indexOf(field);
  const pasts = chosen().all.map((known) => known.history.get(id)?.[index] ?? []);
  return ticks.map((_, at) => {
    let sum = null;
    for (const past of pasts) {
      const value = past[at - (ticks.length - past.length)];
      if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

function share(ids) {
  const sums = ids.map((id) => series(id, "connections_rate").slice(-SHARE_OVER).reduce((a, b) => a + (b ?? 0), 0));
  const all = sums.reduce((a, b) => a + b, 0);
  return all ? sums.map((value) => value / all) : null;
}

// --- painting --------------------------------------------------------------------------------------
let planned = false;
function schedule() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; paint(); });
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function paint() {
  const { all, fresh, used } = chosen();
  page.classList.toggle("is-stale", fresh.length === 0);
  paintFreshness(all, fresh);
  for (const row of page.querySelectorAll("[data-row]")) paintRow(row, used, fresh);
  paintTiles(used);
  paintForeign(used);
  paintSelected(used);
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
    write(cell, oneWay ? "n/a" : shown(cell.dataset.f, total(id, cell.dataset.f, used)));
    if (oneWay) cell.title = "Replies go around the director, so it can't count them";
  }
}

function repliesGoAround(row) {
  if (row.dataset.forwarding) return row.dataset.forwarding !== "masquerade";
  const servers = serversOf(row);
  return servers.length > 0 && servers.every(repliesGoAround);
}

function paintTiles(used) {
  const services = [...page.querySelectorAll("tr.is-service")].map((row) => row.dataset.row);
  for (const tile of page.querySelectorAll("[data-tile]")) {
    const values = services.map((id) => total(id, tile.dataset.tile, used)).filter((value) => value !== null);
    write(tile, values.length ? shown(tile.dataset.tile, values.reduce((a, b) => a + b, 0)) : "–");
  }
}

function presences() {
  return new Map([...document.querySelectorAll("[data-presence]")].map((e) => [e.dataset.director, e.dataset.presence]));
}

function paintFreshness(all, fresh) {
  const line = page.querySelector("[data-fresh]");
  const there = presences();
  const why = { away: "the director is away", unknown: "the relay isn't listening", never: "its agent has never reported" };
  const old = all.filter((known) => !fresh.includes(known));
  const from = (known) => `data from ${clock.format(new Date(known.at * 1000))}, ${Math.round(ageOf(known))} s old`;
  const reason = (known) => {
    const id = [...directors].find(([, other]) => other === known)[0];
    return why[there.get(id)] ? `: ${why[there.get(id)]}` : "";
  };
  let text;
  let state = "old";
  if (socketState === "lost" || socketState === "refused") {
    state = "lost";
    text = `Connection lost, reconnecting${all.length ? `; ${from(all[0])}` : ""}`;
  } else if (!all.length) {
    const silent = [...there.values()].find((presence) => presence !== "present");
    text = there.size === 0 ? "No director yet" : `Waiting for numbers${silent ? `: ${why[silent]}` : ""}`;
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
function paintForeign(used) {
  const holder = document.querySelector("[data-foreign]");
  const source = document.getElementById("known-services");
  if (!holder || !source) return;
  const known = new Set(JSON.parse(source.textContent));
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

// --- the selected service: chart, split, flow ------------------------------------------------------
function selected() {
  const rows = [...page.querySelectorAll("tr.is-service")];
  return rows.find((row) => row.dataset.row === page.dataset.selected) ?? rows[0];
}
function serversOf(service) {
  const found = [];
  for (let row = service.nextElementSibling; row?.classList.contains("is-server"); row = row.nextElementSibling) found.push(row);
  return found;
}

function paintSelected(used) {
  const service = selected();
  const panel = page.querySelector("[data-selected-panel]");
  if (!panel) return;
  panel.hidden = !service;
  if (!service) return;
  write(panel.querySelector("[data-selected-name]"), service.dataset.row);
  for (const row of page.querySelectorAll("tr.is-service")) {
    row.querySelector("[data-select]")?.setAttribute("aria-pressed", String(row === service));
  }
  const servers = serversOf(service);
  paintChart(panel, service, servers);
  paintSplit(panel, servers, used);
  paintFlow(panel, service, servers, used);
}

function css(name) {
  const probe = document.createElement("span");
  probe.className = name;
  probe.hidden = true;
  document.body.append(probe);
  const colour = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return colour;
}

function paintChart(panel, service, servers) {
  const holder = panel.querySelector("[data-chart]");
  const theme = document.documentElement.dataset.bsTheme;
  const width = holder.clientWidth;
  if (!width) return;
  const key = [service.dataset.row, metric(), theme, ...servers.map((row) => row.dataset.row)].join("\n");
  const rows = servers.length ? servers : [service];
  const data = [ticks, ...rows.map((row) => series(row.dataset.row, metric()))];
  const last = ticks.at(-1) ?? Date.now() / 1000;
  if (key !== chartKey || !holder.contains(chart.root)) { // other lines, or a part that was read again
    chart?.destroy();
    chartKey = key;
    chart = makeChart(holder, rows, width, data);
  } else if (Math.abs(chart.width - width) > 1) chart.setSize({ width, height: 180 });
  chart.setData(data, false);
  if (chart.cursor.idx == null) chart.setLegend({ idx: ticks.length - 1 }, false);
  chart.setScale("x", { min: last - Math.max(60, ticks.length), max: last });
}

function makeChart(holder, rows, width, data) {
  const ink = getComputedStyle(holder).color;
  const grid = { stroke: css("grid-colour"), width: 1 };
  const field = metric();
  const axis = { stroke: ink, grid, ticks: { show: false }, font: "11px system-ui" };
  return new uPlot({
    width,
    height: 180,
    legend: { live: true },
    cursor: { points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.15, 1)] } },
    axes: [{ ...axis, values: (_, splits) => splits.map((value) => (ticks.length > 150 ? minute : clock).format(new Date(value * 1000))) }, { ...axis, size: 56, values: (_, splits) => splits.map((value) => shown(field, value)) }],
    series: [
      { label: "Time", value: (_, value) => (value ? clock.format(new Date(value * 1000)) : "–") },
      ...rows.map((row, index) => ({
        label: row.dataset.label,
        stroke: css(`c${index % COLOURS}`),
        dash: index >= COLOURS ? [6, 4] : undefined,
        width: 2,
        points: { show: false },
        value: (_, value) => shown(field, value),
      })),
    ],
  }, data, holder);
}

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function paintSplit(panel, servers, used) {
  const parts = share(servers.map((row) => row.dataset.row));
  const weights = servers.map((row) => total(row.dataset.row, "weight", used) ?? 0);
  const all = weights.reduce((a, b) => a + b, 0);
  bar(panel.querySelector("[data-split=share]"), parts);
  bar(panel.querySelector("[data-split=weight]"), all ? weights.map((weight) => weight / all) : null);
  const percent = (value) => `${Math.round(value * 100)} %`;
  write(panel.querySelector("[data-split-text=share]"), parts ? parts.map(percent).join(" : ") : "no new connections");
  write(panel.querySelector("[data-split-text=weight]"), all ? weights.join(" : ") : "none");
}

function bar(svg, parts) {
  while (svg.children.length > (parts?.length ?? 0)) svg.lastChild.remove();
  let x = 0;
  parts?.forEach((part, index) => {
    const rect = svg.children[index] ?? draw(svg, "rect", { y: 0, height: 10, class: `c${index % COLOURS}` });
    rect.setAttribute("x", (x * 1000).toFixed(1));
    rect.setAttribute("width", Math.max(0, part * 1000 - 2).toFixed(1));
    x += part;
  });
}

function paintFlow(panel, service, servers, used) {
  const svg = panel.querySelector("[data-flow]");
  const shownServers = servers.slice(0, 8);
  const height = Math.max(70, shownServers.length * 44 + 6);
  const key = `${service.dataset.row} ${shownServers.map((row) => row.dataset.row)} ${view()} ${used.length}`;
  const middle = height / 2;
  if (svg.dataset.key !== key) {
    svg.dataset.key = key;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 490 ${height}`);
    shownServers.forEach((row, index) => {
      const y = 25 + index * 44;
      draw(svg, "path", { d: `M292 ${middle} C 316 ${middle} 312 ${y} 334 ${y}`, class: `c${index % COLOURS}`, "data-line": index });
    });
    draw(svg, "path", { d: `M165 ${middle} H 190`, "data-line": "in" });
    box(svg, 0, middle, 165, service.dataset.label, service.dataset.about);
    box(svg, 190, middle, 102, used.length === 1 ? used[0].name : `${used.length} directors`, "");
    shownServers.forEach((row, index) => box(svg, 334, 25 + index * 44, 156, row.dataset.label, ""));
  }
  const rates = shownServers.map((row) => total(row.dataset.row, "connections_rate", used));
  const most = Math.max(1, ...rates.map((rate) => rate ?? 0));
  rates.forEach((rate, index) => {
    const weight = total(shownServers[index].dataset.row, "weight", used);
    svg.querySelector(`[data-line="${index}"]`).setAttribute("stroke-width", (1 + 7 * ((rate ?? 0) / most)).toFixed(1));
    write(svg.querySelectorAll("text.sub")[index + 2], `weight ${weight ?? "–"} · ${shown("connections_rate", rate)}/s`);
  });
  svg.querySelector("[data-line=in]").setAttribute("stroke-width", 4);
  const into = total(service.dataset.row, "connections_rate", used);
  write(svg.querySelectorAll("text.sub")[1], into === null ? "–" : `${shown("connections_rate", into)} conn/s`);
  const more = servers.length - shownServers.length;
  write(panel.querySelector("[data-flow-more]"), more ? `and ${more} more real servers in the table` : "");
}

function box(svg, x, y, width, label, sub) {
  draw(svg, "rect", { x: x + 1, y: y - 18, width: width - 2, height: 36, rx: 6, class: "box" });
  draw(svg, "text", { x: x + 10, y: y - 2 }, label.length > 24 ? `${label.slice(0, 22)}…` : label);
  draw(svg, "text", { x: x + 10, y: y + 12, class: "sub" }, sub);
}

// --- wiring ----------------------------------------------------------------------------------------
document.body.addEventListener("live:frame", (event) => receive(event.detail));
document.body.addEventListener("live:status", (event) => { socketState = event.detail.state; paint(); });
document.body.addEventListener("htmx:afterSettle", () => {
  // A part that was read again shows the first choice: the person's own comes back.
  const chosenMetric = page.querySelector(`[name=metric][value="${page.dataset.metric ?? ""}"]`);
  if (chosenMetric) chosenMetric.checked = true;
  schedule();
});
document.addEventListener("lvs:theme", () => { chartKey = ""; schedule(); });
page.addEventListener("change", (event) => {
  if (event.target.name === "metric") page.dataset.metric = event.target.value;
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
setInterval(tick, 1000);
paint();
