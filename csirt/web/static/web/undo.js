// The way back of what was just done: ten seconds, and the key u where keys are wanted.
const ways = document.querySelectorAll("#toasts form.undo");
if (ways.length) {
  const gone = setTimeout(() => ways.forEach((way) => way.remove()), 10_000);
  document.addEventListener("keydown", (event) => {
    const last = document.querySelector("#toasts form.undo:last-of-type");
    if (event.key !== "u" || event.ctrlKey || event.altKey || event.metaKey || !last?.querySelector("kbd")) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea")) return;
    event.preventDefault();
    clearTimeout(gone);
    last.requestSubmit();
  });
}
