// The form of a virtual service: rows of real servers, and parts that show only when they apply.

import { arrange, catchUp, guard, valueOf } from "./form/arrange.js";

const form = document.querySelector("[data-service-form]");
const rows = form.querySelector("[data-server-rows]");
const template = document.getElementById("server-row");

const answers = {
  inet6: () => {
    const six = valueOf(form, "kind") === "fwmark"
      ? valueOf(form, "family") === "inet6" : valueOf(form, "address").includes(":");
    return six ? "yes" : "no";
  },
  udp: () => (valueOf(form, "kind") === "fwmark" || valueOf(form, "protocol") === "udp" ? "yes" : "no"),
};

function arrangeAll() {
  arrange(form, answers);
  const all = [...rows.querySelectorAll("[data-server-row]")];
  all.forEach((row, index) => {
    row.querySelector("[data-row-title]").textContent = `Real server ${index + 1}`;
    row.querySelector("[data-remove-row]").setAttribute("aria-label", `Remove real server ${index + 1}`);
    row.querySelector("[data-clone-row]").setAttribute("aria-label", `Clone real server ${index + 1}`);
  });
  form.querySelector("[data-no-servers]").hidden = all.length > 0;
}

function nextNumber() {
  const numbers = [...rows.querySelectorAll("[data-server-row]")].map((row) => Number(row.dataset.serverRow));
  return Math.max(-1, ...numbers) + 1;
}

const SHARED = ["port", "forwarding", "tunnel_type", "tunnel_port", "tunnel_checksum"];
const OWN = ["address", "weight", "upper_threshold", "lower_threshold"];

// A new row behind `after` (null: at the end), with these values of `like`, where there is one.
function addRow(like, names, after = null) {
  const number = nextNumber();
  const holder = document.createElement("div");
  holder.innerHTML = template.innerHTML.replaceAll("__n__", String(number));
  const row = holder.firstElementChild;
  rows.insertBefore(row, after?.nextElementSibling ?? null);
  for (const name of like ? names : []) {
    const from = like.querySelector(`[name$="-${name}"]`).value;
    if (from) row.querySelector(`[name$="-${name}"]`).value = from;
  }
  if (after) row.querySelector("details").open = like.querySelector("details").open;
  arrangeAll();
  const field = row.querySelector("input");
  field.focus();
  field.select();
}

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-row]")) {
    addRow(rows.querySelector("[data-server-row]:last-of-type"), SHARED);
  }
  const clone = event.target.closest("[data-clone-row]")?.closest("[data-server-row]");
  if (clone) {
    addRow(clone, [...SHARED, ...OWN], clone);
    form.dispatchEvent(new Event("input", { bubbles: true })); // typed; and a double, until it is edited
  }
  const remove = event.target.closest("[data-remove-row]");
  if (!remove) return;
  const row = remove.closest("[data-server-row]");
  const neighbour = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  arrangeAll();
  (neighbour?.querySelector("input") || form.querySelector("[data-add-row]")).focus();
  form.dispatchEvent(new Event("change", { bubbles: true })); // doubles may be gone
});
form.addEventListener("input", arrangeAll);
form.addEventListener("change", arrangeAll);

guard(form);
arrangeAll();
catchUp(form);
