// Dropping files anywhere on a page that offers the upload dialog opens it with the files in place.
import { openDialog } from "./dialogs.js";

export function startUpload() {
  const input = document.querySelector("[data-drop] input[type=file]");
  if (!input) return;
  const zone = input.closest("[data-drop]");
  const list = zone.querySelector("[data-chosen]");
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = () => {
    const names = [...input.files].map((file) => file.name);
    list.textContent = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  };
  input.addEventListener("change", show);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    openDialog("upload");
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    show();
    zone.closest("form").querySelector("button[type=submit], button:not([type])")?.focus();
  });
}
