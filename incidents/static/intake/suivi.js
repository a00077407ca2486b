// The follow-up page: opens with a code after the #, keeps what is typed, brings itself up to date and
// sends several files. Everything here also works without this file. One file: each is a request.
const EVERY = 20_000; // ms between two looks, while the page is seen
const TRIES = 4; // of each file

// /suivi/#CODE: posted, and gone from the address bar before anything else happens.
function enter() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!/^[0-9a-z][0-9a-z \-.]{22,40}$/i.test(code)) return;
  history.replaceState(null, "", location.pathname);
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/suivi/";
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ code, csrfmiddlewaretoken: token })) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
addEventListener("hashchange", enter);
enter();

const news = document.getElementById("nouvelles");
const text = document.getElementById("f-message");
const KEPT = "message";
if (document.getElementById("f-code")) {
  sessionStorage.clear(); // nobody is visiting: nothing of theirs stays on this device
}
if (news) {
  keep();
  look();
}
const files = document.querySelector("form[data-files]");
if (files) send(files);

// A message half written survives a look at another page of the case.
function keep() {
  if (sessionStorage.getItem("dossier") !== news.dataset.case) sessionStorage.removeItem(KEPT);
  sessionStorage.setItem("dossier", news.dataset.case);
  if (text.value === "") text.value = sessionStorage.getItem(KEPT) ?? "";
  text.addEventListener("input", () => sessionStorage.setItem(KEPT, text.value));
  text.form.addEventListener("submit", () => sessionStorage.removeItem(KEPT));
}

function look() {
  let mark = news.dataset.mark;
  let timer = 0;
  let over = false;

  function ask() {
    // XMLHttpRequest, because it parses a page without running anything in it.
    const request = new XMLHttpRequest();
    request.open("GET", news.dataset.from);
    request.responseType = "document";
    request.timeout = EVERY;
    request.setRequestHeader("If-None-Match", mark);
    request.onload = () => {
      const fresh = request.status === 200 ? request.responseXML : null;
      if (request.status === 204 || (fresh && fresh.title !== news.dataset.case)) { // over, or of another case by now
        over = true;
        clearInterval(timer);
        news.textContent = news.dataset.over;
      } else if (fresh && place(fresh)) {
        mark = request.getResponseHeader("ETag") ?? mark;
        news.textContent = news.dataset.said;
      }
    };
    request.send();
  }

  // Whatever has the focus waits for the next look: nothing moves under a finger.
  function place(fresh) {
    const parts = ["etat", "fil", "passe"].map((id) => [document.getElementById(id), fresh.getElementById(id)]);
    if (parts.some(([here, there]) => !here || !there || here.contains(document.activeElement))) return false;
    for (const [here, there] of parts) {
      // Compared as text, never written as text: what is put there are nodes of the server's own page.
      if (here.innerHTML !== there.innerHTML) here.replaceChildren(...document.importNode(there, true).childNodes);
    }
    return true;
  }

  function pace() {
    clearInterval(timer);
    if (document.hidden || over) return;
    timer = setInterval(ask, EVERY);
  }

  document.addEventListener("visibilitychange", () => {
    pace();
    if (!document.hidden && !over) ask();
  });
  pace();
}

// Several files at once: one request a file, one after the other, so that a lost network loses one.
function send(form) {
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
    body.append("dossier", form.elements.dossier.value);
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
