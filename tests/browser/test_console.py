"""The console in a real browser: policy, names, weight, keys, live updates, scripts off."""

from __future__ import annotations

import json
import time

import pytest

from tests.browser.chromium import Browser, Page, open_browser
from tests.browser.conftest import House, Served, SignIn
from tests.builders.console_people import link_for
from tiebeam.workflow.runs import RunFilter, list_runs
from tiebeam.workforce import TaskView

pytestmark = pytest.mark.browser

INTENT = "finance.invoice-processing-matching"
CONTROLLER = "jonas-petersen"


def open_tasks(house: House, *, person: str | None = None, verb: str = "") -> list[TaskView]:
    with house.app.store.read() as conn:
        rows = house.app.workforce.tasks(conn, state="active", person=person, size=200).rows
    return [task for task in rows if not verb or verb in task.protocol.verbs]


def a_run(house: House, **wanted: str) -> str:
    with house.app.store.read() as conn:
        return list_runs(conn, RunFilter(**wanted)).items[0].id


def all_pages(house: House) -> list[str]:
    task = open_tasks(house)[0].id
    pages = ["/", "/inbox", f"/inbox/{task}?tab=all", "/runs", f"/runs/{a_run(house)}", "/workflows"]
    pages += [f"/workflows/{INTENT}", "/library/intents", f"/library/intents/{INTENT}", "/audit", "/upload"]
    return [*pages, "/settings", "/palette"]


def test_every_page_is_light_named_and_within_its_policy(house: House, sign_in: SignIn) -> None:
    """At most 100 KB, no other host, no policy violation, no control without a name, no sideways scrolling.

    A run's page carries its picture, its steps and all that may be done with it, and may weigh two more.
    """
    first = sign_in()
    for path in all_pages(house):
        page = first.browser.page()
        page.go(house.url + path)
        most = 102_000 if path.startswith("/runs/") else 100_000
        assert page.weight() <= most, (path, page.weight())
        assert page.unnamed_controls() == [], path
        assert page.complaints() == [], path
        assert all(url.startswith(house.url) for url in page.requests()), path
        page.close()


@pytest.mark.parametrize("width", [1440, 1000, 420])
def test_no_page_scrolls_sideways(house: House, sign_in: SignIn, width: int) -> None:
    page = sign_in(width=width)
    for path in all_pages(house):
        page.go(house.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)


