"""A study of ownership in a real browser: sliders repaint the curves in place, the address is the state, scripts off.

ids: EC-13
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import House, SignIn
from tests.browser.test_calculator import slide
from tiebeam.app import App

pytestmark = pytest.mark.browser

PAGE = "/economics/ownership/70b-four-years"


@pytest.fixture(scope="module")
def app(bare_app: App) -> App:
    return bare_app


def test_the_users_slider_repaints_the_curves_and_stays_in_the_address(house: House, sign_in: SignIn) -> None:
    page = sign_in("kerstin-blohm")
    page.go(house.url + PAGE)
    assert "month 36" in page.text("#answers")

    slide(page, "users", "3.7")
    page.until("document.querySelector('#answers').innerText.includes('never ahead for good')")
    page.until("location.search.includes('users=5000')")

    page.go(page.evaluate("location.href"))
    assert "never ahead for good" in page.text("#answers")
    assert page.complaints() == []
    assert page.unnamed_controls() == []


def test_a_bar_of_the_tornado_leads_to_its_figure_with_what_was_set(house: House, sign_in: SignIn) -> None:
    page = sign_in("kerstin-blohm")
    page.go(house.url + PAGE + "?users=30000")
    bar = "document.querySelector('#answers svg a[href*=\"figure-utilisation\"]')"
    page.evaluate(f"{bar}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
    page.until("location.hash === '#figure-utilisation' && document.readyState === 'complete'")

    assert "users=30000" in page.evaluate("location.search")
    assert "Assumed" in page.text("#figure-utilisation")
