"""How long from moving a slider of the calculator to the repainted answers, in a real browser, and what a page weighs.

A server of its own (`tiebeam serve`) over the example company, Chromium without a window on the same machine. A move
sets the slider and sends its `input` event; the clock runs until the frame after the answers were replaced has been
painted. Every move is to another place, so nothing can come from a cache of answers. Beside it one drag: moves every
16 ms, as a hand makes them, where only what is painted counts.

    python -m benchmarks.calculator [--moves 120] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.chromium import Page, find_chromium, open_browser

from tiebeam.graph import init_workspace

PLACES = {
    "calculator": "/economics/calculator",
    "hosting": "/economics/hosting",
    "compare": "/economics/compare",
}
SLIDERS = {
    "calculator": ("tokens", "ratio", "cached"),
    "hosting": ("tokens", "busy", "concurrency"),
    "compare": ("tokens", "ratio", "busy"),
}
MOST_MOVES = 1000
TARGET_P50, TARGET_P95, TARGET_BYTES = 100, 250, 100_000
_WARMING = 5

MOVE = """
window.moved = (name, place) => new Promise((resolve, reject) => {
  const slider = document.getElementById(name + "-slider"), answers = document.getElementById("answers");
  const late = setTimeout(() => reject(new Error("no answer within five seconds")), 5000);
  slider.value = Number(slider.min) + place * (Number(slider.max) - Number(slider.min));
  answers.addEventListener("region:replaced", () => requestAnimationFrame(() => {
    // A message posted from a frame's callback arrives after that frame was painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { clearTimeout(late); resolve(performance.now() - began); };
    port2.postMessage(0);
  }), { once: true });
  const began = performance.now();
  slider.dispatchEvent(new Event("input", { bubbles: true }));
});
window.dragged = (name, steps) => new Promise((resolve) => {
  const slider = document.getElementById(name + "-slider"), answers = document.getElementById("answers");
  let painted = 0, done = 0, last = 0;
  const count = () => {
    painted += 1;
    if (done < steps) return;
    answers.removeEventListener("region:replaced", count);
    resolve({ painted, behind: performance.now() - last });
  };
  answers.addEventListener("region:replaced", count);
  const timer = setInterval(() => {
    done += 1;
    slider.value = Number(slider.min) + (done / steps) * (Number(slider.max) - Number(slider.min));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    last = performance.now();
    if (done === steps) clearInterval(timer);
  }, 16);
});
"""


@contextmanager
def served(workspace: Path) -> Generator[str]:
    """The address that signs in, of a server over the workspace; it listens on this machine only."""
    program = "from tiebeam.cli.main import cli; cli()"
    options = ("--workspace", str(workspace), "--port", "0", "--no-worker")
    command = [sys.executable, "-c", program, "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        told = ""
        for line in process.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"Sign in as .+: (\S+)", told)
        if found is None:
            raise SystemExit(f"the server did not start:\n{told}")
        yield found[1]
    finally:
        process.terminate()
        process.wait(20)


def measured(page: Page, sliders: tuple[str, ...], *, moves: int) -> list[float]:
    """Milliseconds of each move, over the sliders in turn, each time to another place."""
    page.evaluate(MOVE)
    found: list[float] = []
    for number in range(moves + _WARMING):
        # Steps of the golden ratio spread over the whole slider without coming back to a place.
        place = (number * 0.6180339887) % 1
        found.append(page.evaluate(f"moved({json.dumps(sliders[number % len(sliders)])}, {place})"))
    return found[_WARMING:]


def quantiles(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {
        "moves": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(cuts[18], 1),
        "most_ms": round(max(times), 1),
    }


def look(page: Page, base: str, *, name: str, moves: int) -> dict[str, Any]:
    page.go(base + PLACES[name])
    page.until("document.documentElement.classList.contains('js')")
    weight = page.weight()
    times = measured(page, SLIDERS[name], moves=moves)
    drag = page.evaluate("dragged('tokens', 60)")
    return {
        "bytes": weight,
        **quantiles(times),
        "drag_repaints": drag["painted"],
        "drag_behind_ms": round(drag["behind"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--moves", type=int, default=120, help=f"on each page, at most {MOST_MOVES}")
    parser.add_argument("--json", type=Path, help="write the figures here")
    asked = parser.parse_args()
    if not 20 <= asked.moves <= MOST_MOVES:
        parser.error(f"--moves is from 20 to {MOST_MOVES}")
    if find_chromium() is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "company"
        init_workspace(workspace, example="harbour-tools")
        with served(workspace) as link, open_browser() as browser:
            page = browser.page(width=1280)
            page.go(link)
            page.click("form button.primary")
            page.until("document.querySelector('.who strong') !== null")
            base = link.partition("/sign-in")[0]
            results = {name: look(page, base, name=name, moves=asked.moves) for name in PLACES}
    for name, found in results.items():
        is_within = found["p50_ms"] <= TARGET_P50 and found["p95_ms"] <= TARGET_P95 and found["bytes"] <= TARGET_BYTES
        print(
            f"{name:12} {found['moves']} moves: p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms, "
            f"most {found['most_ms']} ms; page {found['bytes'] / 1000:.1f} KB; drag of 60 moves: "
            f"{found['drag_repaints']} repaints, the last {found['drag_behind_ms']} ms behind; "
            f"{'within' if is_within else 'OUTSIDE'} the targets"
        )
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
