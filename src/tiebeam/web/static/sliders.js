// A form of sliders whose answers follow while one moves them. The typed number is what counts: it is in the address,
// in the form that works without scripts, and in exports; a slider only writes it.
import { toast } from "./toasts.js";

const PATIENCE_MS = 120;

/** 200000000 as one types it; never 2e+8. */
const plain = (value) => value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 4 });
const short = (value) => {
  for (const [size, letter] of [[1e12, "tn"], [1e9, "bn"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
};

function valueOf(range) {
  const value = Number(range.value);
  // Two figures are as much as a hand can set on a scale of powers of ten.
  return range.dataset.scale === "log" ? Number((10 ** value).toPrecision(2)) : value;
}

/** What is typed, and what is said beside the label. */
function written(range, value) {
  if (range.dataset.writing === "share") return [`${plain(value)}%`, `${plain(value)}%`];
  if (range.dataset.writing === "ratio") return [`${plain(value)}:1`, `${plain(value)}:1`];
  const whole = range.dataset.scale === "log" ? Math.round(value) : value;
  return [plain(whole), short(whole)];
}

/** The figure behind typed text; NaN where it is none. */
function read(range, text) {
  const number = (part) => (part.trim() === "" ? NaN : Number(part));
  if (range.dataset.writing === "share") return text.endsWith("%") ? number(text.slice(0, -1)) : number(text) * 100;
  if (range.dataset.writing === "ratio") { const [left, right = ""] = text.split(":"); return number(left) / number(right); }
  return number(text);
}

function tell(range, words) {
  range.setAttribute("aria-valuetext", words);
  for (const output of document.querySelectorAll(`output[for~="${range.id}"]`)) output.value = words;
}

function addressOf(form) {
  const url = new URL(form.action, location.href);
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
  return url;
}

export function startSliders(form) {
  const region = document.getElementById(form.dataset.answers);
  let running = null, isWanted = false, timer = 0;

  async function ask() {
    clearTimeout(timer);
    if (running && performance.now() - running.since < PATIENCE_MS) {
      // Let a quick answer come: aborting each would leave a moving slider without any.
      isWanted = true;
      timer = setTimeout(ask, PATIENCE_MS);
      return;
    }
    running?.control.abort();
    isWanted = false;
    const mine = { since: performance.now(), control: new AbortController() };
    running = mine;
    const slow = setTimeout(() => region.setAttribute("aria-busy", "true"), 300);
    const url = addressOf(form), part = new URL(url);
    part.searchParams.set("part", "answers");
    try {
      const response = await fetch(part, { signal: mine.control.signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
      // 422 comes with words about the field, to be shown in the same place.
      if (response.redirected || !(response.ok || response.status === 422)) return location.assign(url);
      const text = await response.text();
      if (running !== mine) return;
      show(text);
      history.replaceState(history.state, "", url);
    } catch (problem) {
      if (problem.name !== "AbortError") toast("The server does not answer. The figures shown are of the question before.");
    } finally {
      clearTimeout(slow);
      if (running === mine) {
        running = null;
        region.removeAttribute("aria-busy");
        if (isWanted) ask();
      }
    }
  }

  function show(text) {
    const active = region.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
    const scrolled = [...region.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    region.innerHTML = text; // Our own server's markup, and the policy lets nothing in it run.
    for (const id of open) region.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    region.querySelectorAll(".scroll").forEach((one, place) => { one.scrollLeft = scrolled[place] ?? 0; });
    for (const one of document.querySelectorAll("[data-from]")) one.textContent = region.querySelector(`[data-name="${one.dataset.from}"]`)?.textContent ?? one.textContent;
    for (const one of document.querySelectorAll("form[data-follows]")) one.action = addressOf(form);
    if (active) region.querySelector(`[data-key="${CSS.escape(active)}"] :is(a, button)`)?.focus({ preventScroll: true });
    region.dispatchEvent(new CustomEvent("region:replaced", { bubbles: true }));
  }

  form.addEventListener("input", (event) => {
    const { target } = event;
    if (target.dataset.renews) {
      const void_ = form.elements[target.dataset.renews];
      if (void_) void_.value = "";
      return location.assign(addressOf(form));
    }
    if (target.type === "range") {
      const [typed, words] = written(target, valueOf(target));
      form.elements[target.dataset.drives].value = typed;
      tell(target, words);
      return ask();
    }
    const range = form.querySelector(`input[type=range][data-drives="${CSS.escape(target.name)}"]`);
    const value = range ? read(range, target.value.trim()) : NaN;
    if (Number.isFinite(value)) {
      range.value = range.dataset.scale === "log" ? Math.log10(Math.max(value, 1e-9)) : value;
      tell(range, written(range, value)[1]);
    }
    ask();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  region.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sort]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    form.elements.sort.value = link.dataset.sort;
    ask();
  });
}

for (const form of document.querySelectorAll("form[data-answers]")) startSliders(form);
