"""Units of measure: one key whatever the code or word, and whether two of them truly differ."""

from __future__ import annotations

from decimal import Decimal

from tiebeam.kit import compact_key, words_key

_WORDS = {
    "EA": """ea h87 c62 nar pce pc pcs stk st each piece pieces x one unit units stuck stueck stck stucke
        szt kom db u un pz ks sztuk sztuka stuks stuk styck stycken styk stykk stks nr nro no numero
        num n kpl kappale kappaletta ud uds unidad unidades unid unidade unita unite unites piece
        pieces pce pces pieza pezzo pezzi peca pecas stykke stycke item items psch pauschal pauschale
        forfait ls lumpsum ens buc darab qty ut pieces pcs""",
    "KGM": """kgm kg kgs kilo kilos kilogram kilogramm kilogramme kilogrammes chilo kilogramo kilogramos
        quilo quilos kilogrammi""",
    "GRM": "grm g gr gram gramm gramme grammi gramos",
    "TNE": "tne t to tonne tonnes ton tonnen tonnellata toneladas tonnia",
    "MTR": "mtr m metre meter metres meters metri metro metros metriä metria lfm lfdm ml m1 jm mb",
    "MTK": "mtk m2 qm sqm m² kvm mq kwadratmeter neliometri",
    "MTQ": "mtq m3 cbm m³ kbm mc kubikmeter",
    "LTR": "ltr l lt litre liter litres litro litros litri litraa",
    "MLT": "mlt milliliter",
    "HUR": """hur h hr hrs hour hours std stunde stunden heure heures uur uren ora ore hora horas tim timme
        timmar time timer tunti tuntia godz godzina godzin hod""",
    "MIN": "min minute minuten minutes minuti minutos",
    "DAY": """day d days tag tage jour jours dag dagen dage dagar giorno giorni dia dias paiva paivaa dzien
        dni dy""",
    "MON": """mon month months monat monate mois maand maanden mese mesi mes meses manad manader maned
        maneder kk msc mies""",
    "ANN": "ann year years jahr jahre an ans jaar anno anni ano anos ar vuosi",
    "KWH": "kwh kilowattstunde kilowattstunden",
    "PR": "pr pair pairs paar paire paires paio paia par pares",
    "SET": "set sets satz garnitur kit",
    "DZN": "dzn dozen dutzend douzaine dozijn dozzina docena dz dzd",
    "MIL": "mil t3 tsd tausend thousand mille duizend",
    "CEN": "cen hundert hundred honderd",
    "XPK": "pk xpk pack package",
    "XBX": "bx xbx box boxes",
    "XCT": "ct xct carton karton",
}
_KEYS = {word: key for key, words in _WORDS.items() for word in words.split()}
_PACKAGES = frozenset({"XPK", "XBX", "XCT"})
"""Packages go by many names; which are one and the same, the price tells."""
_OTHER_CODES = """XCS XCR XPX XRO XRL XBG XBO XBA XPA XPF XTU XSA XDR XJR XCA XCX XSH XBE BE CMT MMT CMK DMT INH FOT FTK
    FTQ YRD LBR ONZ STN GLI GLL PTI HLT DLT CLT MGM CTM SEC WEE KMT SMI KWT MWH GWH MAW AMP VLT PA LTN DTN"""
_NEAR = (Decimal("0.5"), Decimal(2))
"""Prices of one and the same thing in two sizes of package lie further apart than this."""


def unit_key(unit: str | None) -> str | None:
    """One code per unit: pieces are EA whatever they are called. None where nothing is said."""
    if unit is None or not unit.strip():
        return None
    key = compact_key(unit)
    if key in _KEYS:
        return _KEYS[key]
    first = words_key(unit).split()
    return _KEYS.get(first[0], key.upper()) if len(first) > 1 and first[0] in {"per", "je", "pro"} else key.upper()


def units_compare(
    one: str | None, other: str | None, *, price: Decimal | None = None, other_price: Decimal | None = None
) -> bool:
    """Whether quantities in the two units may be set against each other.

    A word that is no known unit (`bidon`), or another name for a package, is taken for the other side's unit where the
    price of one is about the same: then one of them is the same amount of goods.
    """
    left, right = unit_key(one), unit_key(other)
    if left is None or right is None or left == right:
        return True
    if _is_known(left) and _is_known(right) and not {left, right} <= _PACKAGES:
        return False
    if price is None or other_price is None or price <= 0 or other_price <= 0:
        return False
    return _NEAR[0] < price / other_price < _NEAR[1]


def _is_known(key: str) -> bool:
    return key in _WORDS or key in _OTHER_CODES.split()
