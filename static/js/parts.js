// Parts that a page reads again by itself. When one can't be read, the page says so: what it shows may
// no longer be true. Forms are told the same: nothing that was typed is lost.

const failed = new Map(); // what was asked → the status of the answer, 0 = none came
const banner = document.querySelector("[data-parts-lost]");

function show() {
  const statuses = new Set(failed.values());
  const kind = statuses.has(401) ? "signed-out" : statuses.has(403) || statuses.has(404) ? "gone" : "trouble";
  banner.hidden = failed.size === 0;
  for (const text of banner.querySelectorAll("[data-lost-because]")) text.hidden = text.dataset.lostBecause !== kind;
}

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { path } = detail.requestConfig;
  const wasSignedOut = failed.get(path) === 401;
  if (detail.successful || detail.xhr.status === 422) failed.delete(path);
  else failed.set(path, detail.xhr.status);
  if (wasSignedOut && !failed.has(path)) { // signed in again, in another tab
    for (const [other, status] of failed) if (status === 401) failed.delete(other);
    document.body.dispatchEvent(new CustomEvent("live:again"));
  }
  show();
});

// Signing in again, in another tab, makes a new token: forms that stand open take it from the cookie.
function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[name=csrfmiddlewaretoken]");
  if (field && token()) field.value = token();
}, true);
document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.parameters.has?.("csrfmiddlewaretoken") && token()) detail.parameters.set("csrfmiddlewaretoken", token());
});
