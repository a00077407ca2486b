// On every page of who works cases: the counter of news, and the alarm of a new P1: a sound, a line at
// the top, a notice of the desktop once it was allowed. Only references are ever shown outside.
import { connect, connected, frames } from "./socket.js";

const bell = document.getElementById("bell");
const count = bell.querySelector(".count");
const KEPT = "desk-alerted"; // what was alerted, for all tabs of this browser
const EVERY = 30_000; // ms between two looks: where nothing is pushed, this is how news come

function put(number) {
  if (count.textContent !== String(number)) count.textContent = number;
  count.hidden = !number;
}

async function ask() {
  const answer = await fetch(bell.dataset.count, { headers: { Accept: "application/json", "Desk-Background": "1" } });
  if (answer.status === 401 || answer.status === 403 || answer.redirected) throw Object.assign(new Error("ended"), { ended: true });
  if (!answer.ok) throw new Error(String(answer.status));
  const found = await answer.json();
  put(found.unread);
  for (const one of found.p1) alarm(bell.dataset.p1, one);
  return found;
}
const look = () => ask().catch(() => {}); // the next look tells

export function ring() {
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.connect(audio.destination);
  volume.gain.value = 0.2;
  for (const [index, pitch] of [880, 660, 880].entries()) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume);
    tone.start(audio.currentTime + index * 0.22);
    tone.stop(audio.currentTime + index * 0.22 + 0.18);
    if (index === 2) tone.onended = () => audio.close();
  }
}

// One tab of a browser tells it to the person; each tab shows the line.
function alarm(words, { id, reference }) {
  const name = `${id} ${words}`;
  const text = words.replace("%s", reference);
  if (document.querySelector(`[data-alarm="${CSS.escape(name)}"]`)) return;
  const address = bell.dataset.case.replace("00000000-0000-0000-0000-000000000000", id);
  const line = document.createElement("div");
  line.className = "toast toast-warning";
  line.dataset.alarm = name;
  line.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = address;
  link.textContent = text;
  line.append(link);
  const told = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  navigator.locks.request(KEPT, () => {
    if (told().includes(name)) return;
    localStorage.setItem(KEPT, JSON.stringify([...told(), name].slice(-50)));
    document.getElementById("toasts").append(line);
    if (bell.dataset.sound) ring();
    if (globalThis.Notification?.permission === "granted") {
      const notice = new Notification(text, { tag: name });
      notice.onclick = () => {
        focus();
        location.assign(address);
      };
    }
  });
}

frames.addEventListener("told", look);
frames.addEventListener("ev", ({ detail }) => {
  for (const { kind, id, row } of detail) {
    if (!row || row.priority !== "P1" || row.state !== "new" || row.assignee) continue;
    if (kind === "report.filed" || kind === "incident.assessed") alarm(bell.dataset.p1, { id, reference: row.reference });
    else if (kind === "incident.untaken" && bell.dataset.untaken) alarm(bell.dataset.untaken, { id, reference: row.reference });
  }
});

if (bell.dataset.live) {
  look();
  setInterval(look, EVERY);
  if (!connected()) {
    const start = async () => {
      const { epoch, seq } = await ask();
      return { epoch, after: seq };
    };
    connect(start, { items() {}, digest: () => true, state() {} });
  }
}

// The page of one's news: try the sound, and allow notices of the desktop.
const hear = document.getElementById("hear");
const desktop = document.getElementById("desktop");
if (hear && globalThis.AudioContext) {
  hear.hidden = false;
  hear.addEventListener("click", ring);
}
if (desktop && globalThis.Notification) {
  const said = document.getElementById("desktop-said");
  const say = () => {
    const { permission } = Notification;
    desktop.hidden = permission !== "default";
    said.textContent = { granted: desktop.dataset.on, denied: desktop.dataset.off }[permission] ?? "";
  };
  say();
  desktop.addEventListener("click", () => Notification.requestPermission().then(say));
}
