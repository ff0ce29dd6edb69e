// Toasts; and a decision by a single key, which is held back for a few seconds so that it can be undone.
const HOLD_MS = 5000;

export function toast(text, { action = null, onAction = null, keep = 6000 } = {}) {
  const place = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  const remove = () => box.remove();
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = action;
    button.addEventListener("click", () => { remove(); onAction(); });
    box.append(button);
  }
  place.append(box);
  if (keep) setTimeout(remove, keep);
  return remove;
}

/** Wait with submitting the button's form; Undo or `z` takes it back, leaving the page sends it. */
export function holdBack(button) {
  const form = button.form;
  if (form.dataset.held) return;
  if (!form.reportValidity()) return;
  form.dataset.held = "yes";
  const end = new AbortController();
  const undo = () => { clearTimeout(timer); end.abort(); remove(); delete form.dataset.held; toast("Nothing was sent.", { keep: 3000 }); };
  const remove = toast(button.dataset.undo, { action: "Undo (z)", onAction: undo, keep: 0 });
  const send = () => { end.abort(); remove(); form.requestSubmit(button); };
  const timer = setTimeout(send, HOLD_MS);
  document.addEventListener("keydown", (event) => { if (event.key === "z") undo(); }, { signal: end.signal });
  window.addEventListener("pagehide", () => {
    clearTimeout(timer);
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)), keepalive: true, credentials: "same-origin" });
  }, { signal: end.signal });
}

export function startToasts() {
  for (const box of document.querySelectorAll(".toast[data-passing]")) setTimeout(() => box.remove(), 7000);
}
