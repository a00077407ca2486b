// The console's keys. What they are is declared by the server (csirt/web/keys.py): from it come what
// they do, the hints beside it, and the palette. Never the only way; single letters are off when the
// reader's preferences say so (WCAG 2.1.4), and none is heard where somebody writes.
const palette = document.getElementById("palette");
const asked = document.getElementById("palette-asked");
const list = document.getElementById("palette-list");
const count = document.getElementById("palette-count");
const sequence = document.getElementById("sequence");
const { on, keys, said } = JSON.parse(palette.dataset.keys);
const FIELD = "textarea, select, input:not([type=hidden], [type=submit], [type=button])";
const WRITING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=submit], [type=button])";
const WAITS = 2_000; // ms between g and what follows
const LATER = "key"; // a key to carry out on the next page
let begun = "";
let forgotten;
let all = [];
let shown = [];
let at = 0;

const byKey = new Map(keys.flatMap((key) => key.keys.map((one) => [one, key])));
const words = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().split(/\s+/).filter(Boolean);
const visible = (element) => !element.closest("[hidden], dialog:not([open])");
const targetOf = (key) => (key.target ? [...document.querySelectorAll(key.target)].find(visible) : undefined);
const usable = (key) => !key.target || Boolean(targetOf(key));
const label = (element) => [...element.childNodes].filter((one) => one.nodeName !== "KBD")
  .map((one) => one.textContent).join("").replace(/\s+/g, " ").trim();

function unfold(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

function focus(element) {
  unfold(element);
  element.focus();
  element.scrollIntoView({ block: "nearest" });
}

// Press, follow, unfold, or go where something is to be written: what the element is for.
function reach(element) {
  if (element.matches("form")) {
    const field = element.querySelector(FIELD);
    if (field) focus(field);
    else element.requestSubmit();
  } else if (element.matches("details")) {
    const summary = element.querySelector("summary");
    if (element.open && element.contains(document.activeElement)) element.open = false;
    else element.open = true;
    if (element.open) focus(element.querySelector(`form :is(${FIELD})`) ?? summary);
    else summary.focus();
  } else if (element.matches("a, button")) element.click();
  else {
    focus(element);
    element.select?.();
  }
}

function carryOut(key, pressed = key.keys[0]) {
  const ask = new CustomEvent(`key:${key.event || "any"}`, { cancelable: true, detail: { ...key, pressed } });
  if (!document.dispatchEvent(ask) || key.event) return;
  const menu = key.menu && document.querySelector(key.menu);
  if (menu) open(menu);
  else if (key.to) location.assign(key.to);
  else if (key.target && usable(key)) reach(targetOf(key));
  else say(entry(pressed, said.not_now.replace("%s", key.label)));
}

function say(...entries) {
  clearTimeout(forgotten);
  forgotten = setTimeout(forget, WAITS);
  sequence.replaceChildren(...entries);
}

function forget() {
  begun = "";
  clearTimeout(forgotten);
  sequence.replaceChildren();
}

function begin(first) {
  begun = first;
  say(...keys.flatMap((key) => key.keys.filter((one) => one.startsWith(`${first} `))
    .map((one) => entry(one.slice(2), key.label))));
}

function entry(key, text) {
  const span = document.createElement("span");
  span.append(kbd(key), ` ${text}`);
  return span;
}

function kbd(text) {
  const element = document.createElement("kbd");
  element.textContent = text;
  return element;
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (palette.open) palette.close();
    else open();
    return;
  }
  if (!on || palette.open || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest?.(WRITING) || (event.key === "Enter" && event.target.closest?.("a, button, summary"))) return;
  if (event.key === "Shift") return;
  const pressed = begun ? `${begun} ${event.key}` : event.key;
  if (begun) forget();
  const key = byKey.get(pressed);
  if (key) {
    event.preventDefault();
    if (!event.repeat || key.event) carryOut(key, pressed);
  } else if (!begun && pressed === event.key && [...byKey.keys()].some((one) => one.startsWith(`${pressed} `))) {
    event.preventDefault();
    begin(pressed);
  }
});

// The palette: every act of the page, and every place to go.
const fields = (form) => form.querySelector(FIELD);

// What stands for an element among the acts: a form with something to fill in is one act.
function actOf(element) {
  const form = element.matches("details") ? element.querySelector("form") : element.form ?? element;
  return form?.matches?.("form") && fields(form) ? form : element;
}

