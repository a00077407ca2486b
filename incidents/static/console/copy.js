// Copying a value on purpose: as it is shown, or live. What was done is said where toasts are.
const words = document.querySelector("[data-copied]")?.dataset;
const toasts = document.getElementById("toasts");

function say(text, value) {
  const toast = document.createElement("div");
  toast.className = "toast copied";
  const line = document.createElement("p");
  line.textContent = text.replace("%s", () => value);
  toast.append(line);
  toasts.querySelector(".copied")?.remove();
  toasts.append(toast);
  setTimeout(() => toast.remove(), 10_000);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const { copy, live } = button.dataset;
    const done = () => say(live ? words.copiedLive : words.copied, live ?? copy);
    const refused = () => say(words.refused, "");
    if (navigator.clipboard) navigator.clipboard.writeText(copy).then(done, refused);
    else refused();
  });
}
