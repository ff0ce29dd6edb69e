"""Who Harbour Tools buys from. Every name, number and account is made up; telephone numbers are reserved for fiction."""

from __future__ import annotations

from decimal import Decimal

from tools.harbour_tools.facts import Company, Item, check_digits

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

_ZERO = Decimal(0)


def _items(*rows: tuple[str, str, str, str, str | None], rate: Decimal = Decimal(19)) -> tuple[Item, ...]:
    return tuple(Item(sku, name, unit, Decimal(price), rate, other) for sku, name, unit, price, other in rows)


def _german(id: str, name: str, vat: str, place: tuple[str, str, str], bank: str, **rest: object) -> Company:
    domain = str(rest.pop("domain"))
    return Company(
        id, name, vat, *place, "DE", f"buchhaltung@{domain}.example", f"+49 40 66969 {id[-3:]}",
        iban=check_digits("DE", bank), **rest,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


GOODS: tuple[Company, ...] = (
    _german("S2001", "Stahlhandel Rodenbeck GmbH", "DE811204417", ("Am Schlackehafen 3", "27572", "Bremerhaven"),
        "999500010000417201", domain="rodenbeck-stahl", account="5400", cost_centre="4100",
        items=_items(
            ("RS-C45-R20", "Rundstahl C45 +N, 20 mm, Stange 6 m", "KGM", "1.42", "Rundstahl C45 20 mm"),
            ("RS-C60-F30", "Flachstahl C60, 30 x 8 mm", "KGM", "1.58", "Flachstahl C60 30x8"),
            ("RS-51CRV4", "Federstahl 51CrV4, vergütet, 16 mm", "KGM", "2.36", "Federstahl 51CrV4"),
            ("RS-ZUSCHN", "Sägezuschnitt auf Länge", "H87", "0.85", None),
        )),
    _german("S2002", "Schmiede Kottwitz KG", "DE813377209", ("Hammerweg 21", "58553", "Halver"),
        "999500020000882014", domain="schmiede-kottwitz", account="5400", cost_centre="4100", terms_days=14,
        items=_items(
            ("SK-HM-500", "Hammerkopf-Rohling 500 g, gesenkgeschmiedet", "H87", "3.95", "Hammerkopf roh 500 g"),
            ("SK-HM-1000", "Hammerkopf-Rohling 1000 g, gesenkgeschmiedet", "H87", "5.60", "Hammerkopf roh 1000 g"),
            ("SK-ZG-180", "Zangenschenkel-Rohling 180 mm", "H87", "2.15", "Zangenschenkel roh 180"),
        )),
    _german("S2004", "Holzgriffe Achternbusch GmbH & Co. KG", "DE815590331", ("Eschenallee 44", "37627", "Stadtoldendorf"),
        "999500040001190325", domain="achternbusch-griffe", account="5400", cost_centre="4100",
        items=_items(
            ("HA-ES-320", "Hammerstiel Esche 320 mm, lackiert", "H87", "1.74", "Stiel Esche 320"),
            ("HA-ES-800", "Vorschlaghammerstiel Esche 800 mm", "H87", "4.20", "Stiel Esche 800"),
            ("HA-BU-110", "Feilenheft Buche 110 mm", "H87", "0.68", "Feilenheft Buche"),
        )),
    _german("S2005", "Kartonage Weserbogen GmbH", "DE817003942", ("Papiermühle 9", "37688", "Beverungen"),
        "999500050000230077", domain="kartonage-weserbogen", account="5400", cost_centre="4100",
        items=_items(
            ("KW-FK-2B", "Faltkarton 300 x 200 x 120 mm, 2-wellig", "H87", "0.62", "Versandkarton klein"),
            ("KW-FK-6B", "Faltkarton 600 x 400 x 300 mm, 2-wellig", "H87", "1.48", "Versandkarton groß"),
            ("KW-EINL", "Wellpappeinlage, gestanzt", "H87", "0.11", "Stanzeinlage"),
        )),
    _german("S2008", "Kunststofftechnik Dollerup GmbH", "DE819441760", ("Spritzgussring 5", "24989", "Dollerup"),
        "999500080000667412", domain="dollerup-kunststoff", account="5400", cost_centre="4100",
        items=_items(
            ("KD-2K-SD1", "2K-Griff Schraubendreher Gr. 1, rot/schwarz", "H87", "0.54", "Griff SD Gr. 1"),
            ("KD-2K-SD3", "2K-Griff Schraubendreher Gr. 3, rot/schwarz", "H87", "0.79", "Griff SD Gr. 3"),
            ("KD-TH-160", "Tauchisolierung Zangengriff 160 mm, Paar", "PR", "0.93", "Zangengriffhülle"),
        )),
    _german("S2016", "Galvanik Tessmerbruch GmbH", "DE821160587", ("Zinkstraße 12", "28197", "Bremen"),
        "999500160000050911", domain="galvanik-tessmerbruch", account="5900", cost_centre="4100", terms_days=21,
        items=_items(
            ("GT-CR", "Verchromen Schraubenschlüssel, matt", "KGM", "4.85", "Verchromen Schlüssel"),
            ("GT-PH", "Phosphatieren Hammerköpfe", "KGM", "1.95", "Phosphatieren"),
        )),
    _german("S2017", "Etikettenwerk Oldenpriel GmbH", "DE823390014", ("Rollenweg 2", "26919", "Brake"),
        "999500170000330046", domain="oldenpriel-etiketten", account="5400", cost_centre="2100", terms_days=14,
        items=_items(
            ("EO-60X40", "Etikett 60 x 40 mm, 4-farbig, Rolle zu 1.000", "RO", "18.40", "Etikett 60x40"),
            ("EO-BLIST", "Blisterkarte SB-Verpackung, bedruckt", "MIL", "64.00", "Blisterkarte"),
        )),
    Company("S2003", "Värmeverk Lindmarken AB", "SE556700123401", "Smidesvägen 18", "69133", "Karlskoga", "SE",
        "faktura@lindmarken.example", "+46 8 465 004 03", iban=check_digits("SE", "95000000098421100347"),
        bic="LMKNSES1", currency="SEK", language="sv", account="5425", cost_centre="4100",
        items=_items(
            ("VL-HSS-12", "Snabbstål HSS-E, rundstång 12 mm", "KGM", "96.50", "Schnellstahl HSS-E 12 mm"),
            ("VL-HSS-16", "Snabbstål HSS-E, rundstång 16 mm", "KGM", "94.00", "Schnellstahl HSS-E 16 mm"),
            rate=_ZERO)),
    Company("S2006", "Ferramenta Bortolasco S.r.l.", "IT04410290237", "Via dell'Officina 14", "37135", "Verona", "IT",
        "amministrazione@bortolasco.example", "+39 045 5550106", iban=check_digits("IT", "X0999911700000000442106"),
        bic="BTLSIT21", language="it", terms_days=60, account="5425", cost_centre="4100",
        items=_items(
            ("FB-RV-4X12", "Rivetto acciaio zincato 4 x 12 mm", "MIL", "21.50", "Stahlniet 4x12"),
            ("FB-PN-5X24", "Perno temprato 5 x 24 mm", "MIL", "46.80", "Gelenkbolzen 5x24"),
            ("FB-ML-06", "Molla a torsione per pinze 0,6 mm", "H87", "0.14", "Zangenfeder 0,6"),
            rate=_ZERO)),
    Company("S2007", "Outillage Marchevent SAS", "FR61812004477", "12 rue des Forges", "42100", "Saint-Étienne", "FR",
        "comptabilite@marchevent.example", "+33 1 99 00 27 07", iban=check_digits("FR", "9999900107000447712034M29"),
        bic="MRCHFRP1", language="fr", terms_days=45, account="5425", cost_centre="4100",
        items=_items(
            ("OM-MB-125", "Meule boisseau corindon 125 mm", "H87", "14.60", "Topfscheibe Korund 125"),
            ("OM-BA-50", "Bande abrasive 50 x 2000 mm, grain 80", "H87", "3.85", "Schleifband 50x2000 K80"),
            ("OM-PV-5L", "Pâte à polir verte, bidon 5 l", "CA", "38.20", "Polierpaste grün 5 l"),
            rate=_ZERO)),
    Company("S2013", "Nordvig Emballage A/S", "DK31990217", "Kajgade 40", "6700", "Esbjerg", "DK",
        "faktura@nordvig-emballage.example", "+45 75 55 01 13", iban=check_digits("DK", "99990003341207"),
        bic="NVGEDKK1", currency="DKK", language="en", account="5425", cost_centre="2100",
        items=_items(
            ("NE-PAL-EX", "Export pallet 1200 x 800, heat treated", "H87", "92.00", "Exportpalette IPPC"),
            ("NE-STR-15", "Steel strapping 15 mm, coil 25 kg", "RO", "410.00", "Stahlband 15 mm"),
            rate=_ZERO)),
    Company("S2014", "Thornmere Abrasives Ltd", "GB288104477", "4 Kiln Wharf", "S3 8QX", "Sheffield", "GB",
        "accounts@thornmere.example", "+44 20 7946 0114", iban=check_digits("GB", "TMRE99995044107214"),
        bic="TMREGB21", currency="GBP", language="en", account="5425", cost_centre="4100",
        items=_items(
            ("TA-FD-115", "Flap disc 115 mm, zirconia, grit 60", "H87", "2.45", "Fächerscheibe 115 K60"),
            ("TA-GW-200", "Bench grinding wheel 200 mm, A60", "H87", "11.80", "Schleifscheibe 200 A60"),
            rate=_ZERO)),
    Company("S2015", "Van Grevelingen Smeermiddelen B.V.", "NL855501177B01", "Tankweg 31", "3196 KE", "Rotterdam", "NL",
        "debiteuren@grevelingen.example", "+31 10 555 0115", iban=check_digits("NL", "GRVL0999904415"),
        bic="GRVLNL21", language="nl", account="5425", cost_centre="4100",
        items=_items(
            ("VG-KS-20", "Koelsmeermiddel emulgeerbaar, can 20 l", "CA", "71.40", "Kühlschmierstoff 20 l"),
            ("VG-HO-208", "Hardingsolie isotherm, vat 208 l", "DR", "612.00", "Härteöl 208 l"),
            rate=_ZERO)),
    Company("S2018", "Messtechnik Zellwegen AG", "CHE114208817MWST", "Uhrmacherstrasse 6", "2540", "Grenchen", "CH",
        "debitoren@zellwegen.example", "+41 32 555 01 18", iban=check_digits("CH", "09999000442061180"),
        bic="ZLWGCH21", currency="CHF", language="ch", account="6845", cost_centre="4100",
        items=_items(
            ("MZ-MS-150", "Messschieber digital 150 mm, geeicht", "H87", "128.00", "Messschieber 150"),
            ("MZ-HP-63", "Härteprüfspitze Rockwell C", "H87", "386.00", "Härteprüfspitze HRC"),
            rate=_ZERO)),
    Company("S2021", "Acciaieria Valtorrente S.p.A.", "IT03381440172", "Via Fonderia 88", "25030", "Castel Mella", "IT",
        "crediti@valtorrente.example", "+39 030 5550121", iban=check_digits("IT", "X0999903440000000881702"),
        bic="VLTRIT21", language="it", terms_days=60, account="5425", cost_centre="4100",
        items=_items(
            ("AV-CV-25", "Barra acciaio Cr-V esagonale 25 mm", "KGM", "2.12", "Sechskantstahl CrV 25"),
            ("AV-CV-13", "Barra acciaio Cr-V esagonale 13 mm", "KGM", "2.28", "Sechskantstahl CrV 13"),
            rate=_ZERO)),
)  # fmt: skip

SERVICES: tuple[Company, ...] = (
    _german("S2009", "Spedition Brakwater GmbH", "DE825018446", ("Containerring 60", "27568", "Bremerhaven"),
        "999500090000411809", domain="brakwater-spedition", terms_days=14, account="6740", cost_centre="2100"),
    _german("S2010", "Unterweser Energieversorgung Ahntief GmbH", "DE827730162", ("Netzplatz 1", "28195", "Bremen"),
        "999500100000771010", domain="ahntief-energie", terms_days=14, account="6325", cost_centre="4100"),
    _german("S2011", "Tidenhub Personal GmbH", "DE829104473", ("Contrescarpe 80", "28195", "Bremen"),
        "999500110000120055", domain="tidenhub-personal", terms_days=10, account="5900", cost_centre="4100"),
    _german("S2012", "Priel Software GmbH", "DE831277054", ("Speicherhof 11", "28217", "Bremen"),
        "999500120000908031", domain="priel-software", language="en", account="6837", cost_centre="6100"),
    _german("S2019", "Gebäudereinigung Blankwisch oHG", "DE833006618", ("Besengang 4", "28307", "Bremen"),
        "999500190000012277", domain="blankwisch", terms_days=14, account="6330", cost_centre="4100"),
    _german("S2020", "Agentur Leuchtboje GmbH", "DE835561920", ("Schlachte 99", "28195", "Bremen"),
        "999500200000556120", domain="leuchtboje", account="6600", cost_centre="5100"),
    _german("S2022", "Maschinendienst Krumhörn e.K.", "DE837709315", ("Deichstraße 17", "26736", "Krummhörn"),
        "999500220000093158", domain="md-krumhoern", account="6460", cost_centre="4100"),
)  # fmt: skip

SUPPLIERS = {company.id: company for company in (*GOODS, *SERVICES)}

HISTORY: tuple[tuple[str, str, str, int], ...] = (
    ("S2009", "6740", "2100", 41), ("S2009", "6740", "4100", 6), ("S2010", "6325", "4100", 22),
    ("S2010", "6325", "1100", 11), ("S2011", "5900", "4100", 35), ("S2011", "5900", "2100", 3),
    ("S2012", "6837", "6100", 12), ("S2012", "6837", "5100", 2), ("S2019", "6330", "4100", 24),
    ("S2020", "6600", "5100", 14), ("S2022", "6460", "4100", 9), ("S2001", "5400", "4100", 88),
    ("S2002", "5400", "4100", 54), ("S2005", "5400", "2100", 37), ("S2016", "5900", "4100", 29),
)  # fmt: skip
"""How often invoices of a supplier were booked on an account and cost centre before."""

RATES = {
    "EUR": "1", "CHF": "1.05", "DKK": "0.134", "GBP": "1.17", "SEK": "0.088", "USD": "0.92", "PLN": "0.23", "NOK": "0.086",
}  # fmt: skip
