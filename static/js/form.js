// The form of a virtual service: rows of real servers, and parts that show only when they apply.

const form = document.querySelector("[data-service-form]");
const rows = form.querySelector("[data-server-rows]");
const template = document.getElementById("server-row");

function value(name) {
  const inputs = form.querySelectorAll(`[name="${name}"]`);
  for (const input of inputs) {
    if (input.type === "checkbox") return input.checked ? "on" : "";
    if (input.type !== "radio" || input.checked) return input.value;
  }
  return "";
}

// "kind=fwmark" or "scheduler=sh,mh"; several, with a space, must all hold. "~:" = contains a colon.
function holds(condition) {
  const [name, wanted] = condition.split("=");
  if (name === "inet6") {
    const six = value("kind") === "fwmark" ? value("family") === "inet6" : value("address").includes(":");
    return six === (wanted === "yes");
  }
  if (name === "udp") return value("kind") === "fwmark" || value("protocol") === "udp";
  return wanted.split(",").includes(value(name));
}

function arrange() {
  for (const part of form.querySelectorAll("[data-show-when]")) {
    part.hidden = !part.dataset.showWhen.split(" ").every(holds);
  }
  const all = [...rows.querySelectorAll("[data-server-row]")];
  all.forEach((row, index) => {
    row.querySelector("[data-row-title]").textContent = `Real server ${index + 1}`;
    row.querySelector("[data-remove-row]").setAttribute("aria-label", `Remove real server ${index + 1}`);
  });
  form.querySelector("[data-no-servers]").hidden = all.length > 0;
}

function nextNumber() {
  const numbers = [...rows.querySelectorAll("[data-server-row]")].map((row) => Number(row.dataset.serverRow));
  return Math.max(-1, ...numbers) + 1;
}

function addRow() {
  const number = nextNumber();
  const holder = document.createElement("div");
  holder.innerHTML = template.innerHTML.replaceAll("__n__", String(number));
  const row = holder.firstElementChild;
  const last = rows.querySelector("[data-server-row]:last-of-type");
  const copy = (name, fallback) => {
    const from = last?.querySelector(`[name$="-${name}"]`)?.value ?? fallback;
    if (from) row.querySelector(`[name$="-${name}"]`).value = from;
  };
  rows.append(row);
  if (last) copy("port");
  if (last) copy("forwarding");
  arrange();
  row.querySelector("input").focus();
}

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-row]")) addRow();
  const remove = event.target.closest("[data-remove-row]");
  if (!remove) return;
  const row = remove.closest("[data-server-row]");
  const neighbour = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  arrange();
  (neighbour?.querySelector("input") || form.querySelector("[data-add-row]")).focus();
  form.dispatchEvent(new Event("change", { bubbles: true })); // doubles may be gone
});
form.addEventListener("input", arrange);
form.addEventListener("change", arrange);

let typed = false;
form.addEventListener("input", () => { typed = true; });
form.addEventListener("submit", () => { typed = false; });
addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

arrange();
