// A region is a part of the page with an id that can be fetched again and replaced on its own.

/** True while somebody types inside the element: such a region is never replaced. */
function isBeingTypedIn(element) {
  const active = document.activeElement;
  return element.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
}

function keysOf(element) {
  return new Set([...element.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
}

function restoreFocus(region, key, name, caret) {
  const target = (key && region.querySelector(`[data-key="${CSS.escape(key)}"]`)) || (name && region.querySelector(`[name="${CSS.escape(name)}"]`));
  if (!target) return;
  const focusable = target.matches("a, button, input, select, textarea") ? target : target.querySelector("a, button");
  focusable?.focus({ preventScroll: true });
  if (caret !== null && focusable?.setSelectionRange) focusable.setSelectionRange(caret, caret);
}

/** Replace one region by its newer self; keeps focus, scroll and open folds, tints rows that were not there before. */
export function replaceRegion(region, next, { tint = false } = {}) {
  const active = region.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.closest("[data-key]")?.dataset.key ?? null;
  const name = active?.name ?? null;
  const caret = active?.type === "search" || active?.type === "text" ? active.selectionStart : null;
  const before = keysOf(region);
  const scroll = region.scrollTop;
  const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceChildren(...next.childNodes);
  for (const id of open) region.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  region.scrollTop = scroll;
  if (tint) for (const row of region.querySelectorAll("[data-key]")) row.classList.toggle("fresh", !before.has(row.dataset.key));
  if (active) restoreFocus(region, key, name, caret);
  region.dispatchEvent(new CustomEvent("region:replaced", { bubbles: true }));
}

async function pageAt(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Error(`the page answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Fetch the current page and renew the regions that match; regions someone types in stay. */
export async function renew(selector, { tint = true } = {}) {
  const regions = [...document.querySelectorAll(selector)].filter((region) => !isBeingTypedIn(region));
  if (regions.length === 0) return;
  const page = await pageAt(location.href);
  for (const region of regions) {
    const next = page.getElementById(region.id);
    if (next && !isBeingTypedIn(region) && next.innerHTML !== region.innerHTML) replaceRegion(region, next, { tint });
  }
}

async function follow(region, url) {
  try {
    const next = (await pageAt(url)).getElementById(region.id);
    if (!next) throw new Error("the region is gone");
    replaceRegion(region, next);
    history.pushState({ region: region.id }, "", url);
  } catch {
    location.assign(url); // A full load shows whatever went wrong in the usual way.
  }
}

function formUrl(form) {
  const url = new URL(form.action || location.href, location.href);
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  url.search = new URLSearchParams(filled).toString();
  return url;
}

export function startRegions() {
  let timer = 0;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-region] a[data-stay]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    follow(link.closest("[data-region]"), link.href);
  });
  const submit = (form) => follow(form.closest("[data-region]"), formUrl(form));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-region] form[data-filter]")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-region] form[data-filter]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => submit(form), event.target.matches("select") ? 0 : 250);
  });
  window.addEventListener("popstate", () => location.reload());
}
