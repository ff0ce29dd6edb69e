"""Drives the system's Chromium over a pipe with the DevTools protocol: no driver, no socket library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def find_chromium() -> str | None:
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


class ProtocolError(RuntimeError):
    """Chromium refused a command or a script in the page threw."""


class Browser:
    """One process with a fresh profile. Pages made by one browser share cookies, as tabs do."""

    def __init__(self) -> None:
        executable = find_chromium()
        if executable is None:
            raise ProtocolError("no Chromium on this machine: install the package 'chromium'")
        self._profile = TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        self._process = subprocess.Popen(
            [executable, *_FLAGS, "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=self._as_three_and_four(to_browser, from_browser),
            # No thread runs yet, and the two pipes must be descriptors 3 and 4.
            preexec_fn=lambda: (os.dup2(to_browser, 3), os.dup2(from_browser, 4)),  # noqa: PLW1509
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    @staticmethod
    def _as_three_and_four(*pipes: int) -> tuple[int, ...]:
        return (3, 4, *pipes)

    def send(self, method: str, session: str | None = None, *, timeout: float = 30.0, **params: Any) -> dict[str, Any]:
        """One command and its answer; events met on the way are kept in `events`."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise ProtocolError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)
        raise ProtocolError(f"{method} took longer than {timeout} s")

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise ProtocolError("Chromium closed the pipe")
            self._buffer += piece
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def page(self, *, width: int = 1440, height: int = 900, dark: bool = False, scripts: bool = True) -> Page:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            page.send(f"{domain}.enable")
        page.size(width, height)
        page.dark(dark)
        if not scripts:
            page.send("Emulation.setScriptExecutionDisabled", value=True)
        return page

    def close(self) -> None:
        with contextlib.suppress(ProtocolError, OSError):
            self.send("Browser.close", timeout=5)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._profile.cleanup()


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self.browser = browser
        self.session = session
        self.target = target

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.send(method, self.session, **params)

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, is_dark: bool) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded and its modules have run."""
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise ProtocolError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression: str | Callable[[], Any], *, timeout: float = 10.0) -> Any:
        """Ask again until the answer is truthy."""
        deadline = time.monotonic() + timeout
        while True:
            with contextlib.suppress(ProtocolError):
                value = expression() if callable(expression) else self.evaluate(expression)
                if value:
                    return value
            if time.monotonic() > deadline:
                raise ProtocolError(f"never became true: {expression}")
            time.sleep(0.05)

    def text(self, selector: str = "body") -> str:
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """One key as a person would press it; names such as Enter, Escape and ArrowDown work too."""
        text = key if len(key) == 1 else "\r" if key == "Enter" else ""
        modifiers = 2 if ctrl else 0
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Tab": 9}
        extra: dict[str, Any] = {"windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        shown = {} if ctrl or not text else {"text": text}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=modifiers, **extra, **shown)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers, **extra)

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def cookie(self, name: str, value: str, url: str) -> None:
        self.send("Network.setCookie", name=name, value=value, url=url)

    def unnamed_controls(self) -> list[str]:
        """Buttons, links and fields that the accessibility tree has no name for."""
        roles = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "slider", "listbox"}
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [
            f"{node['role']['value']} {node.get('backendDOMNodeId')}"
            for node in nodes
            if not node.get("ignored") and node["role"]["value"] in roles and not node.get("name", {}).get("value")
        ]

    def complaints(self) -> list[str]:
        """Errors of the console and exceptions of this page so far."""
        self.evaluate("1")
        said: list[str] = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                said.append(
                    str(event["params"]["exceptionDetails"].get("exception", {}).get("description", "exception"))
                )
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                said.append(f"{event['params']['entry']['text']} {event['params']['entry'].get('url', '')}")
        return said

    def requests(self) -> list[str]:
        """The addresses this page has asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event.get("sessionId") == self.session and event["method"] == "Network.requestWillBeSent"
        ]

    def weight(self) -> int:
        """Uncompressed bytes of everything the page loaded itself, pictures of documents aside."""
        return self.evaluate(
            "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
            ".filter(one => one.initiatorType !== 'img').reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
        )

    def screenshot(self, path: Path, *, whole: bool = False) -> Path:
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
        return path

    def close(self) -> None:
        self.browser.send("Target.closeTarget", targetId=self.target)


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    browser = Browser()
    try:
        yield browser
    finally:
        browser.close()
