// The case page: who else is here, and whether the case has changed under the reader's eyes.
// What is typed is never touched.
import { connect } from "./socket.js";

const EVERY = 20_000; // ms between two "at"
const MINUTE = 60_000; // ms between two looks of who has no socket: an operator
const SOON = 150; // ms: events that come together are one look
const IDLE = 5 * 60_000; // ms without a key or a move
const present = document.getElementById("present");
const changed = document.getElementById("changed");
const { case: id, version, since, epoch, seq, me, also, writes, idle, lost, ended } = present.dataset;
let cursor = epoch ? { epoch, after: Number(seq) } : {};
let first = true;
let last = Date.now();
let wrote = 0;
let doing = "";
let others = "";
const stale = new Set(); // panels to ask for again

// A panel names the events after which it is asked for again; while one of its fields has the focus, it
// waits.
function renew(kind) {
  for (const panel of document.querySelectorAll("[data-live]")) {
    if (panel.dataset.live.split(" ").some((start) => kind.startsWith(start))) stale.add(panel.id);
  }
  if (stale.size) setTimeout(draw, SOON);
}

function draw() {
  for (const name of [...stale]) {
    const panel = document.getElementById(name);
    const field = document.activeElement;
    if (panel?.contains(field) && field.matches("input, select, textarea")) continue;
    stale.delete(name);
    if (panel) htmx.ajax("GET", panel.dataset.from, { target: panel, swap: "outerHTML", headers: { "Desk-Background": "1" } });
  }
}

function see(now) {
  if (now > Number(version)) changed.hidden = false;
}

// What the socket would have brought is asked for.
async function look() {
  const answer = await fetch(`${since}?${new URLSearchParams(cursor)}`, { headers: { Accept: "application/json", "Desk-Background": "1" } });
  if (answer.status === 401 || answer.status === 403) throw Object.assign(new Error("ended"), { ended: true });
  if (answer.status === 404) changed.hidden = false; // it was taken away from this person
  if (!answer.ok) throw new Error(String(answer.status));
  const found = await answer.json();
  see(found.version);
  found.kinds.forEach(renew);
  return (cursor = found.cursor);
}

function say(text) {
  if (present.textContent !== text) present.textContent = text;
}

function now() {
  if (Date.now() - last > IDLE) return "idle";
  return Date.now() - wrote < 60_000 ? "write" : "read";
}

function tell(force) {
  const current = now();
  if (force || current !== doing) link?.send({ t: "at", id, doing: current });
  doing = current;
}

const link = epoch && connect(
  async () => {
    if (!first) return look();
    first = false;
    return cursor; // from the moment that the page shows
  },
  {
    items(items) {
      for (const item of items) {
        if (item.id !== id) continue;
        see(item.version);
        renew(item.kind);
      }
    },
    digest: () => true, // this page shows one case: versions are enough
    who(frame) {
      if (frame.id !== id) return;
      const said = { write: writes, idle, read: "%s" };
      const names = frame.people.filter((one) => one.id !== me).map((one) => said[one.doing].replace("%s", one.name));
      others = names.length ? also.replace("%s", names.join(", ")) : "";
      say(others);
    },
    state(name) {
      if (name === "live") {
        say(others);
        tell(true); // what was done before the socket was open reached nobody
      } else if (name === "lost") {
        say(lost);
      } else if (name === "ended") say(ended);
    },
  },
);

if (link) setInterval(() => tell(true), EVERY);
else setInterval(() => look().then(() => say(""), (error) => say(error.ended ? ended : lost)), MINUTE);
for (const event of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(event, () => {
    last = Date.now();
    tell();
  }, { passive: true });
}
document.addEventListener("focusout", () => setTimeout(draw, SOON));
document.addEventListener("input", () => {
  wrote = last = Date.now();
  tell();
});
