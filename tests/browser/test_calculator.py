"""The calculator in a real browser: sliders that repaint in place, the address as state, a decision, scripts off.

ids: EC-08, EC-12
"""

from __future__ import annotations

import json
import time

import pytest

from tests.browser.chromium import Browser, Page
from tests.browser.conftest import House, SignIn
from tests.builders.console_people import link_for
from tiebeam.app import App

pytestmark = pytest.mark.browser

ADMINISTRATOR = "kerstin-blohm"
PATHS = ("/economics/calculator", "/economics/hosting", "/economics/compare")
SONNET = "anthropic.claude-sonnet-4-5"
ROW = f"document.querySelector('[data-key=\"{SONNET}\"]')"


@pytest.fixture(scope="module")
def app(bare_app: App) -> App:
    return bare_app


def slide(page: Page, name: str, value: str) -> None:
    """Move a slider as a hand does: many input events, the last one at the place."""
    page.evaluate(
        f"(() => {{ const slider = document.getElementById({json.dumps(name + '-slider')}); slider.focus();"
        f"for (const place of [slider.min, slider.max, {json.dumps(value)}]) {{ slider.value = place;"
        "slider.dispatchEvent(new Event('input', {bubbles: true})); } })()"
    )


def test_a_slider_repaints_the_table_in_place(house: House, sign_in: SignIn) -> None:
    # ids: EC-08
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/calculator?model={SONNET}&ratio=3:1&tokens=200000000")
    assert "1,200.00" in page.evaluate(f"{ROW}.innerText")
    page.evaluate("window.mine = 'page'; document.querySelector('.controls form').dataset.mine = 'form'")

    slide(page, "tokens", "9")

    page.until(f"{ROW}.innerText.includes('6,000.00')")
    assert page.evaluate("document.getElementById('tokens').value") == "1000000000"
    assert page.evaluate("document.querySelector('output[for=tokens-slider]').value") == "1bn"
    assert page.evaluate("document.getElementById('tokens-slider').getAttribute('aria-valuetext')") == "1bn"
    page.until("location.search.includes('tokens=1000000000')")
    assert "part=" not in page.evaluate("location.search")
    assert page.evaluate("document.activeElement.id") == "tokens-slider"
    assert page.evaluate("window.mine") == "page"
    assert page.evaluate("document.querySelector('.controls form').dataset.mine") == "form"
    assert page.evaluate("history.length") <= 4, "a drag is no trail of addresses"


