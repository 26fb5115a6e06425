// Forms of which parts show only when they apply: data-show-when="source=file,text". Without this script
// all of them show.

import { arrange } from "./form/arrange.js";

for (const form of document.querySelectorAll("form[data-shows]")) {
  form.addEventListener("change", () => arrange(form));
  arrange(form);
}
