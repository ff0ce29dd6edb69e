"""What GPUs cost to rent, and what that makes of a million tokens. ids: EC-10, EC-11, CA-14"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.shared_data import shared_data

from tiebeam.economics.hosting import (
    BrokenCatalog,
    Throughput,
    UnknownOffer,
    find_offer,
    list_offers,
    read_catalog,
    take_offers,
    usd_per_month,
    usd_per_mtok,
)
from tiebeam.errors import Invalid
from tiebeam.graph import Graph, load
from tiebeam.spec import Term


@pytest.fixture(scope="module")
def library() -> Graph:
    return load(None)


def test_two_dollars_an_hour_at_1000_tokens_a_second() -> None:
    # 1e6 x 2 / (3600 x 1000) = 0.5556; busy half of the time it is twice as much.
    assert round(usd_per_mtok(Decimal(2), Decimal(1000)), 4) == Decimal("0.5556")
    half = usd_per_mtok(Decimal(2), Decimal(1000), utilisation=Decimal("0.5"))
    assert round(half, 4) == Decimal("1.1111")


def test_a_month_has_730_hours() -> None:
    assert usd_per_month(Decimal("3.99")) == Decimal("2912.70")


@pytest.mark.parametrize(
    ("hour", "rate", "busy"), [("-1", "1", "1"), ("NaN", "1", "1"), ("1", "0", "1"), ("1", "1", "0"), ("1", "1", "1.1")]
)
def test_impossible_figures_are_refused(hour: str, rate: str, busy: str) -> None:
    with pytest.raises(Invalid):
        usd_per_mtok(Decimal(hour), Decimal(rate), utilisation=Decimal(busy))


money = st.decimals(min_value="0.01", max_value="100", places=4)


@given(hour=money, rate=money, more=money)
def test_more_throughput_or_a_lower_price_never_costs_more(hour: Decimal, rate: Decimal, more: Decimal) -> None:
    cost = usd_per_mtok(hour, rate)
    assert usd_per_mtok(hour, rate + more) <= cost <= usd_per_mtok(hour + more, rate)


def test_at_least_15_options_of_6_providers_spot_on_demand_and_reserved(library: Graph) -> None:
    offers = list_offers(library.gpus, library.accelerators)
    assert len(offers) >= 15
    assert len({one.provider for one in offers}) >= 6
    terms = {price.term for one in offers for price in one.prices}
    assert {Term.ON_DEMAND, Term.SPOT, Term.RESERVED} <= terms
    for price in (price for one in offers for price in one.prices):
        assert price.sources
        assert price.low_usd_per_gpu_hour <= price.latest_usd_per_gpu_hour <= price.high_usd_per_gpu_hour
        assert price.low_usd_per_gpu_month == price.low_usd_per_gpu_hour * 730


def test_the_gathered_facts_are_all_carried_over_with_source_and_date(library: Graph) -> None:
    lines = shared_data("economics", "gpu_offers.csv").read_text("utf-8").splitlines()
    facts = list(csv.DictReader(lines))
    ours = {
        (offer.provider, price.usd_per_gpu_hour, price.source, price.stated)
        for offer in library.gpus.values()
        for price in offer.price
    }
    theirs = {(row["provider"], Decimal(row["usd_per_gpu_hour"]), row["source"], row["source_date"]) for row in facts}
    assert theirs <= ours


def test_sources_that_differ_make_a_range(library: Graph) -> None:
    price = find_offer(library.gpus, library.accelerators, "nebius.h100-hgx").under(Term.ON_DEMAND)
    assert (price.low_usd_per_gpu_hour, price.high_usd_per_gpu_hour) == (Decimal("2.95"), Decimal("4.50"))
    assert price.latest_usd_per_gpu_hour == Decimal("4.50")
    assert len(price.sources) == 3


def test_offers_are_found_by_provider_gpu_and_term(library: Graph) -> None:
    found = list_offers(library.gpus, library.accelerators, provider="crusoe", accelerator="mi300x", term=Term.SPOT)
    assert [(one.id, [price.term for price in one.prices]) for one in found] == [
        ("crusoe.mi300x-oam-x8", [Term.SPOT]),
    ]
    with pytest.raises(UnknownOffer):
        find_offer(library.gpus, library.accelerators, "nobody.h100")
    with pytest.raises(UnknownOffer, match="spot"):
        find_offer(library.gpus, library.accelerators, "civo.h200").under(Term.SPOT)


GPUHUNT = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size"
SKYPILOT = "InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Price,SpotPrice,Region"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "offers.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_gpuhunt_file_gives_ranges_over_its_regions(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        GPUHUNT,
        "a,us,32,96,1000,8,H100,80,False,",
        "a,eu,40,96,1000,8,H100,80,False,",
        "b,us,1.5,12,100,1,H100,80,True,",
        "c,us,0.1,2,8,0,,,False,",
    )
    found = [(one.gpu, one.gpus_per_instance, one.term, one.low_usd_per_gpu_hour, one.high_usd_per_gpu_hour)
             for one in read_catalog(path)]  # fmt: skip
    assert found == [
        ("H100", 1, Term.SPOT, Decimal("1.5"), Decimal("1.5")),
        ("H100", 8, Term.ON_DEMAND, Decimal(4), Decimal(5)),
    ]


def test_a_skypilot_catalogue_gives_both_terms_and_becomes_records(library: Graph, tmp_path: Path) -> None:
    path = write(tmp_path, SKYPILOT, "x,96,1000,H100,8.0,info,32,16,us", "y,4,16,,,,1,,us", "z,4,16,ZX81,1,info,1,,us")
    throughput = Throughput(library.architectures, library.accelerators, library.measurements)
    taken = take_offers(
        read_catalog(path),
        throughput,
        workspace=tmp_path,
        file=path,
        provider="Cloud Nine",
        stated="2026-11-20",
        only=(),
        today=date(2026, 11, 21),
    )
    assert taken.unknown == ("ZX81",)
    (written,) = taken.written
    text = written.read_text(encoding="utf-8")
    assert written == tmp_path / "gpus/cloud-nine/h100-sxm-x8.toml"
    assert 'term = "on-demand"\nusd_per_gpu_hour = 4' in text
    assert 'term = "spot"\nusd_per_gpu_hour = 2' in text


@pytest.mark.parametrize(
    ("price", "count", "says"),
    [("NaN", "1", "no price"), ("-2", "1", "no price"), ("1e400", "1", "no price"), ("two", "1", "no price"),
     ("2", "many", "no number of GPUs")],
)  # fmt: skip
def test_a_bad_catalogue_names_the_line(tmp_path: Path, price: str, count: str, says: str) -> None:
    path = write(tmp_path, GPUHUNT, f"a,us,{price},96,1000,{count},H100,80,False,")
    with pytest.raises(BrokenCatalog, match=f"line 2.*{says}"):
        read_catalog(path)


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenCatalog, match="neither"):
        read_catalog(write(tmp_path, "a,b", "1,2"))
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(500_000_000)
    with pytest.raises(BrokenCatalog, match="500000000 bytes"):
        read_catalog(huge)
