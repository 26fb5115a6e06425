// Which lines stand for a service: each real server where there are few; else the busiest ones, and
// one line for all others. Who is busiest is decided once for a service and a metric: lines that
// changed places each second could not be read.

import { total } from "./feed.js";

const MOST = 8; // real servers that are drawn one by one
const BUSIEST = 5; // of more than that
const COLOURS = 6;

let decided = "";
let order = [];

// A list of {label, ids, colour}. `servers` are table rows with data-row and data-label.
export function linesOf(service, servers, metric, used) {
  if (!servers.length) return [line(service.dataset.label, [service], "c0")];
  if (servers.length <= MOST) return servers.map((row, index) => line(row.dataset.label, [row], `c${index % COLOURS}`));
  const known = used.some((director) => director.rows.size);
  const key = [service.dataset.row, metric, known, ...servers.map((row) => row.dataset.row)].join("\n");
  if (key !== decided) {
    decided = key;
    order = busiest(servers, metric, used);
  }
  const leading = servers.filter((row) => order.includes(row.dataset.row));
  const others = servers.filter((row) => !order.includes(row.dataset.row));
  return [
    ...leading.map((row, index) => line(row.dataset.label, [row], `c${index % COLOURS}`)),
    line(`${others.length} others`, others, "c-rest"),
  ];
}

function line(label, rows, colour) {
  return { label, colour, ids: rows.map((row) => row.dataset.row) };
}

function busiest(servers, metric, used) {
  const rank = (row) => [total(row.dataset.row, metric, used) ?? 0, total(row.dataset.row, "connections", used) ?? 0];
  return servers
    .map((row) => ({ id: row.dataset.row, rank: rank(row) }))
    .sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1])
    .slice(0, BUSIEST)
    .map(({ id }) => id);
}
