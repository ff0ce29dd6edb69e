// Ctrl/Cmd-K: pages, objects and verbs. The same list is a page at /palette.
import { openDialog } from "./dialogs.js";

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  let asked = 0, timer = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const select = (index) => {
    const all = options();
    const at = Math.min(all.length - 1, Math.max(0, index));
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    input.setAttribute("aria-activedescendant", all[at]?.id ?? "");
    all[at]?.scrollIntoView({ block: "nearest" });
  };
  const selected = () => options().findIndex((one) => one.getAttribute("aria-selected") === "true");

  const item = (entry, index) => {
    const row = document.createElement("li");
    row.id = `palette-${index}`;
    row.setAttribute("role", "option");
    const link = document.createElement("a");
    link.href = entry.href;
    link.tabIndex = -1;
    const name = document.createElement("span");
    name.textContent = entry.label;
    const note = document.createElement("small");
    note.textContent = entry.note;
    link.append(name, note);
    row.append(link);
    return row;
  };
  const fill = async () => {
    const mine = ++asked;
    const response = await fetch(`/palette.json?q=${encodeURIComponent(input.value)}`, { credentials: "same-origin" });
    if (!response.ok || mine !== asked) return;
    const entries = await response.json();
    list.replaceChildren();
    let group = "";
    entries.forEach((entry, index) => {
      if (entry.group !== group) {
        group = entry.group;
        const head = document.createElement("li");
        head.className = "group";
        head.setAttribute("role", "presentation");
        head.textContent = group;
        list.append(head);
      }
      list.append(item(entry, index));
    });
    if (entries.length === 0) {
      const none = document.createElement("li");
      none.className = "group";
      none.textContent = `Nothing is called “${input.value}”.`;
      list.append(none);
    }
    select(0);
  };
  const show = () => { if (openDialog("palette")) { input.select(); fill(); } };

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") { event.preventDefault(); show(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]") && !event.metaKey && !event.ctrlKey) { event.preventDefault(); show(); }
  });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(fill, 80); });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); select(selected() + (event.key === "ArrowDown" ? 1 : -1)); }
    if (event.key === "Enter") {
      event.preventDefault();
      const href = options()[selected()]?.querySelector("a")?.getAttribute("href");
      if (href) { dialog.close(); location.assign(href); }
    }
  });
}
