// Pointing at a field, or going to it by keyboard, lights the place on the page where it was read.
export function startMarks() {
  let lit = null;
  const light = (event) => {
    const id = event.target.closest?.("[data-at]")?.dataset.at;
    const mark = id ? document.getElementById(id) : null;
    if (mark === lit) return;
    lit?.classList.remove("on");
    mark?.classList.add("on");
    lit = mark;
    if (mark && event.type === "focusin") mark.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("pointerover", light);
  document.addEventListener("focusin", light);
}
