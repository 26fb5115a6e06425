// Security keys (WebAuthn): adding one, and showing one. The server's question stands as JSON in
// data-key-make or data-key-ask of the form; the browser's answer goes into the field “credential”.

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function make({ publicKey: asked }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: keys(asked.excludeCredentials),
    },
  });
  return answer(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  });
}

async function ask({ publicKey: asked }) {
  const shown = await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: keys(asked.allowCredentials) },
  });
  return answer(shown, {
    clientDataJSON: text(shown.response.clientDataJSON),
    authenticatorData: text(shown.response.authenticatorData),
    signature: text(shown.response.signature),
  });
}

function answer(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

function spoken(error) {
  if (!isSecureContext) return "Security keys need HTTPS: open the console by its name, with https://.";
  if (!globalThis.PublicKeyCredential) return "This browser knows no security keys.";
  switch (error.name) {
    case "InvalidStateError": return "This key is added already.";
    case "NotAllowedError": return "The key was not shown in time, or you turned back. Try again.";
    case "SecurityError": return "Security keys work only where the console has a name, not at a bare address.";
    default: return "The key gave no answer that could be used. Try again.";
  }
}

async function use(form, work, question) {
  const error = form.querySelector("[data-key-error]");
  error.hidden = true;
  try {
    form.elements.credential.value = await work(JSON.parse(question));
  } catch (trouble) {
    error.querySelector("[data-key-error-text]").textContent = spoken(trouble);
    error.hidden = false;
    return;
  }
  form.submit();
}

for (const form of document.querySelectorAll("form[data-key-make]")) {
  form.addEventListener("submit", (event) => {
    if (!form.elements.name.value.trim()) return; // the server says what is missing
    event.preventDefault();
    use(form, make, form.dataset.keyMake);
  });
}

for (const form of document.querySelectorAll("form[data-key-ask]")) {
  form.querySelector("[data-key-use]").addEventListener("click", () => use(form, ask, form.dataset.keyAsk));
}
