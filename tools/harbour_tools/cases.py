"""The cases of the inbox, one after the other."""

from __future__ import annotations

from tools.harbour_tools.discrepancies import tell_discrepancies
from tools.harbour_tools.facts import Story
from tools.harbour_tools.story import Teller
from tools.harbour_tools.without_order import tell_without_order


def tell() -> Story:
    teller = Teller()
    _clean(teller)
    _foreign(teller)
    _tolerated(teller)
    _partial(teller)
    _noisy(teller)
    tell_discrepancies(teller)
    tell_without_order(teller)
    _credits(teller)
    _unreadable(teller)
    _open_orders(teller)
    return teller.story


def _clean(t: Teller) -> None:
    steel = t.order("S2001", "09-14", ("RS-C45-R20", 4200), ("RS-C60-F30", 1500), ("RS-ZUSCHN", 240))
    t.receive(steel, "10-02")
    t.bill(steel, "2026-10417", "10-05", "ubl", "Exactly as ordered and received; above the automatic limit.")
    forged = t.order("S2002", "09-16", ("SK-HM-500", 600), ("SK-HM-1000", 250))
    t.receive(forged, "10-05")
    first = t.bill(forged, "R26-3308", "10-06", "cii", "Exactly as ordered and received.")
    t.again(first, "R26-3308", "11-03", "cii", "The same number a second time, four weeks later.")
    handles = t.order("S2004", "09-21", ("HA-ES-320", 1200), ("HA-BU-110", 900))
    t.receive(handles, "10-07")
    wood = t.bill(handles, "HA-260912", "10-08", "pdf-letter", "A printed PDF, exactly as ordered and received.")
    t.again(wood, "ha 260912/", "11-10", "pdf-letter", "The same number in another spelling.")
    boxes = t.order("S2005", "09-22", ("KW-FK-2B", 3000), ("KW-FK-6B", 800), ("KW-EINL", 3000))
    t.receive(boxes, "10-09")
    packed = t.bill(boxes, "RG-88120", "10-12", "facturx", "A PDF with the invoice inside as XML.")
    t.again(packed, "RG-88207", "11-06", "facturx", "The same content issued again under a new number.")
    grips = t.order("S2008", "09-24", ("KD-2K-SD1", 4000), ("KD-2K-SD3", 2500))
    t.receive(grips, "10-08")
    t.bill(grips, "26-0771", "10-09", "cii", "Exactly as ordered and received.")
    plating = t.order("S2016", "10-01", ("GT-CR", 310), ("GT-PH", 420))
    t.receive(plating, "10-13")
    t.bill(plating, "GT-5520", "10-14", "cii", "Plating work, exactly as ordered.")
    labels = t.order("S2017", "10-02", ("EO-60X40", 40), ("EO-BLIST", 12))
    t.receive(labels, "10-14")
    t.bill(labels, "E-2026-1190", "10-15", "ubl", "Exactly as ordered and received.")
    more_steel = t.order("S2001", "10-12", ("RS-51CRV4", 1800))
    t.receive(more_steel, "10-29")
    t.bill(more_steel, "2026-10588", "10-30", "facturx", "Exactly as ordered and received; just above the limit.")
    stiele = t.order("S2004", "10-15", ("HA-ES-800", 220))
    t.receive(stiele, "11-02")
    t.bill(stiele, "HA-261044", "11-03", "pdf-letter", "A printed PDF, exactly as ordered and received.")


def _foreign(t: Teller) -> None:
    rivets = t.order("S2006", "09-15", ("FB-RV-4X12", 60), ("FB-PN-5X24", 25))
    t.receive(rivets, "10-06")
    t.bill(rivets, "412/FE", "10-07", "fatturapa", "An Italian electronic invoice.", arrives_after=2)
    bars = t.order("S2021", "09-18", ("AV-CV-25", 5200), ("AV-CV-13", 2600))
    t.receive(bars, "10-12")
    t.bill(bars, "2026/E/1877", "10-13", "fatturapa", "An Italian electronic invoice above the limit.", arrives_after=2)
    wheels = t.order("S2007", "09-25", ("OM-MB-125", 60), ("OM-BA-50", 400))
    t.receive(wheels, "10-12")
    t.bill(wheels, "F2026-0931", "10-13", "pdf-band", "A French PDF.")
    steel = t.order("S2003", "09-10", ("VL-HSS-12", 260), ("VL-HSS-16", 140))
    t.receive(steel, "10-15")
    t.bill(steel, "88214", "10-16", "ubl", "In Swedish kronor; compared with the limit at the house rate.")
    pallets = t.order("S2013", "10-05", ("NE-PAL-EX", 80), ("NE-STR-15", 10))
    t.receive(pallets, "10-19")
    t.bill(pallets, "110447", "10-20", "ubl", "In Danish kroner.")
    discs = t.order("S2014", "09-30", ("TA-FD-115", 500), ("TA-GW-200", 60))
    t.receive(discs, "10-21")
    t.bill(discs, "INV-20944", "10-22", "pdf-plain", "An English PDF in pounds.")
    oil = t.order("S2015", "10-06", ("VG-KS-20", 18), ("VG-HO-208", 3))
    t.receive(oil, "10-20")
    t.bill(oil, "VF26-4410", "10-21", "pdf-plain", "A Dutch PDF.")
    gauges = t.order("S2018", "10-08", ("MZ-MS-150", 12), ("MZ-HP-63", 2))
    t.receive(gauges, "10-26")
    t.bill(gauges, "Z-602218", "10-27", "pdf-band", "A Swiss PDF in francs.")


