// One WebSocket for the page. Topics stand in data-live-topics attributes ("change.12 directors").
// An event becomes a DOM event "live:<topic>" on <body>, which htmx fragments listen to; a frame
// becomes "live:frame". After every connect all topics fire once: what changed since the page was
// made, or while the connection was lost, is read again.

const QUIET = 250; // ms between two refreshes of one topic
const LONGEST_WAIT = 15_000;

const body = document.body;
const status = { state: "connecting", since: Date.now() };
let socket = null;
let attempts = 0;
let retry = null;

function topics() {
  const found = new Set();
  for (const element of document.querySelectorAll("[data-live-topics]")) {
    for (const topic of element.dataset.liveTopics.split(/\s+/)) if (topic) found.add(topic);
  }
  return [...found];
}

function requestSnapshot(topic) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ snapshot: topic }));
}

function setState(state, detail = "", code = 0) {
  if (status.state !== state) status.since = Date.now();
  status.state = state;
  for (const pill of document.querySelectorAll("[data-live-status]")) {
    pill.dataset.state = state;
    pill.querySelector("[data-live-text]").textContent = {
      connecting: "Connecting",
      open: "Live",
      lost: "Connection lost, reconnecting",
      refused: detail || "Not allowed",
    }[state];
  }
  for (const banner of document.querySelectorAll("[data-live-lost]")) banner.hidden = state !== "lost";
  body.dispatchEvent(new CustomEvent("live:status", { detail: { state, code } }));
}

// --- events, coalesced: the first at once, the last never lost ---------------------------------
const waiting = new Map();

function fire(topic) {
  const entry = waiting.get(topic);
  if (entry) {
    entry.again = true;
    return;
  }
  body.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: { topic } }));
  const timer = setTimeout(() => {
    const { again } = waiting.get(topic);
    waiting.delete(topic);
    if (again) fire(topic);
  }, QUIET);
  waiting.set(topic, { again: false, timer });
}

function receive(event) {
  let message;
  try {
    message = JSON.parse(event.data);
  } catch {
    return; // not ours
  }
  if (message.event) fire(message.event);
  else if (message.frame) body.dispatchEvent(new CustomEvent("live:frame", { detail: message }));
  else if (message.hello) opened(message.hello);
  else if (message.subscribed) message.subscribed.forEach(fire);
  else if (message.error) console.warn("live:", message.error);
}

function opened(hello) {
  attempts = 0;
  setState("open");
  body.dispatchEvent(new CustomEvent("live:hello", { detail: hello }));
  socket.send(JSON.stringify({ subscribe: topics() }));
}

function connect() {
  clearTimeout(retry);
  if (socket && socket.readyState <= WebSocket.OPEN) return; // one is enough
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws/live/`);
  socket.addEventListener("message", receive);
  socket.addEventListener("close", closed);
}

function closed(event) {
  if (event.code === 4401) return setState("refused", "Signed out: sign in again", event.code);
  if (event.code === 4403) return setState("refused", "You may no longer see this", event.code);
  setState("lost");
  const wait = Math.min(LONGEST_WAIT, 500 * 2 ** attempts);
  attempts = Math.min(attempts + 1, 8);
  retry = setTimeout(connect, wait / 2 + (Math.random() * wait) / 2);
}

if (topics().length) {
  connect();
  // A tab that comes back to the front doesn't wait for its back-off; and who was signed out may have
  // signed in again in another tab.
  const again = () => !document.hidden && ["lost", "refused"].includes(status.state) && connect();
  document.addEventListener("visibilitychange", again);
  addEventListener("focus", again);
  addEventListener("online", again);
  body.addEventListener("live:again", again);
}

body.addEventListener("live:want", (event) => requestSnapshot(event.detail.topic));
