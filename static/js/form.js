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
  const copy = (name) => {
    const from = last.querySelector(`[name$="-${name}"]`).value;
    if (from) row.querySelector(`[name$="-${name}"]`).value = from;
  };
  rows.append(row);
  if (last) ["port", "forwarding", "tunnel_type", "tunnel_port", "tunnel_checksum"].forEach((name) => copy(name));
  arrangeAll();
  row.querySelector("input").focus();
}

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-row]")) addRow();
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
