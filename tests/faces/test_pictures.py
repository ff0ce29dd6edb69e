"""Documents as pictures over HTTP and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.pdf_pages import pdf_with_content, pdf_with_pages
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import Terminal
from tiebeam.app import App


def taken_in(app: App, client: TestClient, name: str, data: bytes) -> str:
    accepted = client.post("/runs", files={"files": (name, data)})
    assert app.engine.drain(timeout=60)
    return client.get(f"/runs/{accepted.json()['run_ids'][0]}").json()["item"]["document_id"]


def test_a_page_comes_as_a_picture_that_the_browser_may_keep_for_this_session(app: App, admin: TestClient) -> None:
    document = taken_in(app, admin, "scan.pdf", pdf_with_pages(2))

    answer = admin.get(f"/documents/{document}/pages/2", params={"width": 120})
    again = admin.get(
        f"/documents/{document}/pages/2", params={"width": 120}, headers={"If-None-Match": answer.headers["etag"]}
    )

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(answer.content[16:20], "big") == 120
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["vary"] == "Cookie"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_not_found_with_a_reason(app: App, admin: TestClient, page: int) -> None:
    document = taken_in(app, admin, "scan.pdf", pdf_with_pages(2))

    answer = admin.get(f"/documents/{document}/pages/{page}")

    assert (answer.status_code, answer.json()["code"]) == (404, "page_missing")
    assert answer.json()["detail"] == f"'scan.pdf' has 2 pages, so there is no page {page}"


def test_xml_has_no_pages_and_a_damaged_pdf_says_what_is_wrong(app: App, admin: TestClient) -> None:
    xml = taken_in(app, admin, "R-31.xml", invoice_bytes("R-31"))
    damaged = taken_in(app, admin, "torn.pdf", b"%PDF-1.7\ntorn")

    answers = [admin.get(f"/documents/{document}/pages/1") for document in (xml, damaged)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(415, "no_pages"), (422, "picture_refused")]
    assert answers[1].json()["data"]["reason_code"] == "pdf_malformed"


@pytest.mark.parametrize("query", ["width=49", "width=2001", "width=x"])
def test_a_width_out_of_range_is_refused(app: App, admin: TestClient, query: str) -> None:
    document = taken_in(app, admin, "R-32.xml", invoice_bytes("R-32"))

    assert admin.get(f"/documents/{document}/pages/1?{query}").status_code == 422


def test_pictures_are_for_people_who_are_signed_in(app: App, admin: TestClient, anonymous: TestClient) -> None:
    document = taken_in(app, admin, "scan.pdf", pdf_with_content(b"0 0 50 50 re f"))

    assert admin.get(f"/documents/{document}/pages/1").status_code == 200
    assert anonymous.get(f"/documents/{document}/pages/1").status_code == 401
    assert admin.get("/documents/x/pages/1").status_code == 404


def test_the_command_line_shows_a_document_and_draws_its_pages(
    app: App, admin: TestClient, workspace: Path, tmp_path: Path, tiebeam: Terminal
) -> None:
    document = taken_in(app, admin, "scan.pdf", pdf_with_pages(2))
    where = ("--workspace", workspace)
    picture = tmp_path / "page.png"

    drawn = tiebeam("documents", "show", document, "--page", "2", "--out", picture, "--width", "80", *where)
    told = tiebeam("documents", "show", document, *where)
    listed = tiebeam("documents", "show", document, "--json", *where)

    assert (drawn.code, told.code, listed.code) == (0, 0, 0)
    assert "page 2 of 2 of scan.pdf, 80 x 80 pixels" in drawn.out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "unreadable: " in told.out
    assert (listed.json["name"], listed.json["error_code"]) == ("scan.pdf", "pdf_no_text")


def test_the_command_line_says_why_there_is_no_picture(
    app: App, admin: TestClient, workspace: Path, tmp_path: Path, tiebeam: Terminal
) -> None:
    document = taken_in(app, admin, "R-41.xml", invoice_bytes("R-41"))
    where = ("--workspace", workspace)
    picture = tmp_path / "page.png"

    said = [
        tiebeam("documents", "show", document, "--out", picture, *where),
        tiebeam("documents", "show", document, "--page", "1", *where),
        tiebeam("documents", "show", document, "--out", tmp_path / "no" / "x.png", *where),
        tiebeam("documents", "show", "doc_none", *where),
    ]

    assert [one.code for one in said] == [1, 2, 2, 1]
    assert "has no pages to show" in said[0].err
    assert "--out FILE.png" in said[1].err
    assert not picture.exists()
