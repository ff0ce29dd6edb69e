"""Pricing models and dedicated capacity at the command line."""

# ids: EC-26, EC-29, EC-30
from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.faces.terminal import Terminal

CAPACITY = ("--tokens", "5000000000", "--usd-per-hour", "10", "--tokens-per-minute", "100000")


@pytest.fixture
def tiebeam(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    shutil.copytree(example, tmp_path / "ws")
    monkeypatch.chdir(tmp_path / "ws")
    return Terminal(capsys)


def test_the_examples_product_is_sold_by_seats_agent_seats_and_consumption(tiebeam: Terminal) -> None:
    said = tiebeam("pricing", "design", "dealer-portal", "--json")
    assert said.code == 0
    found = said.json
    # 85 dealers: 6 seats at 39, 2 agent seats at 12, 9,000 operations of which 8,000 at 0.012.
    assert [Decimal(one["revenue"]) for one in found["streams"]] == [19_890, 2_040, 8_160]
    # 9,000 of 1,080 + 3,000 + 9,000.
    assert Decimal(found["headless_share_of_operations"]) == pytest.approx(Decimal(9000) / 13080, abs=Decimal("1e-6"))
    assert [one["code"] for one in found["warnings"]] == ["headless_by_count_seats_by_revenue"]
    assert all(one["agrees"] for one in found["use_cases"])
    assert all(one["source"] and one["owner"] and one["checked"] for one in found["figures"])
    assert (found["curve"][0]["headless_share"], found["curve"][-1]["headless_share"]) == ("0", "1")
    assert tiebeam("pricing", "design", "dealer-portal").code == 0


@pytest.mark.parametrize(("share", "code"), [("0", "no_headless"), ("1", "only_headless")])
def test_either_end_of_headless_asks_for_attention(tiebeam: Terminal, share: str, code: str) -> None:
    said = tiebeam("pricing", "design", "dealer-portal", "--headless-share", share, "--json")
    assert said.code == 1
    assert code in {one["code"] for one in said.json["warnings"]}


def test_figures_are_set_for_a_question_and_nothing_on_file(tiebeam: Terminal) -> None:
    asked = ("pricing", "design", "dealer-portal", "--json")
    usual = tiebeam(*asked).json
    changed = tiebeam(*asked, "--set", "customers=170", "--set", "seat_price_1=40").json
    assert Decimal(changed["streams"][0]["revenue"]) == 170 * 6 * 40
    assert tiebeam(*asked).json == usual


def test_the_list_names_what_there_is(tiebeam: Terminal) -> None:
    (only,) = tiebeam("pricing", "list", "--json").json
    assert (only["model"], only["problem"]) == ("dealer-portal", None)
    assert "dealer-portal" in tiebeam("pricing", "list").out


def test_a_product_that_cannot_be_priced_says_why_in_its_row(tiebeam: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "ws" / "pricing" / "dealer-portal.toml"
    file.write_text(file.read_text("utf-8").replace('"gpt-5-nano"', '"nobody-knows-it"'), encoding="utf-8")
    assert tiebeam("apply").code == 0
    (only,) = tiebeam("pricing", "list", "--json").json
    assert (only["month"], only["problem"]["code"]) == (None, "unknown_price")
    assert "nobody-knows-it" in tiebeam("pricing", "list").out


def test_a_check_warns_of_what_is_sold_only_one_way_and_of_use_cases_that_disagree(
    tiebeam: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "ws" / "pricing" / "dealer-portal.toml"
    text = file.read_text("utf-8")
    assert not {"EC-29", "EC-30"} & {word.rstrip(":") for word in tiebeam("check").out.split()}
    text = text.replace("headless_operations = { value = 9000, low = 5000, high = 20000 }", "headless_operations = 0")
    file.write_text(
        text.replace("keeps_state = true\nown_identity = true", "keeps_state = false\nown_identity = false")
    )
    said = tiebeam("check").out
    assert "EC-29" in said
    assert "'standing-orders' comes on demand and is charged by agent seat" in said
    file.write_text(text.replace("price = 12 }", "price = 40 }"))
    assert "an agent seat of 'dealer-portal' costs 40, a person's 39" in tiebeam("check").out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("nothing",), "dealer-portal"),
        (("dealer-portal", "--set", "nonsense=1"), "nonsense"),
        (("dealer-portal", "--set", "customers=-1"), "customers"),
        (("dealer-portal", "--set", "customers=1e16"), "customers"),
        (("dealer-portal", "--set", "customers"), "NAME=VALUE"),
        (("dealer-portal", "--headless-share", "2"), "headless_share"),
        (("dealer-portal", "--headless-share", "half"), "headless_share"),
        (("dealer-portal", "--draws", "3"), "draws"),
    ],
)
def test_what_cannot_be_answered_names_the_field(tiebeam: Terminal, options: tuple[str, ...], named: str) -> None:
    said = tiebeam("pricing", "design", *options)
    assert said.code in {1, 2}
    assert named in said.err
    assert "internal error" not in said.err


