// "/" leads to the search box from anywhere: never the only way, and off when the reader's
// preferences say so (WCAG 2.1.4).
const box = document.querySelector("#find [data-keys=on]");

if (box) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
