// The form of a draft's settings.

import { arrange, guard } from "./form/arrange.js";

const form = document.querySelector("[data-settings-form]");

form.addEventListener("input", () => arrange(form));
form.addEventListener("change", () => arrange(form));
guard(form);
arrange(form);
