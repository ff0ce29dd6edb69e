"""Unit economics in a real browser: a what-if in place, its address, scripts off, weight, and the sheet that prints.

ids: EC-01, EC-18, D4
"""

from __future__ import annotations

import pytest

from tests.browser.chromium import Browser
from tests.browser.conftest import House, SignIn
from tests.builders.console_people import INTENT, link_for
from tiebeam.app import App

pytestmark = pytest.mark.browser

ADMINISTRATOR = "kerstin-blohm"
ONE = f"/economics/units/{INTENT}"
TOKENS = "model=openai%3Agpt-4.1-mini&set.input_tokens_per_unit=9000&set.output_tokens_per_unit=900"
PATHS = (
    "/economics/units",
    f"{ONE}?{TOKENS}&set.hours_per_reviewer_per_month=130",
    f"{ONE}?tab=figures&{TOKENS}",
    f"{ONE}?tab=ways&{TOKENS}&left.review_share=0.5&left.review_minutes=9",
    f"/economics/portfolio?library=yes&workflow={INTENT}",
)


@pytest.fixture(scope="module")
def app(bare_app: App) -> App:
    return bare_app


def test_a_typed_volume_is_answered_in_place_and_is_in_the_address(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}{ONE}")
    page.evaluate("window.mine = 'page'; document.getElementById('volume_factor').focus()")
    assert "620" in page.text("#answers")

    page.type("10")

    # 620 x 10 asked for, 62,000 at ten times that.
    page.until("document.getElementById('answers').innerText.includes('62,000')")
    page.until("location.search.includes('volume_factor=10')")
    assert "part=" not in page.evaluate("location.search")
    assert page.evaluate("window.mine") == "page"
    assert page.evaluate("document.activeElement.id") == "volume_factor"
    assert "volume_factor=10" in page.evaluate("document.querySelector('#answers a[download]').href")


def test_a_figure_of_the_table_changes_the_answer_and_survives_the_tab(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}{ONE}?tab=figures")
    before = page.evaluate("document.querySelector('.kpis .value').innerText")
    page.evaluate("document.querySelector('[name=\"set.exception_rate\"]').focus()")
    page.type("0.9")
    page.until(f"document.querySelector('.kpis .value').innerText !== {before!r}")
    page.until("location.search.includes('set.exception_rate=0.9')")
    page.evaluate("[...document.querySelectorAll('#answers .tabs a')].find(a => a.innerText === 'The answer').click()")
    page.until("!location.search.includes('tab=') && document.readyState === 'complete'")
    assert "set.exception_rate=0.9" in page.evaluate("location.search")
    assert "1 changed for this view" in page.text("#answers")


def test_nonsense_is_told_in_the_same_place_and_a_figure_brings_the_answer_back(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}{ONE}")
    page.evaluate("document.getElementById('price').focus()")
    page.type("x")
    page.until("document.querySelector('#answers [role=alert]')?.innerText.includes('price')")
    page.evaluate("document.getElementById('price').select()")
    page.type("50")
    page.until("document.querySelector('#answers [role=alert]') === null")


def test_scripts_off_the_form_sends_the_same_question(house: House, browser: Browser) -> None:
    page = browser.page(scripts=False)
    page.go(house.url + link_for(house.app, ADMINISTRATOR))
    page.click("form button.primary")
    page.until("document.querySelector('.who strong') !== null")
    page.go(f"{house.url}{ONE}?set.exception_rate=0.25")
    page.evaluate("document.getElementById('volume_factor').value = '10'")
    page.click("form[data-answers] button.primary")
    page.until("location.search.includes('volume_factor=10')")
    assert "set.exception_rate=0.25" in page.evaluate("location.search")
    assert "62,000" in page.text("#answers")


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_light_named_and_as_wide_as_the_window(house: House, sign_in: SignIn, width: int) -> None:
    page = sign_in(ADMINISTRATOR, width=width)
    for path in PATHS:
        page.go(house.url + path)
        assert page.weight() <= 100_000, (path, page.weight())
        assert page.unnamed_controls() == [], path
        assert page.complaints() == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_portfolio_prints_as_a_sheet_with_its_own_head(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/portfolio")
    shown = "getComputedStyle(document.querySelector('{}')).display"
    assert page.evaluate(shown.format(".sheet-head")) == "none"
    page.send("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate(shown.format(".sheet-head")) == "flex"
    assert [page.evaluate(shown.format(one)) for one in (".rail", ".page-head", ".tabs", ".controls-line")] == [
        "none"
    ] * 4
