"""Every month of a small study, worked out by hand to the cent."""

# ids: EC-13, EC-18, D3
from __future__ import annotations

from decimal import Decimal

import pytest
from tests.builders.studies import by_hand

from tiebeam.economics.ownership import StudyCase

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT)


def test_metered_tokens_cost_their_price_and_nothing_else_grows() -> None:
    """200 M read at $2 and 100 M written at $10 are $1,400 a month, and $500 once."""
    rows = by_hand().exactly()

    assert rows[0]["api_cash"] == 1900
    assert all(row["api_cash"] == 1400 for row in rows[1:])
    assert rows[-1]["api_total"] == 24 * 1400 + 500 == 34_100


def test_the_price_falls_by_the_year_and_the_users_grow_by_it() -> None:
    """In month 13 a year has gone by: 1,400 × 0.81, then × 1.1 users × 1.2 requests."""
    fallen = by_hand(api_price_decline_per_year="0.19").exactly()
    grown = by_hand(user_growth_per_year="0.1", usage_growth_per_year="0.2").exactly()

    assert cents(fallen[12]["api_tokens"]) == Decimal("1134.00")
    assert cents(grown[12]["api_tokens"]) == Decimal("1848.00")


def test_a_month_is_discounted_from_its_beginning() -> None:
    rows = by_hand(discount_rate_per_year="0.21").exactly()

    assert rows[0]["discount"] == 1
    assert rows[12]["discount"] == 1 / Decimal("1.21")
    assert rows[1]["api_value"] - rows[0]["api_value"] == 1400 * rows[1]["discount"]


def test_cached_tokens_and_contracts_lower_the_bill() -> None:
    """Half of 200 M at $1 instead of $2, and a tenth off: (300 + 1,000) × 0.9."""
    rows = by_hand(cached_share="0.5", api_discount_share="0.1").exactly()

    assert rows[1]["api_cash"] == 1170


def test_rent_is_paid_for_whole_nodes_day_and_night() -> None:
    """100 M over 10 × 2,628,000 s × 0.5 = 13.14 M a node are 8 nodes; each is 2 × 730 dollars a month."""
    rows = by_hand(rented_platform_cost_per_month=50, rented_least_fte="0.25", rented_setup_cost=900).exactly()

    assert {row["rented_nodes"] for row in rows} == {8}
    assert rows[0]["rented_cash"] == 8 * 1460 + 50 + 2500 + 900
    assert rows[1]["rented_cash"] == 8 * 1460 + 50 + 2500


def test_capacity_that_counts_both_ways_needs_more_of_it() -> None:
    """300 M instead of 100 M over 13.14 M: 23 nodes."""
    assert by_hand(rented_counts_input=1).exactly()[0]["rented_nodes"] == 23


def test_own_servers_cost_what_they_are_bought_kept_and_sold_for() -> None:
    """Two for 1.9, and one spare. In month 1: 3 × 10,000, 3 × (1,000 + 500), 1,000 once. Every month: 3 × 1,200 / 12
    of maintenance, 3 × 2 kW × 0.5 × 1.5 × 730 h × $0.20, 3 × 100 of space, 1.5 people of 10,000. At the end the servers
    of 30,000 bring 0.81² of it.
    """
    rows = by_hand().exactly()
    monthly = 300 + Decimal("657") + 300 + 15_000

    assert rows[0]["own_nodes"] == 3
    assert rows[0]["own_fte"] == Decimal("1.5")
    assert rows[0]["own_power"] == 657
    assert rows[0]["own_cash"] == 34_500 + 1000 + monthly
    assert rows[1]["own_cash"] == monthly
    assert cents(rows[-1]["own_resale"]) == Decimal("-19683.00")
    assert cents(rows[-1]["own_total"]) == 34_500 + 1000 + 24 * monthly - 19_683 == Decimal("405985.00")


def test_a_server_is_replaced_when_its_time_is_over() -> None:
    """After 12 months three are bought again and the old ones sold at 0.81; so are the new ones at the end."""
    rows = by_hand(refresh_months=12).exactly()

    assert [row["own_bought"] for row in rows] == [3, *[0] * 11, 3, *[0] * 11]
    assert cents(rows[12]["own_resale"]) == Decimal("-24300.00")
    assert cents(rows[-1]["own_resale"]) == Decimal("-24300.00")
    assert cents(rows[-1]["own_total"]) == 405_985 + 19_683 + 34_500 - 2 * 24_300


def test_servers_get_cheaper_and_power_dearer_by_the_year() -> None:
    rows = by_hand(refresh_months=12, server_price_decline_per_year="0.2", power_price_growth_per_year="0.1").exactly()

    assert cents(rows[12]["own_servers"]) == Decimal("24000.00")
    assert cents(rows[12]["own_power"]) == Decimal("722.70")


def test_no_server_is_sold_because_there_is_less_to_do() -> None:
    rows = by_hand(user_growth_per_year="-0.5").exactly()

    assert rows[-1]["own_needed"] == 2
    assert rows[-1]["own_nodes"] == 3
    assert rows[-1]["rented_nodes"] == 3, "rented ones are given back"


@pytest.mark.parametrize(
    ("name", "one", "ten"),
    [("rented_nodes", 8, 77), ("own_nodes", 3, 21), ("own_fte", Decimal("1.5"), Decimal("10.5"))],
)
def test_ten_times_the_volume_moves_whole_nodes_and_people_not_ten_times(name: str, one: Decimal, ten: Decimal) -> None:
    """1,000 M over 13.14 M are 77 nodes; over 52.56 M they are 20 servers and the spare one."""
    case = by_hand()

    assert case.exactly()[0][name] == one
    assert case.exactly(volume_factor=Decimal(10))[0][name] == ten


def test_metered_tokens_do_move_ten_times() -> None:
    case: StudyCase = by_hand(api_setup_cost=0)

    assert case.exactly(volume_factor=Decimal(10))[-1]["api_total"] == 10 * case.exactly()[-1]["api_total"]


def test_a_load_that_fills_a_node_exactly_needs_no_other() -> None:
    """13.14 M a month, by whatever arithmetic."""
    case = by_hand(output_tokens_per_request="65.7")

    assert case.exactly()[0]["rented_nodes"] == 1
    assert case.exactly(volume_factor=Decimal("1.001"))[0]["rented_nodes"] == 2
