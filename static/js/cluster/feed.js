// What is known of the cluster's directors: their newest counters, how old those are, and the last
// five minutes. Frames come from live.js; which directors belong to the cluster stands in the page.

const FIELDS = ["active", "inactive", "persistent", "weight", "connections", "in_packets", "out_packets",
  "in_bytes", "out_bytes", "connections_rate", "in_packets_rate", "out_packets_rate", "in_bytes_rate",
  "out_bytes_rate"];
const AT = Object.fromEntries(FIELDS.map((name, index) => [name, index]));
const KEEP = ["connections_rate", "active", "in_bytes_rate"]; // fields with a history
const FRESH = 3.5; // seconds after which numbers are old
const KEPT = 300; // points of the history: five minutes
const SHARE_OVER = 30; // seconds over which the split is measured

const directors = new Map(); // uuid → {id, name, seq, at, heard, rows: Map, history: Map}
export const ticks = []; // unix seconds of the history's points
let socketState = "connecting";

export const socket = () => socketState;
export const setSocket = (state) => { socketState = state; };

// Takes a frame. `want` is called where frames are missing: ask for a snapshot.
export function receive({ frame, now }, want) {
  let known = directors.get(frame.director);
  if (!known) {
    known = { id: frame.director, name: frame.name, seq: null, at: 0, heard: 0, rows: new Map(), history: new Map() };
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
      want();
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
}

export const ageOf = (known) => (performance.now() - known.heard) / 1000;
const isFresh = (known) => socketState === "open" && ageOf(known) < FRESH;

// Which directors count: those of the cluster that `view` names ("" = all of them). Fresh ones if there are any.
export function chosen(members, view) {
  const all = [...directors.values()].filter(({ id }) => members.has(id) && (!view || id === view));
  const fresh = all.filter(isFresh);
  return { all, fresh, used: fresh.length ? fresh : all };
}

// The field of a row, summed over these directors; the highest weight. null = nobody knows.
export function total(id, field, among) {
  let sum = null;
  for (const known of among) {
    const value = known.rows.get(id)?.[AT[field]];
    if (value !== null && value !== undefined) sum = field === "weight" ? Math.max(sum ?? 0, value) : (sum ?? 0) + value;
  }
  return sum;
}

// The field summed over many rows; null where none of them is known.
export function totalOf(ids, field, among) {
  let sum = null;
  for (const id of ids) {
    const value = total(id, field, among);
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}

// One point of the history, each second. What is old leaves a gap.
export function tick() {
  ticks.push(Date.now() / 1000);
  if (ticks.length > KEPT) ticks.shift();
  for (const known of directors.values()) {
    const fresh = isFresh(known);
    for (const id of new Set([...known.rows.keys(), ...known.history.keys()])) {
      let past = known.history.get(id);
      if (!past) {
        past = KEEP.map(() => []);
        known.history.set(id, past);
      }
      const row = known.rows.get(id); // undefined once it left the kernel
      KEEP.forEach((field, index) => {
        while (past[index].length < ticks.length - 1) past[index].push(null);
        past[index].push(fresh && row ? row[AT[field]] : null);
        while (past[index].length > ticks.length) past[index].shift();
      });
      if (!row && past[0].every((value) => value === null)) known.history.delete(id);
    }
  }
}

// The history of a field, summed over rows and directors: one value or null for each of `ticks`.
export function series(ids, field, among) {
  const index = KEEP.indexOf(field);
  const pasts = among.flatMap((known) => ids.map((id) => known.history.get(id)?.[index] ?? []));
  return ticks.map((_, at) => {
    let sum = null;
    for (const past of pasts) {
      const value = past[at - (ticks.length - past.length)];
      if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

// How new connections were split among groups of rows, as parts of 1; null where there were none.
export function share(groups, among) {
  const sums = groups.map((ids) => series(ids, "connections_rate", among).slice(-SHARE_OVER).reduce((a, b) => a + (b ?? 0), 0));
  const all = sums.reduce((a, b) => a + b, 0);
  return all ? sums.map((value) => value / all) : null;
}
