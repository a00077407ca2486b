// The live queue. Rows are painted in place and never move under the cursor: what is new waits
// behind a button, what has left stays, greyed, until the reader asks.
import { now } from "./clock.js";
import { connect } from "./socket.js";

const table = document.getElementById("queue");
const body = table.tBodies[0];
const held = document.getElementById("held");
const live = document.getElementById("live");
const liveSaid = document.getElementById("live-said");
const labels = JSON.parse(table.dataset.labels);
const { said } = labels;
const spec = JSON.parse(table.dataset.spec);
const language = document.documentElement.lang.startsWith("en") ? "en" : "fr";
const me = table.dataset.me;
const cases = new Map(); // every live case, by id
const waiting = new Set(); // ids of rows that the button would show
const present = new Map(); // who is at a case now, by its id
const known = new Set([...body.rows].map((tr) => tr.dataset.id)); // what the server found by words
let reload = false; // the button has something that only the server can show
let stamp; // when this list was last known to be right
let whole = true; // the live set is small enough to be checked

const hour = new Intl.DateTimeFormat(language, { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("fr", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "short" });
const say = (text, value) => text.replace("%s", value);

const DAY = 86_400_000;
const end = (row) => (row.next_due ? Date.parse(row.next_due) : NaN); // of the legal clock that ends first
const dues = {
  jour: (at, now) => at > now && at <= now + DAY,
  semaine: (at, now) => at > now && at <= now + 7 * DAY,
  passee: (at, now) => at <= now,
  aucune: (at) => Number.isNaN(at),
};

// The rule of incidents.console.filters.narrow, for one row.
function matches(row, wanted) {
  const who = wanted.assignee;
  return wanted.states.includes(row.state)
    && wanted.apart === row.apart
    && (!wanted.priorities.length || wanted.priorities.includes(row.priority))
    && (!wanted.tlps.length || wanted.tlps.includes(row.tlp))
    && wanted.signs.every((sign) => row[sign])
    && (!who || (who === "personne" ? !row.assignee : row.assignee?.id === who))
    && (!wanted.department || row.department === wanted.department)
    && (!wanted.communes || wanted.communes.includes(row.commune))
    && (!wanted.organisations || wanted.organisations.includes(row.organisation))
    && (!wanted.category || row.category === wanted.category)
    && (!wanted.victim || row.victim_kind === wanted.victim)
    && (!wanted.campaign || row.campaign === wanted.campaign)
    && (!wanted.tag || row.tags.includes(wanted.tag))
    && (!wanted.kind || row.kind === wanted.kind)
    && (!wanted.due || dues[wanted.due](end(row), now()))
    && (!wanted.text || known.has(row.id));
}

// What the hour makes of a row: the server's own word, but for a clock that came near since.
function attention(row) {
  if (row.attention < 3) return row.attention;
  return end(row) <= now() + DAY ? 3 : 4;
}

const place = (row) => `${attention(row)}_${row.priority}_${row.opened_at}_${row.id}`; // sorts as the server does
const shown = (id) => body.querySelector(`tr[data-id="${id}"]`);

// A row belongs to this page when it sorts between its ends, or the page has no end there.
function here(row) {
  const rows = body.rows;
  if (!rows.length) return true;
  return (table.dataset.first === "yes" || place(row) > rows[0].dataset.place)
    && (table.dataset.last === "yes" || place(row) < rows[rows.length - 1].dataset.place);
}

function put(cell, text) {
  if (cell && cell.textContent !== text) cell.textContent = text;
}

function span(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return say(said.minute, minutes);
  return minutes < 2880 ? say(said.hour, Math.floor(minutes / 60)) : say(said.day, Math.floor(minutes / 1440));
}
const age = (iso) => span(now() - Date.parse(iso));

function paintClock(tr, row) {
  const time = tr.querySelector('[data-c="due"]');
  const at = end(row);
  const left = at - now();
  time.classList.toggle("soon", left <= DAY);
  put(tr.querySelector('[data-c="duty"]'), row.next_due ? labels.duty[row.duty] ?? "" : "");
  put(time, row.next_due ? say(left > 0 ? said.due : said.over, span(Math.abs(left))) : "");
  if (!row.next_due) {
    time.removeAttribute("datetime");
    time.title = "";
  } else if (Date.parse(time.dateTime) !== at) {
    time.dateTime = row.next_due;
    time.title = day.format(at);
  }
}

function steps(row) {
  if (!row.progress) return "";
  const [during, after] = row.progress.split(" ");
  return `${say(said.during, during)} · ${say(said.after, after)}`;
}

function paintPeople(tr) {
  const people = present.get(tr.dataset.id) ?? [];
  put(tr.querySelector('[data-c="present"]'), people.map((one) => say(said[one.doing], one.name)).join(", "));
}

function tag(text, tone) {
  const span = document.createElement("span");
  span.className = `tag tag-${tone}`;
  span.textContent = text;
  return span;
}

function paint(tr, row) {
  const cell = (name) => tr.querySelector(`[data-c="${name}"]`);
  const link = cell("reference");
  const opened = cell("opened");
  tr.dataset.version = row.version;
  cell("priority").className = `badge priority-${row.priority.toLowerCase()}`;
  cell("state").className = `badge state-${row.state}`;
  put(cell("priority"), row.priority);
  put(cell("state"), labels.state[row.state]);
  put(cell("category"), row.category_label[language]);
  put(cell("title"), row.title);
  put(cell("why"), row.why[language]);
  put(cell("who"), row.who);
  const town = row.town === row.who ? "" : row.town;
  const where = town && row.department ? `${town} (${row.department})` : town || row.department;
  put(cell("where"), [labels.victim_kind[row.victim_kind], where].filter(Boolean).join(" · "));
  put(cell("until"), row.waiting_until ? say(said.until, day.format(new Date(row.waiting_until))) : "");
  put(cell("assignee"), row.assignee ? row.assignee.name : "");
  put(cell("progress"), steps(row));
  const flags = [
    row.danger && tag(said.danger, "danger"),
    row.to_check && tag(said.to_check, "warning"),
    row.apart && tag(said.apart, "neutral"),
    row.unread && tag(said.wrote, "info"),
    row.restricted && tag(said.restricted, "neutral"),
  ].filter(Boolean);
  if (cell("flags").textContent !== flags.map((flag) => flag.textContent).join("")) cell("flags").replaceChildren(...flags);
  if (link.textContent !== row.reference) {
    link.textContent = row.reference;
    link.href = table.dataset.case.replace("00000000-0000-0000-0000-000000000000", row.id);
  }
  opened.dateTime = row.opened_at;
  put(opened, age(row.opened_at));
  paintClock(tr, row);
  paintPeople(tr);
  const out = !matches(row, spec);
  tr.classList.toggle("left", out);
}

function leave(tr) {
  tr.classList.add("left");
  put(tr.querySelector('[data-c="until"]'), said.left);
}

// One case changed: `row` null means that it left the live set.
function change(id, row) {
  const tr = shown(id);
  if (row === null) {
    cases.delete(id);
    waiting.delete(id);
    if (tr) leave(tr);
    return;
  }
  const old = cases.get(id);
  const ticked = old && old.version === row.version && old.progress !== row.progress; // no new version
  if (old && old.version >= row.version && !ticked) return;
  cases.set(id, row);
  if (tr) {
    if (ticked || Number(tr.dataset.version) < row.version || tr.classList.contains("left")) paint(tr, row);
  } else if (matches(row, spec) && here(row)) waiting.add(id);
  else waiting.delete(id);
}

// Whether the rows stand where their cases now belong; what has left does not count.
function sorted() {
  let last = "";
  for (const tr of body.rows) {
    const row = cases.get(tr.dataset.id);
    if (!row || tr.classList.contains("left")) continue;
    if (place(row) < last) return false;
    last = place(row);
  }
  return true;
}

function offer() {
  const count = waiting.size + (reload ? 1 : 0);
  held.hidden = count === 0 && sorted();
  put(held, count === 0 ? said.resort : count === 1 ? said.one_new : say(said.many_new, count));
  if (whole) {
    for (const tab of document.querySelectorAll("[data-spec] > .count")) {
      const wanted = JSON.parse(tab.parentElement.dataset.spec);
      let number = 0;
      for (const row of cases.values()) number += matches(row, wanted) ? 1 : 0;
      put(tab, number > 1000 ? "1000+" : String(number));
    }
  }
}

// Show what waits, let go of what has left, and sort. Focus stays where it is.
function reveal(event) {
  if (reload) return; // the link leads to the page itself
  event?.preventDefault();
  const focused = document.activeElement;
  for (const tr of [...body.querySelectorAll("tr.left")]) if (!tr.contains(focused)) tr.remove();
  for (const id of waiting) {
    const tr = document.getElementById("row").content.firstElementChild.cloneNode(true);
    tr.dataset.id = id;
    tr.classList.add("fresh");
    paint(tr, cases.get(id));
    body.append(tr);
  }
  for (const tr of body.rows) if (cases.has(tr.dataset.id)) tr.dataset.place = place(cases.get(tr.dataset.id));
  const order = [...body.rows].sort((a, b) => (a.dataset.place < b.dataset.place ? -1 : 1));
  order.forEach((tr, at) => body.rows[at] === tr || body.insertBefore(tr, body.rows[at]));
  const first = order.find((tr) => waiting.has(tr.dataset.id));
  waiting.clear();
  table.parentElement.hidden = false;
  document.getElementById("empty").hidden = true;
  offer();
  if (focused === held || focused === document.body) (first ?? order[0])?.querySelector("a").focus();
  else if (document.activeElement !== focused) focused.focus({ preventScroll: true });
}
held.addEventListener("click", reveal);

async function start() {
  const answer = await fetch(table.dataset.snapshot, { headers: { Accept: "application/json", "Desk-Background": "1" } });
  if (answer.status === 401 || answer.status === 403) throw Object.assign(new Error("ended"), { ended: true });
  if (!answer.ok) throw new Error(String(answer.status));
  const snapshot = await answer.json();
  const ids = new Set(snapshot.rows.map((row) => row.id));
  whole = snapshot.digest !== null;
  if (whole) for (const id of [...cases.keys()]) if (!ids.has(id)) change(id, null);
  for (const row of snapshot.rows) {
    cases.delete(row.id); // the snapshot is the truth, whatever its version
    change(row.id, row);
  }
  if (whole) for (const tr of body.rows) if (!ids.has(tr.dataset.id)) leave(tr);
  stamp = new Date();
  offer();
  return { epoch: snapshot.epoch, after: snapshot.seq };
}

function digest() {
  let total = 0n;
  for (const row of cases.values()) total ^= BigInt(`0x${row.k}`);
  return total.toString(16).padStart(16, "0");
}

function state(name, seconds) {
  live.dataset.state = name;
  if (name === "live") stamp = new Date();
  const words = {
    live: whole ? said.live : said.unchecked,
    lost: stamp ? say(said.offline, hour.format(stamp)) : say(said.lost, seconds),
    ended: said.ended,
    trying: stamp ? say(said.offline, hour.format(stamp)) : said.trying,
  };
  put(liveSaid, words[name]);
}

let batch = [];
function apply() { // one a frame of the screen
  const items = batch;
  batch = [];
  for (const item of items) {
    change(item.id, item.row);
    if (item.row === null && item.kind === "message.received" && spec.states.includes("new")) reload = true;
  }
  offer();
}

const on = {
  items(items) {
    if (!batch.length && items.length) {
      if (document.hidden) setTimeout(apply); // no frames are drawn behind other windows
      else requestAnimationFrame(apply);
    }
    batch.push(...items);
  },
  digest(wanted) {
    if (batch.length) apply();
    whole = wanted !== null;
    state("live");
    return wanted === null || wanted === digest();
  },
  state(name, seconds) {
    state(name, seconds);
    if (name === "live" && !watching) link.send({ t: "watch" });
    watching = name === "live";
  },
  who(frame) {
    present.set(frame.id, frame.people.filter((one) => one.id !== me));
    const tr = shown(frame.id);
    if (tr) paintPeople(tr);
  },
};
let link, watching = false;
if (table.dataset.live === "socket") link = connect(start, on);
else if (table.dataset.live === "poll") {
  const poll = () => start().then(() => put(liveSaid, said.polled), () => state("lost", 60));
  poll();
  setInterval(poll, 60_000);
}
setInterval(() => {
  for (const time of body.querySelectorAll('[data-c="opened"][datetime]')) put(time, age(time.dateTime));
  for (const tr of body.rows) if (cases.has(tr.dataset.id)) paintClock(tr, cases.get(tr.dataset.id));
  offer(); // a clock that came near may have changed the order
}, 60_000);
