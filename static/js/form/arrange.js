// Parts of a form that show only when they apply, options that are offered only then, and a question
// before what was typed is left.

export function valueOf(form, name) {
  const field = form.elements.namedItem(name); // of a thousand rows: the browser keeps these by name
  if (field?.type === "checkbox") return field.checked ? "on" : "";
  return field?.value ?? "";
}

// "kind=fwmark", "scheduler=sh,mh" or "scheduler!=sh,mh"; several, with a space, must all hold.
// answers: what a name stands for that is no field.
function holds(form, condition, answers) {
  const [, name, not, wanted] = condition.match(/^(.+?)(!?)=(.*)$/);
  const value = answers[name] ? answers[name]() : valueOf(form, name);
  return wanted.split(",").includes(value) !== (not === "!");
}

export function arrange(form, answers = {}) {
  const all = (conditions) => conditions.split(" ").every((condition) => holds(form, condition, answers));
  for (const option of form.querySelectorAll("[data-offer-when]")) {
    option.hidden = !all(option.dataset.offerWhen);
    option.disabled = option.hidden || "off" in option.dataset;
    if (option.hidden && option.selected) option.parentElement.selectedIndex = 0;
  }
  for (const part of form.querySelectorAll("[data-show-when]")) part.hidden = !all(part.dataset.showWhen);
}

// What was typed before the scripts were there was heard by nobody: neither checked, nor guarded.
export function catchUp(form) {
  addEventListener("load", () => {
    const typed = [...form.elements].some((field) => field.type !== "hidden"
      && "defaultValue" in field && field.value !== field.defaultValue);
    if (typed) form.dispatchEvent(new Event("input", { bubbles: true }));
  }, { once: true });
}

export function guard(form) {
  let typed = false;
  form.addEventListener("input", () => { typed = true; });
  form.addEventListener("submit", () => { typed = false; });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
}
