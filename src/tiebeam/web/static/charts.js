// The nearest mark of a server-drawn chart answers with its value.
export function startCharts() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  let lit = null;
  const hide = () => { tip.hidden = true; lit?.classList.remove("on"); lit = null; };

  const nearest = (chart, x, y) => {
    let best = null, least = Infinity;
    for (const mark of chart.querySelectorAll("[data-tip]")) {
      const box = mark.getBoundingClientRect();
      const dx = Math.max(box.left - x, 0, x - box.right), dy = Math.max(box.top - y, 0, y - box.bottom);
      const distance = dx * dx + dy * dy * 0.25; // Mostly along the time axis, as people point at a day.
      if (distance < least) { least = distance; best = { mark, box }; }
    }
    return best;
  };
  document.addEventListener("pointermove", (event) => {
    const chart = event.target.closest?.(".chart svg")?.closest(".chart");
    const found = chart && nearest(chart, event.clientX, event.clientY);
    if (!found) return hide();
    if (lit !== found.mark) { lit?.classList.remove("on"); lit = found.mark; lit.classList.add("on"); }
    if (tip.parentNode !== chart) chart.append(tip);
    tip.textContent = found.mark.dataset.tip;
    tip.hidden = false;
    const frame = chart.getBoundingClientRect();
    const left = found.box.left + found.box.width / 2 - frame.left - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(frame.width - tip.offsetWidth, left))}px`;
    tip.style.top = `${Math.max(0, found.box.top - frame.top - tip.offsetHeight - 6)}px`;
  });
  document.addEventListener("pointerleave", hide);
}
