// Type @ in a note: the people who may see this case are offered. Plain text does the same.
for (const form of document.querySelectorAll("form[data-people]")) {
  const field = form.querySelector("textarea");
  const people = form.dataset.people.split("|").filter(Boolean);
  const list = document.createElement("ul");
  list.id = `${field.id}-people`;
  list.className = "offered";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.labels[0].textContent);
  list.hidden = true;
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  let at = 0; // the option that Enter takes

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function begun() {
    return field.value.slice(0, field.selectionStart).match(/(^|[^\p{L}\p{N}.@_])@([\p{L}\p{N}-]*)$/u)?.[2];
  }

  function offer() {
    const typed = begun();
    const found = typed === undefined ? [] : people.filter((name) => plain(name).startsWith(plain(typed))).slice(0, 8);
    list.replaceChildren(...found.map((name, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.textContent = name;
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(name);
      });
      return item;
    }));
    list.hidden = !found.length;
    point(0);
  }

  function point(to) {
    const items = [...list.children];
    at = items.length ? (to + items.length) % items.length : 0;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    if (items.length) field.setAttribute("aria-activedescendant", items[at].id);
    else field.removeAttribute("aria-activedescendant");
  }

  function take(name) {
    const end = field.selectionStart;
    field.setRangeText(`${name} `, end - begun().length, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  field.addEventListener("input", offer);
  field.addEventListener("blur", () => (list.hidden = true));
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const acts = {
      ArrowDown: () => point(at + 1),
      ArrowUp: () => point(at - 1),
      Enter: () => take(list.children[at].textContent),
      Tab: () => take(list.children[at].textContent),
      Escape: () => (list.hidden = true),
    };
    if (!acts[event.key] || event.isComposing) return;
    event.preventDefault();
    acts[event.key]();
  });
}
