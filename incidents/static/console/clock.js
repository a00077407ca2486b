// The desk's time: the world's, or in an exercise the exercise's own, which the page asks for again and again.
const EVERY = 5_000; // ms between two questions
const held = document.getElementById("exercise");
const ringing = document.querySelector(".ringing");
const words = new Intl.DateTimeFormat("fr", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "short" });
let asked = Date.now();
let said = held ? { now: Number(held.dataset.now), speed: Number(held.dataset.speed) } : { now: asked, speed: 1 };

export const now = () => said.now + (Date.now() - asked) * said.speed;

async function ask() {
  try {
    const answer = await fetch(held.dataset.url, { signal: AbortSignal.timeout(EVERY) });
    if (!answer.ok) return;
    said = await answer.json();
    asked = Date.now();
    held.querySelector("[data-paused]").hidden = said.speed > 0;
    ringing.hidden = !said.ringing;
    ringing.querySelector("b").textContent = said.ringing;
  } catch {
    // the next question may be answered
  }
}

if (held) {
  setInterval(ask, EVERY);
  setInterval(() => {
    const time = held.querySelector("time");
    const at = new Date(now());
    time.dateTime = at.toISOString();
    time.textContent = words.format(at);
  }, 1_000);
}
