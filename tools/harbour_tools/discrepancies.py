"""Invoices that do not agree with what was ordered, received or agreed."""

from __future__ import annotations

from decimal import Decimal

from tools.harbour_tools.company import SUPPLIERS
from tools.harbour_tools.facts import Line, check_digits
from tools.harbour_tools.story import Teller


def tell_discrepancies(t: Teller) -> None:
    _prices(t)
    _quantities(t)
    _taxes(t)
    _parties(t)
    _accounts(t)
    _several_at_once(t)


def _prices(t: Teller) -> None:
    forged = t.order("S2002", "10-12", ("SK-HM-500", 400), ("SK-ZG-180", 500))
    t.receive(forged, "10-29")
    t.bill(
        forged, "R26-3502", "10-30", "cii", "One price is 7.6 % above the order.", "price_variance", price={"1": "4.25"}
    )
    bars = t.order("S2021", "10-13", ("AV-CV-25", 6000))
    t.receive(bars, "11-05")
    t.bill(
        bars,
        "2026/E/2011",
        "11-06",
        "fatturapa",
        "Only 1.9 % above the order, but 240 EUR on the line.",
        "price_variance",
        price={"1": "2.16"},
        arrives_after=2,
    )
    oil = t.order("S2015", "10-20", ("VG-HO-208", 4))
    t.receive(oil, "11-04")
    t.bill(
        oil,
        "VF26-4519",
        "11-05",
        "pdf-plain",
        "An old price list: 6 % above the order.",
        "price_variance",
        price={"1": "648.70"},
    )


def _quantities(t: Teller) -> None:
    handles = t.order("S2004", "10-13", ("HA-ES-320", 800))
    t.receive(handles, "10-30", l1=640)
    t.bill(handles, "HA-261031", "11-02", "pdf-letter", "800 invoiced, 640 received.", "quantity_variance")
    labels = t.order("S2017", "10-21", ("EO-BLIST", 20))
    t.receive(labels, "11-05")
    t.bill(
        labels,
        "E-2026-1288",
        "11-06",
        "ubl",
        "22 invoiced, 20 ordered and received.",
        "quantity_variance",
        only={"1": 22},
    )
    pallets = t.order("S2013", "10-22", ("NE-PAL-EX", 120))
    t.receive(pallets, "11-06", l1=100)
    t.bill(pallets, "110602", "11-09", "ubl", "120 invoiced, 100 received.", "quantity_variance")
    grips = t.order("S2008", "10-27", ("KD-2K-SD1", 5000))
    t.bill(grips, "26-0871", "11-11", "cii", "Invoiced before anything arrived.", "missing_receipt")
    discs = t.order("S2014", "10-28", ("TA-FD-115", 300))
    t.bill(discs, "INV-21077", "11-12", "pdf-plain", "No receipt yet: still at customs.", "missing_receipt")


def _taxes(t: Teller) -> None:
    boxes = t.order("S2005", "10-21", ("KW-FK-6B", 900))
    t.receive(boxes, "11-05")
    t.bill(
        boxes,
        "RG-88231",
        "11-09",
        "facturx",
        "The tax is 27.00 EUR too high.",
        "tax_mismatch",
        tax_error=Decimal("27.00"),
    )
    labels = t.order("S2017", "10-26", ("EO-60X40", 25))
    t.receive(labels, "11-09")
    reduced = tuple(
        Line(
            line.sku,
            SUPPLIERS["S2017"].item(line.sku or "").name,
            line.quantity,
            line.unit,
            line.price,
            Decimal(7),
            "1",
        )
        for line in labels.lines
    )
    t.bill(labels, "E-2026-1304", "11-10", "ubl", "7 % tax on goods ordered at 19 %.", "tax_mismatch", lines=reduced)


def _parties(t: Teller) -> None:
    wood = t.order("S2004", "10-22", ("HA-BU-110", 1500))
    t.receive(wood, "11-06")
    t.bill(
        wood,
        "GT-5633",
        "11-10",
        "cii",
        "An order of another supplier is named.",
        "wrong_supplier",
        supplier=SUPPLIERS["S2016"],
    )
    gauges = t.order("S2018", "10-23", ("MZ-MS-150", 6))
    t.receive(gauges, "11-10")
    t.bill(
        gauges,
        "Z-602290",
        "11-11",
        "pdf-band",
        "Ordered in francs, invoiced in euros.",
        "currency_mismatch",
        currency="EUR",
    )
    steel = t.order("S2001", "10-19", ("RS-C60-F30", 700))
    t.receive(steel, "11-05")
    t.bill(
        steel,
        "2026-10702",
        "11-06",
        "ubl",
        "Names an order that does not exist.",
        "missing_po",
        reference="HTB-2025-9917",
    )


def _accounts(t: Teller) -> None:
    steel = t.order("S2001", "10-20", ("RS-C45-R20", 900), ("RS-ZUSCHN", 60))
    t.receive(steel, "11-09")
    t.bill(
        steel,
        "2026-10731",
        "11-10",
        "ubl",
        "All as ordered, but another bank account than on file.",
        "bank_detail_change",
        iban=check_digits("DE", "999577770000998811"),
    )
    wheels = t.order("S2007", "10-26", ("OM-PV-5L", 14))
    t.receive(wheels, "11-12")
    t.bill(
        wheels,
        "F2026-1088",
        "11-13",
        "pdf-band",
        "All as ordered, but an account in another country.",
        "bank_detail_change",
        iban=check_digits("LT", "9999900000112233"),
    )


def _several_at_once(t: Teller) -> None:
    forged = t.order("S2002", "10-22", ("SK-HM-500", 500), ("SK-HM-1000", 300))
    t.receive(forged, "11-11", l1=500, l2=260)
    t.bill(
        forged,
        "R26-3588",
        "11-12",
        "cii",
        "A higher price on one line, more than received on the other.",
        "price_variance",
        "quantity_variance",
        price={"1": "4.40"},
    )
    boxes = t.order("S2005", "10-28", ("KW-FK-2B", 2500))
    t.receive(boxes, "11-11", l1=2300)
    t.bill(
        boxes,
        "RG-88290",
        "11-13",
        "facturx",
        "More than received, and the tax does not add up.",
        "quantity_variance",
        "tax_mismatch",
        tax_error=Decimal("14.25"),
    )
    discs = t.order("S2014", "10-23", ("TA-GW-200", 80))
    t.receive(discs, "11-12")
    t.bill(
        discs,
        "INV-21102",
        "11-13",
        "pdf-plain",
        "A higher price and another bank account.",
        "price_variance",
        "bank_detail_change",
        price={"1": "13.10"},
        iban=check_digits("GB", "QXZA99990077112233"),
    )
