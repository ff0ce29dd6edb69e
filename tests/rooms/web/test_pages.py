"""Every page renders from its view model, without anything inline and within its weight."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from tests.rooms.web import samples
from tests.rooms.web.preview import app
from tiebeam.web.assets import squeezed
from tiebeam.web.render import ROOT, STATIC

VOID = {"meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "polyline"}


class Outline(HTMLParser):
    """Finds markup that a strict policy or a screen reader would stumble over."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.problems: list[str] = []
        self.headings: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if "style" in found or any(name.startswith("on") for name in found):
            self.problems.append(f"inline {tag} {found}")
        if tag == "style" or (tag == "script" and not found.get("src")):
            self.problems.append(f"inline {tag}")
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "label":
            self.labels.add(str(found.get("for")))
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden":
            self.fields.append(found)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> does not close what is open")


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(app)


@pytest.mark.parametrize("path", sorted(samples.PAGES))
def test_a_page_is_whole_and_holds_nothing_inline(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    outline = Outline()
    outline.feed(answer.text)
    assert outline.problems == []
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids)), "an id is used twice"
    unnamed = [f for f in outline.fields if not f.get("aria-label") and f.get("id") not in outline.labels]
    assert unnamed == []
    assert outline.headings[:1] == ["h2"] or "h1" in outline.headings


@pytest.mark.parametrize("path", sorted(samples.PAGES))
def test_a_page_weighs_at_most_a_hundred_kilobytes_with_everything_it_loads(client: TestClient, path: str) -> None:
    page = client.get(path)
    assets = sum(len(squeezed(STATIC / name).encode()) for name in loaded(page.text))
    assert len(page.content) + assets <= 100_000


def loaded(page: str) -> set[str]:
    """The sheets and modules a page names, and the modules those import."""
    found: set[str] = set()
    waiting = set(re.findall(r'(?:href|src)="/static/\w+/([\w.]+)"', page))
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name.endswith(".js"):
            waiting |= set(re.findall(r'from "\./([\w.]+)"', (STATIC / name).read_text("utf-8"))) - found
    assert {"tokens.css", "console.js", "regions.js"} <= found
    return found


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    for path in ("/", "/inbox", "/nowhere"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy


def test_nothing_is_loaded_from_another_host(client: TestClient) -> None:
    for path in samples.PAGES:
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', client.get(path).text)


def test_modules_and_sheets_name_no_other_host() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, file.name


def test_assets_change_their_address_with_their_content(client: TestClient) -> None:
    found = re.search(r'href="(/static/[0-9a-f]{12}/tokens.css)"', client.get("/").text)
    assert found is not None
    answer = client.get(found.group(1))
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/x/../../render.py").status_code == 404


def test_text_from_documents_is_never_markup() -> None:
    for template in ROOT.joinpath("templates").rglob("*.html"):
        assert "|safe" not in template.read_text(), template.name


def test_the_chosen_theme_is_painted_by_the_server(client: TestClient) -> None:
    assert 'data-theme="dark"' in client.get("/?theme=dark").text
    assert "data-theme=" not in client.get("/").text.split("<body>")[0]


def test_a_decision_sends_the_hash_of_what_was_read_and_enter_alone_decides_nothing(client: TestClient) -> None:
    # ids: HO-01
    text = client.get("/inbox/task_02").text
    form = text.split('id="decision"')[1].split("</form>")[0]
    assert f'name="payload_hash" value="{samples.HASH}"' in form
    assert 'name="csrf"' in form
    assert re.search(r"<button[^>]*>", form).group(0) == '<button disabled hidden aria-hidden="true">'  # type: ignore[union-attr]


def test_a_decided_task_shows_the_decision_and_no_form(client: TestClient) -> None:
    text = client.get("/inbox/task_03").text
    assert "Jo Brandt" in text
    assert 'id="decision"' not in text
