// One event stream for all tabs of a browser: the tab that holds the lock reads it and tells the others.
// Browsers allow six connections per host, so a stream in each tab would hang the site.
import { renew } from "./regions.js";

const LOCK = "tiebeam-live";
const POLL_MS = 15_000;
const GATHER_MS = 400;

export function startLive() {
  if (!document.querySelector("[data-live]")) return;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
  const waiting = new Set();
  let source = null, release = null, gather = 0, paused = false, heard = 0;

  const selectorOf = (topics) =>
    [...document.querySelectorAll("[data-live]")]
      .filter((region) => topics.has("*") || region.dataset.live.split(" ").some((topic) => topics.has(topic)))
      .map((region) => `#${CSS.escape(region.id)}`).join(",");

  const flush = async () => {
    gather = 0;
    if (paused || document.hidden) return; // Kept in `waiting` until the page is looked at again.
    const selector = selectorOf(waiting);
    waiting.clear();
    if (selector) await renew(selector).catch(() => showAge());
  };
  const changed = (topic) => {
    heard = Date.now();
    waiting.add(topic);
    document.documentElement.dataset.liveHeard = String(Number(document.documentElement.dataset.liveHeard ?? 0) + 1);
    gather ||= setTimeout(flush, GATHER_MS);
  };

  const open = () => {
    source = new EventSource("/live");
    document.documentElement.dataset.live = "leader";
    source.addEventListener("change", (event) => {
      const { topic } = JSON.parse(event.data);
      channel?.postMessage({ topic });
      changed(topic);
    });
    source.addEventListener("alive", () => { heard = Date.now(); channel?.postMessage({ alive: true }); });
  };
  const close = () => {
    source?.close();
    source = null;
    release?.();
    release = null;
    document.documentElement.dataset.live = "follower";
  };
  const lead = () => {
    if (!navigator.locks || !window.EventSource || release || document.hidden) return;
    const held = new Promise((resolve) => { release = resolve; });
    const mine = release;
    navigator.locks.request(LOCK, async () => {
      if (release !== mine) return; // Hidden meanwhile: pass the lock on.
      open();
      await held;
    });
  };

  channel?.addEventListener("message", ({ data }) => {
    heard = Date.now();
    if (data.topic) changed(data.topic);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    lead();
    waiting.add("*");
    flush();
  });
  setInterval(() => {
    if (document.hidden || Date.now() - heard < POLL_MS) return;
    waiting.add("*");
    flush();
  }, POLL_MS);

  const button = document.querySelector("[data-pause]");
  button?.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Resume updates" : "Pause updates";
    if (!paused) flush();
  });
  const showAge = () => {
    const note = document.querySelector("[data-stale]");
    if (!note) return;
    note.hidden = false;
    note.textContent = `Not updated since ${new Date(heard || performance.timeOrigin).toLocaleTimeString()}`;
  };
  window.addEventListener("pagehide", close);
  lead();
}
