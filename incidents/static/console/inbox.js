// The triage inbox: what two of its keys do (csirt/web/keys.py). The same forms and links do the same.
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

document.addEventListener("key:refuse", refuse);
document.addEventListener("key:grade", (event) => grade(event.detail.pressed));
