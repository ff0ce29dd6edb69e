"""Invoices for services that nobody ordered in writing."""

from __future__ import annotations

from tools.harbour_tools.facts import check_digits
from tools.harbour_tools.story import Teller


def tell_without_order(t: Teller) -> None:
    _freight_and_energy(t)
    _staff_and_software(t)
    _house_and_market(t)


def _freight_and_energy(t: Teller) -> None:
    t.service(
        "S2009",
        "B-261077",
        "10-19",
        "pdf-letter",
        "Freight without an order: the usual cost centre is proposed.",
        [
            ("Stückgut Bremen - Verona, 2 Paletten, 14.10.2026", "1", "C62", "412.00"),
            ("Dieselzuschlag", "1", "C62", "38.50"),
        ],
    )
    t.service(
        "S2009",
        "B-261162",
        "11-09",
        "pdf-letter",
        "Freight without an order.",
        [
            ("Teilladung Bremen - Sheffield, 4,2 t, 04.11.2026", "1", "C62", "1480.00"),
            ("Zollabfertigung Ausfuhr", "1", "C62", "85.00"),
        ],
    )
    t.service(
        "S2010",
        "4410077-10",
        "11-02",
        "facturx",
        "Energy of October, no order.",
        [
            ("Strom Werk Hemelingen, Arbeitspreis", "31240", "KWH", "0.1874"),
            ("Strom, Leistungspreis", "1", "MON", "940.00"),
        ],
        period="01.10.2026 - 31.10.2026",
    )


def _staff_and_software(t: Teller) -> None:
    t.service(
        "S2011",
        "TP-2026-1530",
        "10-26",
        "ubl",
        "Temporary staff, no order.",
        [("Zerspanungsmechaniker, KW 43", "76", "HUR", "38.90"), ("Nachtzuschlag 25 %", "16", "HUR", "9.73")],
    )
    t.service(
        "S2011",
        "TP-2026-1571",
        "11-09",
        "ubl",
        "Temporary staff, no order.",
        [("Zerspanungsmechaniker, KW 45", "80", "HUR", "38.90")],
    )
    t.service(
        "S2012",
        "PS-20261101",
        "11-01",
        "pdf-plain",
        "A software subscription, no order.",
        [("Drawing archive, 25 seats, November 2026", "25", "MON", "21.00"), ("Storage 500 GB", "1", "MON", "30.00")],
    )


def _house_and_market(t: Teller) -> None:
    t.service(
        "S2019",
        "2026-0388",
        "11-02",
        "pdf-letter",
        "Cleaning, no order.",
        [("Unterhaltsreinigung Oktober 2026, Halle 1 und Büro", "1", "MON", "1260.00")],
    )
    t.service(
        "S2020",
        "LB-0926",
        "11-05",
        "pdf-band",
        "Advertising, no order.",
        [("Gestaltung Katalog 2027, 1. Rate", "1", "C62", "3200.00")],
    )
    t.service(
        "S2022",
        "10092",
        "11-16",
        "pdf-letter",
        "A repair, no order, and another bank account than on file.",
        [("Instandsetzung Reibspindelpresse, Monteurstunden", "14", "HUR", "72.00"), ("Anfahrt", "1", "C62", "64.00")],
        labels=("bank_detail_change", "missing_po"),
        iban=check_digits("DE", "999588880000445566"),
    )
