// Choosing between theirs and mine: how many parts are decided, and a question before choices are left.

import { guard } from "./form/arrange.js";

const form = document.querySelector("[data-rebase]");

if (form) {
  const parts = [...form.querySelectorAll(".clash")];
  const text = form.querySelector("[data-decided]");
  const count = () => {
    const decided = parts.filter((part) => part.querySelector("input:checked")).length;
    if (parts.length) text.textContent = `${decided} of ${parts.length} decided`;
  };
  form.addEventListener("change", count);
  count();
  guard(form);
}
