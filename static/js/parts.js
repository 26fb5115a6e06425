// Parts that a page reads again by itself. When one can't be read, the page says so: what it shows may
// no longer be true. Forms that are checked as one types are told the same: nothing typed is lost.

const SOCKET = "socket";
const failed = new Map(); // what was asked → why there is no answer
const banner = document.querySelector("[data-parts-lost]");

function show() {
  const reasons = new Set(failed.values());
  const shown = ["signed-out", "gone", "form", "trouble"].find((reason) => reasons.has(reason));
  banner.hidden = !shown;
  for (const text of banner.querySelectorAll("[data-lost-because]")) text.hidden = text.dataset.lostBecause !== shown;
}

function reasonOf({ xhr, requestConfig }) {
  if (xhr.status === 401) return "signed-out";
  if (requestConfig.verb !== "get") return "form";
  return xhr.status === 403 || xhr.status === 404 ? "gone" : "trouble";
}

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const button = detail.elt.matches("button") && detail.elt; // asked once, by a person: nobody asks again
  if (button && !detail.successful && detail.xhr.status !== 401) {
    button.textContent = "That could not be read. Try again";
    return;
  }
  const { path } = detail.requestConfig;
  const wasSignedOut = failed.get(path) === "signed-out";
  if (detail.successful) failed.delete(path);
  else failed.set(path, reasonOf(detail));
  if (wasSignedOut && !failed.has(path)) signedIn();
  show();
});

document.body.addEventListener("live:status", ({ detail }) => {
  if (detail.state === "refused") failed.set(SOCKET, detail.code === 4401 ? "signed-out" : "gone");
  if (detail.state === "open") signedIn();
  show();
});

// Signed in again, in another tab.
function signedIn() {
  for (const [path, reason] of failed) if (reason === "signed-out" || path === SOCKET) failed.delete(path);
  document.body.dispatchEvent(new CustomEvent("live:again"));
}

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