def test_spreadsheets_have_live_formulas(tiebeam: Terminal, tmp_path: Path) -> None:
    assert tiebeam("pricing", "design", "dealer-portal", "--xlsx", tmp_path / "a.xlsx").code == 0
    assert tiebeam("capacity", *CAPACITY, "--metered", "5", "--xlsx", tmp_path / "b.xlsx").code == 0
    for name in ("a", "b"):
        book = load_workbook(tmp_path / f"{name}.xlsx")
        assert str(book["Results"]["E5"].value).startswith("=")


def test_capacity_is_compared_with_a_metered_price_or_a_models(tiebeam: Terminal) -> None:
    found = tiebeam("capacity", *CAPACITY, "--metered", "5", "--months", "1", "--json").json
    # One unit 7,300, 0.62e9 tokens over at 5 a million 3,100; all metered 25,000.
    assert (found["verdict"], found["units"], Decimal(found["dedicated_usd"])) == ("dedicated", 1, 10_400)
    assert (Decimal(found["metered_usd"]), Decimal(found["overflow_usd"])) == (25_000, 3_100)
    model = tiebeam("capacity", *CAPACITY, "--model", "gpt-5-nano", "--provider", "openai", "--json").json
    # (0.05 x 3 + 0.40) / 4.
    assert Decimal(model["metered_price"]["usd_per_mtok"]) == Decimal("0.1375")
    assert "not_frontier" in {one["code"] for one in model["warnings"]}
    assert tiebeam("capacity", *CAPACITY, "--metered", "5").code == 0


def test_capacity_of_a_price_record_is_found_by_its_commitment(tiebeam: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "ws" / "prices"
    folder.mkdir(exist_ok=True)
    (folder / "ptu.toml").write_text(
        'provider = "openai"\nmodel = "gpt-5-nano"\n'
        "[[capacity]]\nusd_per_hour = 10\ntokens_per_minute = 100000\ncommitment_months = 12\n"
        'since = 2026-01-01\nsource = "contract 5"\nchecked = 2026-11-01\n'
        "[meta]\nsince = 2026-01-01\nreviewed = 2026-11-01\n",
        encoding="utf-8",
    )
    assert tiebeam("apply").code == 0
    found = tiebeam("capacity", "--price", "ptu", "--tokens", "5000000000", "--json").json
    assert (found["capacity"]["commitment_months"], found["capacity"]["source"]) == (12, "contract 5")
    assert "offers no capacity" in tiebeam("capacity", "--price", "ptu", "--tokens", "1", "--commitment", "1").err
    assert "ptu" in tiebeam("capacity", "--price", "other", "--tokens", "1").err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--metered", "-1"), "metered"),
        (("--metered", "NaN"), "metered"),
        ((), "name a model"),
        (("--model", "gpt-latest"), "alias"),
        (("--metered", "5", "--units", "1.5"), "units is a whole number"),
        (("--metered", "5", "--months", "100"), "months"),
        (("--metered", "5", "--price", "x"), "no price record"),
    ],
)
def test_capacity_that_cannot_be_answered_names_the_field(
    tiebeam: Terminal, options: tuple[str, ...], named: str
) -> None:
    said = tiebeam("capacity", *CAPACITY, *options)
    assert said.code == 1
    assert named in said.err
