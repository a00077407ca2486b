// Passkeys: a form that says what it wants (data-passkey="create" or "get") and with which options
// (data-options, or data-ask: the address that gives them) sends what the browser's key answered.
const asJson = async (form) => {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const ask = async (form) => {
  const { publicKey } = await asJson(form);
  if (form.dataset.passkey === "create")
    return navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
    });
  return navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
  });
};

const able = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!able) {
    document.querySelector("[data-passkey-unable]")?.removeAttribute("hidden");
    continue;
  }
  form.hidden = false;
  const failed = form.querySelector("[data-failed]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.textContent = "";
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify((await ask(form)).toJSON());
      form.submit();
    } catch {
      failed.textContent = failed.dataset.failed;
      button.disabled = false;
    }
  });
}