def test_a_typed_figure_moves_the_slider_and_nonsense_is_told_beside_it(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/calculator?model={SONNET}")
    page.evaluate("document.getElementById('ratio').select()")
    page.type("1:1")
    page.until(f"{ROW}?.innerText.includes('9.00')")
    assert page.evaluate("document.getElementById('ratio-slider').value") == "0"
    page.evaluate("document.getElementById('ratio').select()")
    page.type("0:0")
    page.until("document.querySelector('#answers [role=alert]')?.innerText.includes('not both 0')")
    assert page.evaluate("document.activeElement.id") == "ratio", "who types goes on typing"
    page.type("1")
    page.until(f"Boolean({ROW})")


def test_the_state_comes_back_with_a_reload_and_in_another_tab(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/hosting")
    slide(page, "busy", "25")
    page.evaluate("document.getElementById('term-spot').click()")
    page.until("location.search.includes('busy=25%25') && location.search.includes('term=spot')")
    page.until("document.querySelector('#answers').innerText.includes('busy 25% of the time')")
    shown = page.evaluate("[...document.querySelectorAll('[data-row]')].map(row => row.dataset.key)")
    address = page.evaluate("location.href")
    for tab in (page, page.browser.page()):
        tab.go(address)
        assert tab.evaluate("document.getElementById('busy').value") == "25%"
        assert tab.evaluate("document.getElementById('busy-slider').value") == "25"
        assert tab.evaluate("document.getElementById('term-spot').checked")
        assert tab.evaluate("[...document.querySelectorAll('[data-row]')].map(row => row.dataset.key)") == shown


def test_sorting_keeps_the_form_and_the_chart_comes_as_a_table(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/calculator")
    page.click("a[data-sort=cost]")
    page.until("document.querySelector('th[aria-sort]') !== null && location.search.includes('sort=')")
    page.click(".chart details summary")
    slide(page, "tokens", "10")
    page.until("document.querySelector('#answers').innerText.includes('10bn')")
    assert page.evaluate("document.querySelector('.chart details').open"), "what was unfolded stays so"
    assert page.evaluate("document.querySelector('th[aria-sort]') !== null")


def test_another_filter_lets_go_of_an_option_that_it_leaves_out(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/compare?metered={SONNET}&tokens=70000000")
    page.evaluate(
        "(() => { const field = document.getElementById('class'); field.value = 'frontier';"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.until("location.search.includes('class=frontier') && document.readyState === 'complete'")
    assert "metered=" not in page.evaluate("location.search")
    assert "tokens=70000000" in page.evaluate("location.search")
    assert page.evaluate("document.querySelector('#answers [role=alert]')") is None


def test_a_server_that_is_gone_is_told_and_the_figures_stay(house: House, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/calculator?model={SONNET}")
    page.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    slide(page, "tokens", "9")
    page.until("document.querySelector('.toast')?.innerText.includes('does not answer')")
    assert "1,200.00" in page.evaluate(f"{ROW}.innerText")


def test_a_comparison_ends_in_a_recorded_decision(house: House, sign_in: SignIn) -> None:
    # ids: EC-12
    page = sign_in(ADMINISTRATOR)
    page.go(f"{house.url}/economics/compare?metered={SONNET}")
    assert "Not decided." in page.text("#answers")
    page.evaluate("document.getElementById('decision-reason').value = 'Half typed before the slider moved'")
    slide(page, "tokens", "9.3")
    page.until("location.search.includes('tokens=2000000000')")
    page.until("document.querySelector('form[data-follows]').action.includes('tokens=2000000000')")
    assert page.evaluate("document.getElementById('decision-reason').value") == "Half typed before the slider moved"
    page.evaluate(
        "document.getElementById('chosen-rented').checked = true;"
        "document.getElementById('decision-title').value = 'Serving the invoice assistant';"
        "document.getElementById('decision-revisit').value = '2031-01-31'"
    )
    page.click("form[data-follows] button.primary")
    page.until("document.querySelector('#answers')?.innerText.includes('Decided at these figures.')")
    assert "Half typed before the slider moved" in page.text("#decisions")
    with house.app.store.read() as conn:
        (kept,) = house.app.decisions.find(conn, house.app.workforce.principal(ADMINISTRATOR))
    assert kept.tokens_per_month == 2_000_000_000
    assert str(kept.chosen_option["kind"]) == "hosting"
    slide(page, "tokens", "9.5")
    page.until("document.querySelector('#answers').innerText.includes('Not decided.')")


def test_with_scripts_off_a_typed_figure_and_a_button_do_the_same(house: House, browser: Browser) -> None:
    page = browser.page(scripts=False)
    page.send("Page.navigate", url=house.url + link_for(house.app, ADMINISTRATOR))
    time.sleep(0.7)
    submit(page, "form button.primary")
    page.send("Page.navigate", url=f"{house.url}/economics/calculator?model={SONNET}")
    time.sleep(0.8)
    page.send("DOM.focus", nodeId=node(page, "#tokens"))
    page.send("Input.dispatchKeyEvent", type="keyDown", key="a", modifiers=2, commands=["selectAll"])
    page.type("100000000")
    submit(page, ".controls button.primary")
    assert "600.00" in page.text("[data-key]")
    assert "tokens=100000000" in page.evaluate("location.search")


@pytest.mark.parametrize("width", [1440, 1000, 390])
def test_the_pages_are_light_named_and_within_their_policy(house: House, sign_in: SignIn, width: int) -> None:
    """At most 100 KB, no other host, no violation, no control without a name, no sideways scrolling, in both themes."""
    first = sign_in(ADMINISTRATOR)
    for path in PATHS:
        page = first.browser.page(width=width, dark=width == 1000)
        page.go(house.url + path)
        assert page.weight() <= 100_000, (path, page.weight())
        assert page.unnamed_controls() == [], path
        assert page.complaints() == [], path
        # The browser draws the calendar of its own date field from a data: address.
        assert all(url.startswith((house.url, "data:")) for url in page.requests()), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.close()


def node(page: Page, selector: str) -> int:
    root = page.send("DOM.getDocument")["root"]["nodeId"]
    found = page.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    assert found, selector
    return found


def submit(page: Page, selector: str) -> None:
    """Focus and press Enter, as scripts cannot click here."""
    page.send("DOM.focus", nodeId=node(page, selector))
    page.press("Enter")
    time.sleep(0.8)