def _tolerated(t: Teller) -> None:
    forged = t.order("S2002", "10-05", ("SK-ZG-180", 900))
    t.receive(forged, "10-22")
    t.bill(
        forged, "R26-3471", "10-23", "cii", "The price is 1.4 % above the order: within tolerance.", price={"1": "2.18"}
    )
    boxes = t.order("S2005", "10-09", ("KW-FK-2B", 2000))
    t.receive(boxes, "10-23")
    t.bill(boxes, "RG-88164", "10-26", "facturx", "Cheaper than ordered.", price={"1": "0.59"})


def _partial(t: Teller) -> None:
    grips = t.order("S2008", "10-07", ("KD-TH-160", 2400), ("KD-2K-SD3", 1500))
    t.receive(grips, "10-21", l1=1400)
    t.bill(grips, "26-0802", "10-22", "cii", "A first delivery, invoiced as delivered.", only={"1": 1400})
    t.receive(grips, "11-04", l1=1000, l2=1500)
    t.bill(grips, "26-0849", "11-05", "cii", "The rest of the order.", only={"1": 1000, "2": 1500})
    wheels = t.order("S2007", "10-12", ("OM-BA-50", 600))
    t.receive(wheels, "10-28", l1=350)
    t.receive(wheels, "11-04", l1=250)
    t.bill(wheels, "F2026-1012", "11-05", "facturx", "Two deliveries on one invoice.")


def _noisy(t: Teller) -> None:
    labels = t.order("S2017", "10-14", ("EO-60X40", 60))
    t.receive(labels, "10-28")
    t.bill(
        labels,
        "E-2026-1243",
        "10-29",
        "ubl",
        "The order number in another spelling.",
        reference=f"Best. {labels.id.replace('-', ' ').lower()}",
    )
    plating = t.order("S2016", "10-16", ("GT-CR", 280))
    t.receive(plating, "10-29")
    t.bill(
        plating,
        "GT-5591",
        "10-30",
        "cii",
        "The order number with words and a date around it.",
        reference=f"Ihre Bestellung {plating.id} vom 16.10.2026",
    )
    oil = t.order("S2015", "10-19", ("VG-KS-20", 24))
    t.receive(oil, "11-02")
    t.bill(
        oil,
        "VF26-4502",
        "11-03",
        "pdf-plain",
        "The order number without its hyphens.",
        reference=oil.id.replace("-", ""),
    )


def _open_orders(t: Teller) -> None:
    """Orders whose invoices have not come yet, as in every company."""
    t.order("S2001", "11-10", ("RS-C45-R20", 3000), ("RS-51CRV4", 900))
    t.receive(t.order("S2008", "11-06", ("KD-2K-SD3", 3000)), "11-19")
    t.order("S2003", "11-09", ("VL-HSS-12", 300))
    t.receive(t.order("S2005", "11-09", ("KW-FK-6B", 1200), ("KW-EINL", 4000)), "11-18", l1=1200)


def _credits(t: Teller) -> None:
    blister = t.order("S2017", "10-12", ("EO-BLIST", 30))
    t.receive(blister, "10-26")
    t.bill(blister, "E-2026-1236", "10-27", "ubl", "Exactly as ordered and received.")
    t.bill(
        blister,
        "EG-2026-0061",
        "11-12",
        "ubl",
        "A credit note for five misprinted thousands: set off against the invoice it names.",
        only={"1": 5},
        is_credit=True,
        preceding="E-2026-1236",
    )
    handles = t.order("S2004", "10-12", ("HA-BU-110", 1000))
    t.receive(handles, "10-27")
    t.bill(handles, "HA-261020", "10-28", "pdf-letter", "A printed PDF, exactly as ordered and received.")
    t.bill(
        handles,
        "HA-G-26017",
        "11-16",
        "pdf-letter",
        "A printed credit note that does not say to which invoice it belongs.",
        is_credit=True,
        decision="hold",
    )


def _unreadable(t: Teller) -> None:
    rivets = t.order("S2006", "10-19", ("FB-ML-06", 3000))
    t.receive(rivets, "11-06")
    t.bill(
        rivets,
        "455/FE",
        "11-09",
        "scan",
        "A scan without text: nothing to read, so a person types it in.",
        decision="unreadable",
    )
    plating = t.order("S2016", "10-30", ("GT-PH", 510))
    t.receive(plating, "11-12")
    t.bill(plating, "GT-5660", "11-13", "broken", "The file breaks off in the middle.", decision="unreadable")