def test_the_system_theme_and_the_toggle(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.dark(True)
    assert page.evaluate(background) != light
    page.click("[data-theme-toggle]")
    assert page.evaluate(background) == light
    page.go(house.url + "/runs")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_palette_opens_finds_and_goes(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.press("k", ctrl=True)
    page.until("document.querySelector('#palette').open")
    page.type("intents")
    page.until("document.querySelector('#palette [aria-selected=true]')?.innerText.includes('Intents')")
    page.press("Enter")
    page.until("location.pathname === '/library/intents'")


def test_keys_go_places_move_and_open_rows_and_are_ignored_in_fields(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.press("g")
    page.press("r")
    page.until("location.pathname === '/runs' && document.readyState === 'complete'")
    page.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.press("j")
    assert page.evaluate("document.activeElement.name") == "q"
    page.press("Escape")
    page.press("j")
    page.press("j")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    assert target == page.evaluate("document.querySelectorAll('[data-row] a')[1].getAttribute('href')")
    page.press("Enter")
    page.until(f"location.pathname === {json.dumps(target)} && document.readyState === 'complete'")
    page.press("?")
    page.until("document.querySelector('#keys').open")
    page.press("Escape")


def test_searching_a_table_changes_the_address_and_keeps_the_caret(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.go(house.url + "/runs?sort=subject")
    page.press("/")
    page.type("zzz")
    page.until("location.search.includes('q=zzz') && location.search.includes('sort=subject')")
    page.until("document.querySelector('#runs-table').innerText.includes('Nothing matches')")
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.evaluate("document.activeElement.selectionStart") == 3


def test_a_chart_answers_with_the_nearest_value_and_comes_as_a_table(house: House, sign_in: SignIn) -> None:
    page = sign_in()
    page.go(f"{house.url}/workflows/{INTENT}")
    where = page.evaluate(
        "(() => { const b = [...document.querySelectorAll('.chart svg [data-tip]')].pop().getBoundingClientRect();"
        "scrollTo(0, b.top - 200); const c = [...document.querySelectorAll('.chart svg [data-tip]')].pop()"
        ".getBoundingClientRect(); return {x: c.left + c.width / 2, y: c.top + c.height / 2}; })()"
    )
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=where["x"], y=where["y"])
    page.until("document.querySelector('.tip') && !document.querySelector('.tip').hidden")
    assert ":" in page.text(".tip")
    page.click(".chart details summary")
    assert page.evaluate("document.querySelector('.chart details').open")


def test_a_single_key_approval_can_be_undone(house: House, sign_in: SignIn) -> None:
    task = next(one for one in open_tasks(house, person=CONTROLLER, verb="approve"))
    page = sign_in()
    page.go(f"{house.url}/inbox/{task.id}")
    page.press("a")
    page.until("document.querySelector('.toast')?.innerText.includes('Undo')")
    page.press("z")
    page.until("document.body.innerText.includes('Nothing was sent')")
    time.sleep(5.5)
    assert page.evaluate("location.pathname") == f"/inbox/{task.id}"
    assert task.id in {one.id for one in open_tasks(house)}


def test_leaving_the_page_sends_an_approval_that_was_not_undone(house: House, sign_in: SignIn) -> None:
    task = next(one for one in open_tasks(house, person=CONTROLLER, verb="approve"))
    page = sign_in()
    page.go(f"{house.url}/inbox/{task.id}")
    page.press("a")
    page.until("document.querySelector('.toast') !== null")
    page.go(f"{house.url}/runs")
    page.until(lambda: task.id not in {one.id for one in open_tasks(house)}, timeout=5)
    with house.app.store.read() as conn:
        decided = house.app.workforce.task(conn, task.id)
    assert decided.decision is not None
    assert (decided.decision.verb, decided.decision.person_id) == ("approve", CONTROLLER)


def test_enter_in_the_reason_decides_nothing_unless_the_key_of_a_verb_led_there(house: House, sign_in: SignIn) -> None:
    task = next(one for one in open_tasks(house, person=CONTROLLER, verb="reject"))
    page = sign_in()
    page.go(f"{house.url}/inbox/{task.id}")
    page.evaluate("document.getElementById('reason').focus()")
    page.type("thinking aloud")
    page.press("Enter")
    time.sleep(0.5)
    assert page.evaluate("location.pathname") == f"/inbox/{task.id}"
    assert task.id in {one.id for one in open_tasks(house)}


def test_with_scripts_off_everything_can_be_read_and_decided(house: House, browser: Browser) -> None:
    page = browser.page(scripts=False)
    page.send("Page.navigate", url=house.url + link_for(house.app, CONTROLLER))
    time.sleep(0.7)
    _submit(page, "form button.primary")
    task = next(one for one in open_tasks(house, person=CONTROLLER, verb="reject"))
    page.send("Page.navigate", url=f"{house.url}/inbox/{task.id}?tab=mine")
    time.sleep(0.8)
    _fill(page, "#reason", "No longer needed.")
    _submit(page, "button[value=reject]")
    with house.app.store.read() as conn:
        decided = house.app.workforce.task(conn, task.id)
    assert decided.decision is not None
    assert decided.decision.comment == "No longer needed."


def _node(page: Page, selector: str) -> int:
    root = page.send("DOM.getDocument")["root"]["nodeId"]
    found = page.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    assert found, selector
    return found


def _submit(page: Page, selector: str) -> None:
    """Focus and press Enter, as scripts cannot click here."""
    page.send("DOM.focus", nodeId=_node(page, selector))
    page.press("Enter")
    time.sleep(0.8)


def _fill(page: Page, selector: str, text: str) -> None:
    page.send("DOM.focus", nodeId=_node(page, selector))
    page.type(text)


def test_two_browsers_decide_and_the_second_sees_the_first(house: House, sign_in: SignIn) -> None:
    # ids: HO-01, C5
    task = next(
        one
        for one in open_tasks(house)
        if len({h.person_id for h in one.people}) > 1 and "reject" in one.protocol.verbs
    )
    names = sorted({holder.person_id for holder in task.people})[:2]
    with open_browser() as other:
        first, second = sign_in(names[0]), sign_in(names[1], within=other)
        for page in (first, second):
            page.go(f"{house.url}/inbox/{task.id}")
            page.evaluate(
                "document.getElementById('reason').value = 'Seen by ' + document.querySelector('.who strong').innerText"
            )
        first.click("button[value=reject]")
        first.until("location.pathname !== " + json.dumps(f"/inbox/{task.id}"))
        second.click("button[value=reject]")
        second.until("document.querySelector('h1')?.innerText === 'Somebody decided this first'")
        with house.app.store.read() as conn:
            decision = house.app.workforce.task(conn, task.id).decision
        assert decision is not None
        assert decision.person_id == names[0]
        assert decision.comment in second.text()


def test_the_list_follows_live_and_typed_words_stay(house: House, sign_in: SignIn) -> None:
    mine = [one for one in open_tasks(house) if "reject" in one.protocol.verbs]
    if len(mine) < 2:
        pytest.skip("the example leaves too few tasks")
    watched, gone = mine[0], mine[1]
    page = sign_in()
    page.go(f"{house.url}/inbox/{watched.id}?tab=all")
    page.until("document.documentElement.dataset.live === 'leader'")
    has_field = page.evaluate("Boolean(document.getElementById('reason'))")
    if has_field:
        page.evaluate("document.getElementById('reason').focus()")
        page.type("half a thought")
    decider = house.app.workforce.principal(gone.people[0].person_id)
    house.app.workforce.decide(
        decider, gone.id, verb="reject", payload_hash=gone.payload_hash, input={"comment": "Elsewhere."}
    )
    page.until(f"!document.querySelector('#inbox-list [data-key=\"{gone.id}\"]')", timeout=8)
    if has_field:
        assert page.evaluate("document.getElementById('reason').value") == "half a thought"
        assert page.evaluate("document.activeElement.id") == "reason"


def test_twenty_tabs_share_one_stream_and_all_hear(house: House, sign_in: SignIn) -> None:
    """Browsers allow six connections per host; a stream in every tab would hang the site."""
    first = sign_in()
    tabs = [first, *(first.browser.page() for _ in range(19))]
    for tab in tabs:
        tab.go(f"{house.url}/runs")
    leaders = sum(tab.evaluate("document.documentElement.dataset.live === 'leader'") for tab in tabs)
    assert leaders == 1
    task = open_tasks(house)[0]
    with house.app.store.unit() as unit:
        unit.journal(f"run:{task.run_id}", "run.noted", actor="system:test", payload={"note": "for the tabs"})
    for tab in tabs:
        tab.until("Number(document.documentElement.dataset.liveHeard ?? 0) > 0", timeout=20)
    answered = tabs[-1].evaluate("fetch('/settings').then(response => response.status)")
    assert answered == 200


def test_open_streams_do_not_hold_up_a_shutdown(app: object, house: House, browser: Browser) -> None:
    served = Served(house.app)
    page = browser.page()
    page.go(served.url + link_for(house.app, CONTROLLER))
    page.click("form button.primary")
    page.until("document.documentElement.dataset.live === 'leader'")
    time.sleep(0.5)
    assert served.stop() < 3.0
