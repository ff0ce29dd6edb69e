"""A product's pricing in a real browser: the share slider repaints the answers in place, the address is the state.

ids: EC-29
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import House, SignIn
from tests.browser.test_calculator import slide
from tiebeam.app import App

pytestmark = pytest.mark.browser

PAGE = "/economics/pricing/dealer-portal"


@pytest.fixture(scope="module")
def app(bare_app: App) -> App:
    return bare_app


def test_the_share_slider_repaints_the_answers_and_stays_in_the_address(house: House, sign_in: SignIn) -> None:
    page = sign_in("jonas-petersen")
    page.go(house.url + PAGE)
    assert "68.8" in page.text("#answers")
    assert page.weight() <= 100_000, page.weight()

    slide(page, "headless_share", "0")
    page.until("document.querySelector('#answers').innerText.includes('0 % headless')")
    page.until("location.search.includes('headless_share=0%25')")

    page.go(page.evaluate("location.href"))
    assert "0 % headless" in page.text("#answers")
    slide(page, "headless_share", "100")
    page.until("document.querySelector('#answers').innerText.includes('100 % headless')")
    assert page.complaints() == []
    assert page.unnamed_controls() == []


def test_a_figure_set_below_changes_the_answers_in_place(house: House, sign_in: SignIn) -> None:
    page = sign_in("jonas-petersen")
    page.go(house.url + PAGE)
    field = "document.querySelector('[name=\"set.seat_price_1\"]')"
    page.evaluate(f"{field}.value = '40'; {field}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    page.until("document.querySelector('#answers').innerText.includes('20,400.00')")
    page.evaluate(f"{field}.value = '-1'; {field}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    page.until("document.querySelector('#answers').innerText.includes('This cannot be reckoned')")
