// Small behaviours that every page shares.

// --- times: <time datetime> in the reader's own zone, absolute on hover --------------------------
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long", hourCycle: "h23" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

function spoken(date, now) {
  const seconds = Math.round((date - now) / 1000);
  const ago = Math.abs(seconds);
  if (ago < 5) return "just now";
  if (ago < 60) return relative.format(seconds, "second");
  if (ago < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (ago < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return day.format(date);
}

function paintTimes(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    element.title = full.format(date);
    const text = element.dataset.time === "clock" ? clock.format(date)
      : element.dataset.time === "full" ? day.format(date)
        : spoken(date, now);
    if (element.textContent !== text) element.textContent = text;
  }
}

paintTimes();
setInterval(paintTimes, 5000);
document.body.addEventListener("htmx:load", (event) => paintTimes(event.target));

// --- ask before what can't be undone -------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  // What is missing or wrong the server says first, beside its field.
  if (question && event.target.checkValidity() && !confirm(question)) {
    event.preventDefault();
    return;
  }
  // A second click must not send a second time.
  const button = event.submitter;
  if (button && !event.defaultPrevented) setTimeout(() => { button.disabled = true; }, 0);
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[type=submit][disabled]:not([data-off])")) {
    button.disabled = false;
  }
});

// --- a form that came back begins where something is wrong ---------------------------------------
[...document.querySelectorAll("[aria-invalid=true]")].find((field) => field.checkVisibility())?.focus();

// --- a link to a field: its fold opens, it has the focus, and what is wrong with it is said -------
addEventListener("load", () => {
  const field = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!field?.matches?.("input, select, textarea")) return;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  field.focus();
  field.scrollIntoView({ block: "center" });
  if (field.form?.hasAttribute("hx-post")) field.dispatchEvent(new Event("change", { bubbles: true }));
});

// --- copy a command ------------------------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]");
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    label.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source); // no clipboard: ready for Ctrl-C
    label.textContent = "Selected";
  }
  setTimeout(() => { label.textContent = "Copy"; }, 2000);
});

// --- the phone's menu ----------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const toggle = event.target.closest?.("[data-menu-toggle]");
  if (toggle) {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", String(open));
    document.getElementById(toggle.getAttribute("aria-controls")).classList.toggle("is-open", open);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
// --- errors beside their field also mark the field --------------------------------------------
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  const slot = event.detail.target;
  if (!slot.id?.startsWith("err-")) return;
  const wrong = document.getElementById(slot.id).dataset.wrong === "yes";
  for (const input of document.querySelectorAll(`[data-error="${slot.id}"]`)) {
    input.classList.toggle("is-invalid", wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
});
