// The triage inbox: one key for each answer. Without it, the same forms and links do the same.
const inbox = document.getElementById("inbox");
const settle = document.getElementById("settle");
const reason = document.getElementById("f-accept-reason");
const began = settle.querySelector('[name="accept-priority"]:checked')?.value;
const choices = [...settle.querySelectorAll('[name="accept-category"]')];

function refuse() { // this category: on to the next one
  const at = choices.findIndex((choice) => choice.checked);
  const next = choices[Math.min(at + 1, choices.length - 1)];
  next.checked = true;
  if (at + 1 < choices.length - 1) next.focus();
  else document.getElementById("f-accept-other").focus();
}

function grade(number) {
  const choice = settle.querySelector(`[name="accept-priority"][value="P${number}"]`);
  choice.checked = true;
  if (choice.value !== began && !reason.value) reason.focus();
  else choice.focus();
}

function unfold(key) {
  const act = inbox.querySelector(`details[data-key="${key}"]`);
  if (!act) return;
  act.open = true;
  act.querySelector("input:not([type=hidden]), select, textarea").focus();
}

const follow = (rel) => document.querySelector(`a[rel="${rel}"]`)?.click();
const keys = {
  y: () => settle.requestSubmit(),
  n: refuse,
  j: () => follow("next"),
  k: () => follow("prev"),
  o: () => document.querySelector(".case-head a.ref").click(),
  "?": () => {
    const help = document.getElementById("help");
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  },
};
for (const key of ["d", "r", "x", "h"]) keys[key] = () => unfold(key);
for (const number of [1, 2, 3, 4]) keys[number] = () => grade(number);

if (inbox.dataset.keys === "on") {
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || writing) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}
