// The follow-up page: opens with a code after the #, keeps what is typed, and brings itself up to
// date. Everything here also works without this file.
const EVERY = 20_000; // ms between two looks, while the page is seen

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
if (!news) {
  sessionStorage.removeItem(KEPT); // nobody is visiting: nothing of theirs stays on this device
} else {
  keep();
  look();
}

// A message half written survives a look at another page of the case.
function keep() {
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
      if (request.status === 204) {
        over = true;
        clearInterval(timer);
        news.textContent = news.dataset.over;
      } else if (request.status === 200 && request.responseXML && place(request.responseXML)) {
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
