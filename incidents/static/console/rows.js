// The queue by keys, and the cases chosen in it: rows of #queue, whoever paints them.
// What is chosen is boxes of the form #bulk: without this script, the same boxes and buttons.
const table = document.getElementById("queue");
const bulk = document.getElementById("bulk");
let last; // the row where the reader was

const rows = () => [...table.tBodies[0].rows];
const here = () => document.activeElement.closest?.("#queue tbody tr") ?? (last?.isConnected ? last : undefined);
const boxes = () => [...table.querySelectorAll(".pick input")];
const boxOf = (row) => row?.querySelector(".pick input");

function stand(row) {
  last = row;
  row?.querySelector("a.ref").focus();
  row?.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = rows();
  const now = all.indexOf(here());
  stand(all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))]);
}

const on = (name, act) => document.addEventListener(`key:${name}`, act);
table.addEventListener("focusin", (event) => {
  last = event.target.closest("tbody tr") ?? last;
});
on("next", () => move(1));
on("previous", () => move(-1));
on("open", () => here()?.querySelector("a.ref").click());
on("there", (event) => { // the case's own page carries it out
  const row = here();
  if (!row) return move(1);
  sessionStorage.setItem("key", event.detail.pressed);
  row.querySelector("a.ref").click();
});

if (bulk) {
  const said = bulk.querySelector("[data-none]");
  const all = bulk.querySelector("#choose-all");

  const count = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    bulk.classList.toggle("some", chosen > 0);
    const { none, one, many } = said.dataset;
    said.textContent = chosen === 0 ? none : chosen === 1 ? one : many.replace("%s", chosen);
    all.textContent = chosen === boxes().length && chosen ? all.dataset.nothing : all.dataset.all;
  };

  // A box names the case and the version that the row shows now.
  const renew = (row) => {
    const box = boxOf(row);
    if (!box) return;
    box.value = `${row.dataset.id}_${row.dataset.version}`;
    const { label } = box.dataset; // only in a row made here
    if (label) box.setAttribute("aria-label", label.replace("%s", row.querySelector("a.ref").textContent));
  };
  bulk.addEventListener("formdata", (event) => {
    const chosen = boxes().filter((box) => box.checked).map((box) => box.closest("tr"));
    event.formData.delete("case");
    for (const row of chosen) event.formData.append("case", `${row.dataset.id}_${row.dataset.version}`);
  });

  new MutationObserver((changes) => {
    for (const change of changes) for (const row of change.addedNodes) if (row.matches?.("tr")) renew(row);
    count();
  }).observe(table.tBodies[0], { childList: true });
  table.addEventListener("change", count);
  on("choose", () => {
    const box = boxOf(here());
    if (!box) return move(1);
    box.checked = !box.checked;
    count();
  });
  on("any", (event) => { // with none chosen, an act is on the row where the reader is
    if (!event.detail.target.startsWith("#bulk") || boxes().some((box) => box.checked)) return;
    const box = boxOf(here());
    if (box) box.checked = true;
    else {
      event.preventDefault();
      move(1);
    }
    count();
  });
  all.hidden = false;
  all.addEventListener("click", () => {
    const wanted = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = wanted;
    count();
  });
  addEventListener("pageshow", count); // the browser keeps boxes that were ticked
  count();
}
