"""What a person sees of a document: pages with marks, an electronic invoice set out, and reasons."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import ANALYST, BUYER, CONTROLLER, INTENT, csrf_in, open_tasks, signed_in
from tests.builders.pdf_pages import pdf_of, pdf_with_pages
from tiebeam.app import App
from tiebeam.workflow.intake import DocumentView, document_view
from tiebeam.workflow.runs import RunFilter, list_runs


@pytest.fixture
def controller(app: App) -> TestClient:
    return signed_in(app, CONTROLLER)


def documents(app: App) -> list[DocumentView]:
    with app.store.read() as conn:
        ids = [run.document_id for run in list_runs(conn, RunFilter(), size=200).items]
        return [document_view(conn, one) for one in ids if one]


def one_where(app: App, fits: Callable[[DocumentView], Any]) -> DocumentView:
    return next(found for found in documents(app) if fits(found))


def a_pdf(app: App) -> DocumentView:
    return one_where(app, lambda found: found.syntax == "PDF" and found.invoice)


def test_a_page_stands_beside_its_fields_and_every_place_leads_to_a_mark(app: App, controller: TestClient) -> None:
    """CA-05: evidence can be seen on the page."""
    found = a_pdf(app)
    page = controller.get(f"/documents/{found.id}").text

    image = re.search(r'<img src="([^"]+)" alt="([^"]+)" width="1000" height="(\d+)" loading="lazy"', page)
    assert image is not None
    assert image[2] == f"Page 1 of 1 of {found.name}"
    assert abs(int(image[3]) - 1414) < 3
    picture = controller.get(image[1])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert picture.headers["cache-control"].startswith("private")
    assert "default-src 'none'" in picture.headers["content-security-policy"]

    marks = set(re.findall(r'<rect id="(at-[\w-]+)"', page))
    led_to = set(re.findall(r'href="#(at-[\w-]+)"', page))
    assert led_to <= marks
    assert {"at-number", "at-gross", "at-seller-name"} <= led_to


def test_an_electronic_invoice_is_set_out_for_reading(app: App, controller: TestClient) -> None:
    found = one_where(app, lambda one: one.syntax == "UBL Invoice" and one.invoice)
    page = unescape(controller.get(f"/documents/{found.id}").text)
    assert found.invoice is not None

    assert "<img" not in page
    assert f"Invoice {found.invoice['number']}" in page
    assert found.invoice["seller"]["name"] in page
    assert all(line["name"] in page for line in found.invoice["lines"])
    assert "LegalMonetaryTotal/TaxInclusiveAmount" in page
    assert controller.get(f"/documents/{found.id}/pages/1.png").status_code == 415


def test_a_hybrid_pdf_shows_its_page(app: App, controller: TestClient) -> None:
    found = one_where(app, lambda one: one.syntax == "CII" and one.name.endswith(".pdf"))
    assert "Page 1 of 1 of" in controller.get(f"/documents/{found.id}").text


def test_a_page_that_is_not_there_and_an_odd_width_are_told(app: App, controller: TestClient) -> None:
    found = a_pdf(app)
    missing = controller.get(f"/documents/{found.id}/pages/7.png")
    assert (missing.status_code, "has one page, so there is no page 7" in unescape(missing.text)) == (404, True)
    assert controller.get(f"/documents/{found.id}/pages/1.png?width=5000").status_code == 422
    assert controller.get("/documents/doc_none").status_code == 404


def test_who_types_a_scan_sees_it_beside_the_form(app: App) -> None:
    task = open_tasks(app, handoff="unreadable")[0]
    page = signed_in(app, ANALYST).get(f"/inbox/{task.id}").text
    form = page.split('id="edit-fields"')[1].split("</form>")[0]
    assert re.search(r'<img src="/documents/[^"]+/pages/1.png" alt="Page 1 of \d+ of ', form)
    assert 'name="field:invoice.number"' in form


def test_other_tasks_carry_a_folded_preview(app: App, controller: TestClient) -> None:
    shown = [controller.get(f"/inbox/{task.id}").text for task in open_tasks(app) if "unreadable" not in task.handoff]
    folds = [page.split('<details class="fold preview">')[1].split("</details>")[0] for page in shown]
    assert any("<img" in fold for fold in folds)
    assert any("Set out from the electronic invoice" in fold for fold in folds)


def test_the_page_of_a_document_names_its_run_and_original(app: App) -> None:
    found = a_pdf(app)
    client = signed_in(app, BUYER)
    page = client.get(f"/documents/{found.id}").text
    assert f'href="/runs/{found.run_id}"' in page
    assert client.get(f"/documents/{found.id}/original").content.startswith(b"%PDF")


_HOSTILE = {
    "torn.pdf": b"%PDF-1.7\ntorn",
    "atlas.pdf": pdf_with_pages(3_000),
    '"><img src=x onerror=alert(1)>.pdf': pdf_with_pages(2),
    "field.pdf": pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900000 900000] >>",
        ]
    ),
    "note.txt": b"milk, eggs",
    "broken.xml": b"<Invoice",
}


def test_documents_that_want_to_harm_have_a_page_and_a_task_with_a_reason(app: App) -> None:
    """Last in this module: it adds runs."""
    client = signed_in(app, ANALYST)
    token = csrf_in(client.get("/upload").text)
    files = [("files", (name, data)) for name, data in _HOSTILE.items()]
    assert client.post("/upload", data={"csrf": token, "intent": INTENT}, files=files).status_code == 200
    assert app.engine.drain(timeout=60)

    names = {found.name: found for found in documents(app)}
    said = {name: client.get(f"/documents/{found.id}") for name, found in names.items()}

    assert {answer.status_code for answer in said.values()} == {200}
    assert "There is nothing to show" in said["torn.pdf"].text
    assert "3000 pages; the limit is 60" in said["atlas.pdf"].text
    assert "There is nothing to show" in said["note.txt"].text
    assert 'alt="Page 1 of 1 of field.pdf"' in said["field.pdf"].text
    assert not any("<img src=x" in answer.text for answer in said.values())
    assert all(client.get(f"/inbox/{task.id}").status_code == 200 for task in open_tasks(app, handoff="unreadable"))
