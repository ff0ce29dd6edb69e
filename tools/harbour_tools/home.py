"""Suppliers of goods in Germany. Every name, number and account is made up."""

from __future__ import annotations

from tools.harbour_tools.facts import Company
from tools.harbour_tools.making import german, items

HOME: tuple[Company, ...] = (
    german(
        "S2001",
        "Stahlhandel Rodenbeck GmbH",
        "DE811204417",
        ("Am Schlackehafen 3", "27572", "Bremerhaven"),
        "999500010000417201",
        domain="rodenbeck-stahl",
        account="5400",
        cost_centre="4100",
        items=items(
            ("RS-C45-R20", "Rundstahl C45 +N, 20 mm, Stange 6 m", "KGM", "1.42", "Rundstahl C45 20 mm"),
            ("RS-C60-F30", "Flachstahl C60, 30 x 8 mm", "KGM", "1.58", "Flachstahl C60 30x8"),
            ("RS-51CRV4", "Federstahl 51CrV4, vergütet, 16 mm", "KGM", "2.36", "Federstahl 51CrV4"),
            ("RS-ZUSCHN", "Sägezuschnitt auf Länge", "H87", "0.85", None),
        ),
    ),
    german(
        "S2002",
        "Schmiede Kottwitz KG",
        "DE813377209",
        ("Hammerweg 21", "58553", "Halver"),
        "999500020000882014",
        domain="schmiede-kottwitz",
        account="5400",
        cost_centre="4100",
        terms_days=14,
        items=items(
            ("SK-HM-500", "Hammerkopf-Rohling 500 g, gesenkgeschmiedet", "H87", "3.95", "Hammerkopf roh 500 g"),
            ("SK-HM-1000", "Hammerkopf-Rohling 1000 g, gesenkgeschmiedet", "H87", "5.60", "Hammerkopf roh 1000 g"),
            ("SK-ZG-180", "Zangenschenkel-Rohling 180 mm", "H87", "2.15", "Zangenschenkel roh 180"),
        ),
    ),
    german(
        "S2004",
        "Holzgriffe Achternbusch GmbH & Co. KG",
        "DE815590331",
        ("Eschenallee 44", "37627", "Stadtoldendorf"),
        "999500040001190325",
        domain="achternbusch-griffe",
        account="5400",
        cost_centre="4100",
        items=items(
            ("HA-ES-320", "Hammerstiel Esche 320 mm, lackiert", "H87", "1.74", "Stiel Esche 320"),
            ("HA-ES-800", "Vorschlaghammerstiel Esche 800 mm", "H87", "4.20", "Stiel Esche 800"),
            ("HA-BU-110", "Feilenheft Buche 110 mm", "H87", "0.68", "Feilenheft Buche"),
        ),
    ),
    german(
        "S2005",
        "Kartonage Weserbogen GmbH",
        "DE817003942",
        ("Papiermühle 9", "37688", "Beverungen"),
        "999500050000230077",
        domain="kartonage-weserbogen",
        account="5400",
        cost_centre="4100",
        items=items(
            ("KW-FK-2B", "Faltkarton 300 x 200 x 120 mm, 2-wellig", "H87", "0.62", "Versandkarton klein"),
            ("KW-FK-6B", "Faltkarton 600 x 400 x 300 mm, 2-wellig", "H87", "1.48", "Versandkarton groß"),
            ("KW-EINL", "Wellpappeinlage, gestanzt", "H87", "0.11", "Stanzeinlage"),
        ),
    ),
    german(
        "S2008",
        "Kunststofftechnik Dollerup GmbH",
        "DE819441760",
        ("Spritzgussring 5", "24989", "Dollerup"),
        "999500080000667412",
        domain="dollerup-kunststoff",
        account="5400",
        cost_centre="4100",
        items=items(
            ("KD-2K-SD1", "2K-Griff Schraubendreher Gr. 1, rot/schwarz", "H87", "0.54", "Griff SD Gr. 1"),
            ("KD-2K-SD3", "2K-Griff Schraubendreher Gr. 3, rot/schwarz", "H87", "0.79", "Griff SD Gr. 3"),
            ("KD-TH-160", "Tauchisolierung Zangengriff 160 mm, Paar", "PR", "0.93", "Zangengriffhülle"),
        ),
    ),
    german(
        "S2016",
        "Galvanik Tessmerbruch GmbH",
        "DE821160587",
        ("Zinkstraße 12", "28197", "Bremen"),
        "999500160000050911",
        domain="galvanik-tessmerbruch",
        account="5900",
        cost_centre="4100",
        terms_days=21,
        items=items(
            ("GT-CR", "Verchromen Schraubenschlüssel, matt", "KGM", "4.85", "Verchromen Schlüssel"),
            ("GT-PH", "Phosphatieren Hammerköpfe", "KGM", "1.95", "Phosphatieren"),
        ),
    ),
    german(
        "S2017",
        "Etikettenwerk Oldenpriel GmbH",
        "DE823390014",
        ("Rollenweg 2", "26919", "Brake"),
        "999500170000330046",
        domain="oldenpriel-etiketten",
        account="5400",
        cost_centre="2100",
        terms_days=14,
        items=items(
            ("EO-60X40", "Etikett 60 x 40 mm, 4-farbig, Rolle zu 1.000", "RO", "18.40", "Etikett 60x40"),
            ("EO-BLIST", "Blisterkarte SB-Verpackung, bedruckt", "MIL", "64.00", "Blisterkarte"),
        ),
    ),
)
