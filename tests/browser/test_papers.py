"""Documents in a real browser: the marks of fields, the pictures, and typing beside them."""

from __future__ import annotations

import pytest

from tests.browser.conftest import House, SignIn
from tests.builders.console_people import ANALYST, open_tasks
from tiebeam.workflow.intake import DocumentView, document_view
from tiebeam.workflow.runs import RunFilter, list_runs

pytestmark = pytest.mark.browser

PICTURE = "document.querySelector('.paper img')"


def documents(house: House) -> list[DocumentView]:
    with house.app.store.read() as conn:
        ids = [run.document_id for run in list_runs(conn, RunFilter(), size=200).items]
        return [document_view(conn, one) for one in ids if one]


def a_pdf(house: House) -> str:
    return next(f"/documents/{one.id}" for one in documents(house) if one.syntax == "PDF" and one.invoice)


def test_pointing_at_a_field_lights_its_place_on_the_page(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.go(house.url + a_pdf(house))
    page.until(f"{PICTURE}.complete && {PICTURE}.naturalWidth === 1000")
    lit = "[...document.querySelectorAll('.paper rect.on')].map(one => one.id).join()"

    assert page.evaluate(lit) == ""
    page.evaluate("document.querySelector('[href=\"#at-gross\"]').focus()")
    assert page.evaluate(lit) == "at-gross"
    page.evaluate(
        "document.querySelector('[href=\"#at-number\"]').dispatchEvent(new Event('pointerover', {bubbles: true}))"
    )
    assert page.evaluate(lit) == "at-number"
    assert page.complaints() == []
    assert page.unnamed_controls() == []


def test_marks_lie_where_the_picture_is_and_nothing_jumps(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.go(house.url + a_pdf(house))
    height = "document.querySelector('.paper').offsetHeight"
    before = page.evaluate(height)
    page.until(f"{PICTURE}.complete && {PICTURE}.naturalWidth === 1000")
    assert abs(page.evaluate(height) - before) <= 1
    frame = f"{PICTURE}.getBoundingClientRect()"
    mark = "document.getElementById('at-seller-name').getBoundingClientRect()"
    assert page.evaluate(f"{mark}.left > {frame}.left && {mark}.right < {frame}.right && {mark}.top > {frame}.top")
    assert page.weight() <= 100_000


def test_without_scripts_a_field_still_leads_to_its_place(house: House, sign_in: SignIn) -> None:
    page = sign_in().browser.page(scripts=False)
    page.go(house.url + a_pdf(house) + "#at-gross")
    assert page.evaluate("document.querySelector('.paper rect:target').id") == "at-gross"


@pytest.mark.parametrize("width", [1440, 1000, 420])
def test_documents_never_scroll_sideways(house: House, sign_in: SignIn, width: int) -> None:
    page = sign_in(width=width)
    by_syntax = {one.syntax: f"/documents/{one.id}" for one in documents(house)}
    for path in (*by_syntax.values(), f"/inbox/{open_tasks(house.app, handoff='unreadable')[0].id}?tab=all"):
        page.go(house.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)


def test_a_scan_stands_beside_the_form_it_is_typed_into(house: House, sign_in: SignIn) -> None:
    page = sign_in(ANALYST)
    page.go(f"{house.url}/inbox/{open_tasks(house.app, handoff='unreadable')[0].id}")
    page.until("document.querySelector('.typing img')?.naturalWidth === 1000")
    box = "document.querySelector('.typing img').getBoundingClientRect()"
    field = "document.querySelector('#field-1').getBoundingClientRect()"
    assert page.evaluate(f"{box}.right <= {field}.left && {box}.top < innerHeight && {field}.bottom < innerHeight")
    assert page.unnamed_controls() == []