function acts(part) {
  const inPart = (element) => !part || (element && part.contains(element));
  const found = [];
  const known = new Set();
  const add = (element, name, act) => {
    if (!name || known.has(element) || !visible(element)) return;
    known.add(element);
    const section = element.closest("section, aside, nav");
    const heading = section?.querySelector("h1, h2, h3");
    const where = section?.ariaLabel ?? (heading ? label(heading) : "");
    found.push({ name, where: where === name ? "" : where, keys: [], act });
  };
  for (const key of keys) {
    const target = targetOf(key);
    if (!usable(key) || !inPart(target) || (key.menu && !document.querySelector(key.menu))) continue;
    if (target) known.add(actOf(target));
    found.push({ name: key.label, where: key.to ? said.go : "", keys: key.keys, act: () => carryOut(key), to: key.to });
  }
  for (const form of document.querySelectorAll("form[method=post]")) {
    const buttons = [...form.elements].filter((one) => one.matches("button"));
    const name = form.closest("details.act")?.querySelector("summary") ?? buttons[0];
    if (!inPart(form)) continue;
    if (fields(form)) add(form, label(name ?? form), () => reach(form));
    else for (const button of buttons) add(button, label(button), () => reach(button));
  }
  if (part) return found;
  for (const fold of document.querySelectorAll("main details:not(.act)")) {
    add(fold, label(fold.querySelector("summary")), () => reach(fold));
  }
  const places = new Set(found.map((one) => one.to));
  for (const link of document.querySelectorAll("header a[href], main nav a[href], main section a.ref[href]")) {
    if (!places.has(link.getAttribute("href"))) add(link, label(link), () => reach(link));
  }
  found.sort((one, other) => Boolean(one.to) - Boolean(other.to)); // acts before other pages
  return found;
}

function open(part) {
  asked.value = "";
  all = acts(part);
  narrow();
  palette.showModal(); // once filled: the page is laid out once
}

function narrow() {
  const wanted = words(asked.value);
  shown = all.filter((one) => {
    const has = words(`${one.name} ${one.where}`).join(" ");
    return wanted.every((word) => has.includes(word));
  });
  list.replaceChildren(...shown.map(option));
  count.textContent = shown.length === 0 ? said.none : shown.length === 1 ? said.one : said.many.replace("%s", shown.length);
  list.scrollTop = 0;
  mark(0);
}

function option(one, number) {
  const item = document.createElement("li");
  item.id = `palette-${number}`;
  item.role = "option";
  const name = document.createElement("span");
  name.textContent = one.name;
  item.append(name);
  if (one.where) {
    const where = document.createElement("span");
    where.className = "hint";
    where.textContent = one.where;
    item.append(" ", where);
  }
  if (on) for (const key of one.keys) item.append(" ", kbd(key));
  item.addEventListener("click", () => carry(number));
  return item;
}

function mark(number) {
  list.children[at]?.setAttribute("aria-selected", "false");
  at = Math.max(0, Math.min(shown.length - 1, number));
  list.children[at]?.setAttribute("aria-selected", "true");
  asked.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
}

function choose(number) {
  mark(number);
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function carry(number) {
  const one = shown[number];
  if (!one) return;
  palette.close(); // gives the focus back to where it was: what acts on a row finds it
  one.act();
}

asked.addEventListener("input", narrow);
asked.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (by) {
    event.preventDefault();
    choose(at + by);
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    carry(at);
  }
});
palette.addEventListener("click", (event) => event.target === palette && palette.close()); // beside it
const way = document.getElementById("commands");
way.hidden = false;
way.addEventListener("click", () => open());

// Hints: beside what a key does, and for who does not see them.
for (const key of on ? keys : []) {
  const target = targetOf(key);
  const single = key.keys.filter((one) => one.length === 1);
  if (!target || !single.length) continue;
  const seen = target.matches("form")
    ? target.closest("details.act")?.querySelector("summary") ?? target.querySelector("button")
    : target.matches("details") ? target.querySelector("summary")
    : target.matches("a, button, summary") ? target : document.querySelector(`label[for="${target.id}"]`);
  (target.matches("form, details") ? seen : target)?.setAttribute("aria-keyshortcuts", single.join(" "));
  const hint = kbd(single[0]);
  hint.ariaHidden = "true";
  if (seen && !seen.matches(".visually-hidden")) seen.append(" ", hint);
}

const later = sessionStorage.getItem(LATER);
if (later) {
  sessionStorage.removeItem(LATER);
  if (on && byKey.has(later)) carryOut(byKey.get(later), later);
}

// The folds of the header close as menus do.
for (const fold of document.querySelectorAll("details.more")) {
  document.addEventListener("click", (event) => {
    if (!fold.contains(event.target)) fold.open = false;
  });
  fold.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    fold.open = false;
    fold.querySelector("summary").focus();
  });
}
