// Several files at once: one request a file, one after the other, so that a lost network loses one.
// Without this module the same form sends one file a time.

const TRIES = 4;
const form = document.querySelector("form[data-files]");

if (form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const list = form.querySelector("[data-list]");
  const said = form.querySelector("[data-said]");
  input.multiple = true;
  button.textContent = form.dataset.button;
  form.querySelector("[data-hint]").textContent = form.dataset.many;

  form.addEventListener("submit", async (event) => {
    if (!input.files.length) return; // the server says what is missing
    event.preventDefault();
    button.disabled = input.disabled = true;
    list.replaceChildren();
    const lines = [...input.files].map((file) => [file, line(file.name)]);
    let lost = 0;
    for (const [file, show] of lines) lost += (await one(file, show)) ? 0 : 1;
    button.disabled = input.disabled = false;
    if (lost) {
      input.value = "";
      input.focus();
    } else {
      form.reset();
      location.hash = "fichiers";
      location.reload();
    }
  });

  function line(name) {
    const item = document.createElement("li");
    const label = document.createElement("bdi");
    const state = document.createElement("span");
    const bar = document.createElement("progress");
    label.textContent = name;
    label.className = "filename";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    item.append(label, " ", state, " ", bar);
    list.append(item);
    return (text, part, aloud = true) => {
      state.textContent = text;
      bar.hidden = part === null;
      if (part !== null) bar.value = part;
      if (aloud) said.textContent = `${name} : ${text}`;
    };
  }

  async function one(file, show) {
    const words = form.dataset;
    if (!file.size) return show(words.empty, null);
    if (file.size > Number(words.most)) return show(words.big, null);
    const token = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    show(words.sending, 0);
    for (let tried = 1; tried <= TRIES; tried += 1) {
      const answer = await post(file, token, (part) => show(words.sending, part, false));
      if (answer.ok) {
        show(words.received, null);
        return true;
      }
      if (answer.error && answer.status !== 503) return show(answer.error, null);
      if (tried === TRIES) return show(answer.error || words.lost, null);
      show(words.again, 0);
      await new Promise((done) => setTimeout(done, 1000 * 2 ** tried));
    }
    return false;
  }

  function post(file, token, progress) {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("envoi", token);
    body.append(input.name, file);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => progress(event.loaded / event.total);
      request.onerror = request.onabort = () => done({});
      request.onload = () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          answer = { error: form.dataset.lost };
        }
        done({ ok: request.status === 200, status: request.status, error: answer.error });
      };
      request.send(body);
    });
  }
}
