// Drafts are saved while typing: a second after the last key, and when the page is left.
// Without this the button below each text does the same; when it fails, what is typed stays.
const PAUSE = 1000; // ms after the last key

for (const line of document.querySelectorAll("[data-draft]")) {
  const field = document.getElementById(`f-${line.dataset.of}`);
  const form = line.closest("form");
  const said = line.querySelector("[role=status]");
  if (!field || !form) continue;
  let kept = field.value;
  let timer;
  let sent = false;
  line.querySelector("[data-keep]").hidden = true;

  async function save(leaving) {
    clearTimeout(timer);
    const text = field.value;
    if (sent || text === kept) return;
    const body = new URLSearchParams({ text });
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, Accept: "application/json" };
    const before = kept;
    kept = text;
    try {
      const answer = await fetch(line.dataset.draft, { method: "POST", body, headers, keepalive: leaving });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const { saved } = await answer.json();
      const hour = saved && new Date(saved).toLocaleTimeString("fr", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" });
      said.textContent = hour ? line.dataset.saved.replace("%s", hour) : "";
    } catch {
      kept = before;
      if (!leaving) said.textContent = line.dataset.failed;
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE, false);
  });
  form.addEventListener("submit", () => {
    sent = true; // the server forgets the draft of what is sent
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => (sent = false));
  addEventListener("pagehide", () => save(true));
  document.addEventListener("visibilitychange", () => document.hidden && save(true));
}
