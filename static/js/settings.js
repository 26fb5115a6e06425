// The form of a draft's settings.

import { arrange, catchUp, guard } from "./form/arrange.js";

const form = document.querySelector("[data-settings-form]");

form.addEventListener("input", () => arrange(form));
form.addEventListener("change", () => arrange(form));
const allOne = form.querySelector("[data-all-one]");
allOne.hidden = false;
allOne.addEventListener("click", () => {
  for (const field of allOne.closest("fieldset").querySelectorAll("select:not(:disabled)")) field.value = "1";
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
guard(form);
arrange(form);
catchUp(form);
