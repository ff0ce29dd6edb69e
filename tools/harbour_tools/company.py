"""Harbour Tools itself, and everyone it buys from. Every name, number and account is made up."""

from __future__ import annotations

from tools.harbour_tools.abroad import ABROAD
from tools.harbour_tools.facts import Company
from tools.harbour_tools.home import HOME
from tools.harbour_tools.making import german

BUYER = Company(
    "0",
    "Harbour Tools GmbH",
    "DE123456788",
    "Hemelinger Kaje 7",
    "28309",
    "Bremen",
    "DE",
    "rechnungen@harbour-tools.example",
    "+49 421 5550 100",
)

SERVICES: tuple[Company, ...] = (
    german(
        "S2009",
        "Spedition Brakwater GmbH",
        "DE825018446",
        ("Containerring 60", "27568", "Bremerhaven"),
        "999500090000411809",
        domain="brakwater-spedition",
        terms_days=14,
        account="6740",
        cost_centre="2100",
    ),
    german(
        "S2010",
        "Unterweser Energieversorgung Ahntief GmbH",
        "DE827730162",
        ("Netzplatz 1", "28195", "Bremen"),
        "999500100000771010",
        domain="ahntief-energie",
        terms_days=14,
        account="6325",
        cost_centre="4100",
    ),
    german(
        "S2011",
        "Tidenhub Personal GmbH",
        "DE829104473",
        ("Contrescarpe 80", "28195", "Bremen"),
        "999500110000120055",
        domain="tidenhub-personal",
        terms_days=10,
        account="5900",
        cost_centre="4100",
    ),
    german(
        "S2012",
        "Priel Software GmbH",
        "DE831277054",
        ("Speicherhof 11", "28217", "Bremen"),
        "999500120000908031",
        domain="priel-software",
        language="en",
        account="6837",
        cost_centre="6100",
    ),
    german(
        "S2019",
        "Gebäudereinigung Blankwisch oHG",
        "DE833006618",
        ("Besengang 4", "28307", "Bremen"),
        "999500190000012277",
        domain="blankwisch",
        terms_days=14,
        account="6330",
        cost_centre="4100",
    ),
    german(
        "S2020",
        "Agentur Leuchtboje GmbH",
        "DE835561920",
        ("Schlachte 99", "28195", "Bremen"),
        "999500200000556120",
        domain="leuchtboje",
        account="6600",
        cost_centre="5100",
    ),
    german(
        "S2022",
        "Maschinendienst Krumhörn e.K.",
        "DE837709315",
        ("Deichstraße 17", "26736", "Krummhörn"),
        "999500220000093158",
        domain="md-krumhoern",
        account="6460",
        cost_centre="4100",
    ),
)

SUPPLIERS = {company.id: company for company in (*HOME, *ABROAD, *SERVICES)}

RATES = {
    "EUR": "1",
    "CHF": "1.05",
    "DKK": "0.134",
    "GBP": "1.17",
    "SEK": "0.088",
    "USD": "0.92",
    "PLN": "0.23",
    "NOK": "0.086",
}
