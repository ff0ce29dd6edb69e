// Copy buttons beside commands, API calls and ids.
import { toast } from "./toasts.js";

export function startCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy || button.closest(".code")?.querySelector("pre")?.textContent || "";
    try {
      await navigator.clipboard.writeText(text.trim());
      toast("Copied.", { keep: 2000 });
    } catch {
      toast("The browser does not allow copying here: select the text instead.");
    }
  });
}
