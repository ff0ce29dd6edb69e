// The keyboard map. Keys are printed on the buttons they press and ignored while someone types.
import { holdBack } from "./toasts.js";
import { openDialog } from "./dialogs.js";

const PLACES = { h: "/", i: "/inbox", r: "/runs", w: "/workflows", l: "/library/intents", e: "/economics/calculator", a: "/audit", s: "/settings" };

function isTyping(target) {
  return target.isContentEditable || target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");
}

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.offsetParent !== null);
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.contains(document.activeElement) || row.classList.contains("at"));
  const current = at >= 0 ? at : all.findIndex((row) => row.querySelector("[aria-current]") || row.matches("[aria-selected=true]"));
  const next = all[Math.min(all.length - 1, Math.max(0, current + step))];
  for (const row of all) row.classList.toggle("at", row === next);
  const link = next.matches("a") ? next : next.querySelector("a");
  link?.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const target = document.querySelector(`[data-hotkey="${CSS.escape(key)}"]:not(:disabled)`);
  if (!target) return false;
  if (target.dataset.undo !== undefined) holdBack(target);
  else if (target.matches("input, textarea, select")) { target.focus(); target.dataset.armed = target.dataset.enter ?? ""; }
  else target.click();
  return true;
}

/** Some verbs need words; and Enter in the field means the verb whose key led there, nothing otherwise. */
function guardDecisions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-needs]");
    const field = button?.form?.elements[button.dataset.needs];
    if (!field || field.value.trim()) return;
    event.preventDefault();
    field.focus();
    field.dataset.armed = button.value;
    field.setCustomValidity(`${button.firstChild.textContent.trim()}: say why, or what you ask.`);
    field.reportValidity();
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.dataset?.armed) return;
    event.preventDefault();
    event.target.form.querySelector(`[name=verb][value="${event.target.dataset.armed}"]`)?.click();
  });
  document.addEventListener("focusout", (event) => { if (event.target.dataset) delete event.target.dataset.armed; });
}

export function startKeys() {
  let going = 0;
  guardDecisions();
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && isTyping(event.target) && !event.target.closest("dialog")) return event.target.blur();
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key;
    if (going && PLACES[key]) { going = 0; event.preventDefault(); location.assign(PLACES[key]); return; }
    going = 0;
    if (key === "g") { going = setTimeout(() => { going = 0; }, 1200); return; }
    if (key === "j" || key === "k") { event.preventDefault(); move(key === "j" ? 1 : -1); return; }
    if (key === "?") { event.preventDefault(); openDialog("keys"); return; }
    if (key === "/" && !press("/")) { event.preventDefault(); document.querySelector("[data-palette]")?.click(); return; }
    if (key.length === 1 && press(key)) event.preventDefault();
    else if (key === "/") event.preventDefault();
  });
}
