"""The header row of a table of invoice lines: which column means what, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from tiebeam.connect.documents.pdf_labels import Labels, token_of
from tiebeam.connect.documents.pdf_numbers import currency_in, is_number
from tiebeam.connect.documents.pdf_words import Words, joined

_SOURCE: Mapping[str, str] = {
    "pos": """pos|position|№|line|line №|#|ln|poz|poste|rij|riga|linea|rad|lp|pos №|item №|sl №|rivi
        |laufende №|lfd №|lfdno|posnr|ligne|regel|nº|sn|s №""",
    "description": """description|item|item description|product|service|details|article|product description|goods
        |desc|description of goods|goods and services|items|particulars|service description|products
        |work|task|activity|bezeichnung|beschreibung|artikel|artikelbezeichnung|leistung|produkt
        |bezeichnung der leistung|leistungsbeschreibung|artikelbeschreibung|ware
        |position bezeichnung|designation|libelle|prestation|prestations|produit
        |designation des prestations|description article|omschrijving|product omschrijving|dienst
        |artikelomschrijving|descrizione|prodotto|descrizione articolo|descrizione prodotto|articolo
        |servizio|natura dei beni|descripcion|concepto|producto|detalle|articulo|descricao
        |designacao|artigo|beskrivning|benamning|produkt beskrivning|artikelbenamning|tjanst
        |beskrivelse|varebeskrivelse|vare|varetekst|tekst|kuvaus|nimike|tuote|selite|tuotekuvaus
        |text|ydelse|specifikation|spesifikasjon""",
    "sku": """sku|item №|item code|article №|art №|artno|artikelno|product code|part №|code|ref|reference
        |referenz|material|materialno|item id|product №|product id|stock code|catalogue №|mpn
        |article code|product ref|item ref|artikel №|art nr|artikelcode|artikel code|materialnummer
        |bestellnr|sachnummer|best №|№ article|№ dart|ref article|reference article|code article
        |productcode|art code|codice|cod|codice articolo|cod articolo|cod art|rif|codigo|referencia
        |ref articulo|artikelnr|artnr|artikelid|vareno|varenr|varenummer|vare №|vareid|tuoteno
        |tuotekoodi|koodi|tuotenro|tuotenumero|gtin|ean|item no|kode|produktno|produktnr""",
    "quantity": """qty|quantity|menge|anzahl|quantite|qte|aantal|hoeveelheid|quantita|qta|cantidad|cant
        |quantidade|qtd|antal|antall|kvantitet|maara|kpl|hours|stunden|std|units|mangde|qnt|q|hrs
        |stuck|nombre|uren|ore|horas|timer|timmar|mengde|stk|lkm|menge einheit|qty unit
        |quantity unit""",
    "unit": """unit|uom|einheit|me|eh|unite|eenheid|um|unita|ud|unidad|enhet|enhed|yksikko|measure|u
        |unit of measure|mengeneinheit|unita di misura|u m|unidade|yks""",
    "unit_price": """unit price|price|price unit|rate|unit cost|price each|each|cost|net price|unit net price
        |net unit price|unit price net|price per unit|unit price excl vat|einzelpreis|ep|epreis
        |preis|stuckpreis|preis einheit|nettopreis|einzelpreis netto|netto einzelpreis
        |nettoeinzelpreis|preis stuck|preis pro einheit|preis me|prix unitaire|prix|pu|pu ht
        |prix unitaire ht|prix unit|prix u|prix u ht|prix unit ht|pu net|p u ht|p unitaire|tarif
        |stukprijs|prijs|eenheidsprijs|prijs per stuk|tarief|prijs per eenheid|stuksprijs|prezzo
        |prezzo unitario|prezzo unit|prezzo un|pr unitario|prezzo netto|precio|precio unitario
        |precio unidad|precio unit|p unit|p unitario|preco|preco unitario|apris|a pris|pris
        |enhetspris|stykpris|enhedspris|pris per enhet|pris enhet|pris pr enhed|pris stk|a hinta
        |ahinta|yksikkohinta|hinta|stykkpris|styckpris|yks hinta|unit rate""",
    "tax_rate": """vat|vat rate|tax|tax rate|gst|ust|mwst|ust satz|steuersatz|steuer|mwst satz|ustsatz|mwstsatz
        |tva|taux tva|taux|taux de tva|btw|btw tarief|btwtarief|iva|aliquota|aliq|aliquota iva
        |aliq iva|tipo iva|tipo|tasa iva|taxa iva|moms|mva|alv|moms sats|momssats|mva sats|mvasats
        |vat code|tax code|alv kanta|verokanta|vero|momspct|vat pct""",
    "tax_amount": """vat amount|tax amount|mwst betrag|ust betrag|montant tva|btw bedrag|importo iva|importe iva
        |momsbelopp|momsbelob|mva belop|steuerbetrag|cuota iva|alv maara|imposta|mwstbetrag""",
    "discount": """discount|disc|rabatt|remise|korting|sconto|dto|descuento|rabat|alennus|ale|sc|nachlass|desc
        |rem|disc pct|desconto""",
    "net": """net|net amount|amount|total|line total|total price|net total|line amount|net value|value
        |extended price|ext price|total net|amount net|extension|sum|line net|amount excl vat
        |total excl vat|price total|netto|nettobetrag|betrag|gesamt|gesamtpreis|summe|gp|nettowert
        |netto betrag|gesamt netto|nettosumme|betrag netto|gesamtbetrag|positionsbetrag|gesamtnetto
        |netto gesamt|gesamtpreis netto|wert|montant|montant ht|total ht|prix total|prix total ht
        |montant net|total ligne|ht|montant total|bedrag|totaal|netto bedrag|totaalprijs
        |totaalbedrag|bedrag excl btw|totaal excl btw|regelbedrag|totaal excl|importo|totale
        |totale netto|imponibile|importo netto|prezzo totale|importe|importe neto|neto|precio total
        |valor|preco total|total liquido|subtotal|belopp|summa|nettobelopp|belopp exkl moms|radsumma
        |summa exkl moms|belob|beloeb|i alt|nettobelob|linjetotal|pris i alt|belop|nettobelop
        |sum eks mva|belop eks mva|total pris|yhteensa|veroton|veroton yhteensa|rivisumma|alv 0
        |veroton summa|belob ekskl moms|sum ekskl moms""",
    "gross": """gross|gross amount|brutto|total ttc|ttc|bruttobetrag|total incl vat|incl vat|totale ivato
        |inkl moms|incl btw|lordo|montant ttc|bruttogesamt|gross total|bruttosumme|totaal incl btw
        |verollinen|total con iva|inkl mva|total inc vat|amount incl vat|importo lordo""",
    "date": "date|datum|data|fecha|dato|leistungsdatum|service date|pvm|liefertermin|datum leistung",
}
_AMOUNTS = frozenset({"net", "gross", "unit_price"})
_THINGS = frozenset({"description", "quantity", "sku"})


@dataclass(frozen=True, slots=True)
class Column:
    kind: str
    """A field of a line, or `other` for a column that is not understood."""
    x0: float
    x1: float
    label: str


@dataclass(frozen=True, slots=True)
class HeaderRow:
    columns: tuple[Column, ...]
    first_line: int
    last_line: int

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(column.kind for column in self.columns)


@cache
def column_labels() -> Labels:
    return Labels(_SOURCE)


def header_at(lines: Sequence[Words], start: int, *, labels: Labels) -> HeaderRow | None:
    """The table header that begins on this line, alone or stacked over the next one or two."""
    best: tuple[int, HeaderRow] | None = None
    for height in (1, 2, 3):
        rows = lines[start : start + height]
        if len(rows) < height or not _stackable(rows):
            break
        columns = _columns(rows, labels=labels)
        score = _score(columns)
        if score is not None and (best is None or score > best[0]):
            best = score, HeaderRow(columns=columns, first_line=start, last_line=start + height - 1)
    return None if best is None else best[1]


def _stackable(rows: Sequence[Words]) -> bool:
    for above, below in pairwise(rows):
        if above.page != below.page or below.y - above.y > 1.7 * max(above.size, below.size):
            return False
    return not any(is_number(phrase.text) for row in rows for phrase in row.parts)


def _score(columns: Sequence[Column]) -> int | None:
    kinds = [column.kind for column in columns if column.kind != "other"]
    known = set(kinds)
    if len(known) < 3 or not known & _AMOUNTS or not known & _THINGS:
        return None
    others = len(columns) - len(kinds)
    return None if others > len(kinds) else 2 * len(known) - 2 * others - (len(kinds) - len(known))


def _columns(rows: Sequence[Words], *, labels: Labels) -> tuple[Column, ...]:
    cells = (
        [cell for row in rows for phrase in row.parts for cell in _cells(phrase, labels=labels)]
        if len(rows) == 1
        else []
    )
    stacks = [[cell] for cell in cells] if cells else _stacks(rows, labels=labels)
    columns: list[Column] = []
    for stack in sorted(stacks, key=lambda stack: min(cell.x0 for cell in stack)):
        tokens = [_token(word.text) for cell in stack for word in cell.words or (cell,)]
        kind = _kind(tokens, labels=labels, taken={column.kind for column in columns})
        label = " ".join(cell.text for cell in stack)
        columns.append(Column(kind, min(cell.x0 for cell in stack), max(cell.x1 for cell in stack), label))
    return tuple(columns)


def _token(word: str) -> str:
    """Currency codes and percent signs in a header say nothing about which column it is."""
    return "" if currency_in(word.strip("()[]")) else token_of(word)


def _kind(tokens: Sequence[str], *, labels: Labels, taken: set[str]) -> str:
    length, kinds = labels.at(tokens, 0) if tokens else (0, [])
    if tokens and not tokens[0]:
        filled = [token for token in tokens if token]
        length, kinds = labels.at(filled, 0) if filled else (0, [])
        tokens = filled
    rest = [token for token in tokens[length:] if token]
    if not kinds or len(rest) > 3:
        return "other"
    free = [kind for kind in kinds if kind not in taken]
    return (free or kinds)[0]


def _cells(phrase: Words, *, labels: Labels) -> Iterable[Words]:
    """A phrase of the header holds several columns where they stand close together."""
    words = phrase.parts
    tokens = [_token(word.text) for word in words]
    if labels.is_whole(tokens):
        yield phrase
        return
    index, pending = 0, 0
    cuts = _full_cuts(words, tokens=tokens, labels=labels)
    index = len(words) if len(cuts) > 1 else 0
    while index < len(words):
        length, _ = labels.at(tokens, index)
        wide = index > 0 and words[index].x0 - words[index - 1].x1 > 0.45 * words[index].size
        if index > pending and length and wide:
            cuts.append(index)
            pending = index
        index += max(length, 1)
    for start, end in zip(cuts, [*cuts[1:], len(words)], strict=True):
        yield joined(words[start:end])


def _full_cuts(words: Sequence[Words], *, tokens: Sequence[str], labels: Labels) -> list[int]:
    """Where the phrase is nothing but labels of different columns, the place where each begins; else only 0."""
    cuts: list[int] = []
    seen: list[str] = []
    index, begin = 0, 0
    while index < len(tokens):
        if not tokens[index]:
            if index and not _leans_right(words, index):
                begin = index + 1
            index += 1
            continue
        length, kinds = labels.at(tokens, index)
        while length and not tokens[index + length - 1]:
            length -= 1
        if not length or kinds[0] in seen:
            return [0]
        cuts.append(begin)
        seen.append(kinds[0])
        index = begin = index + length
    return cuts or [0]


def _leans_right(words: Sequence[Words], index: int) -> bool:
    """Whether a sign such as `%` stands closer to the word behind it than to the one before."""
    if index + 1 >= len(words):
        return False
    return words[index + 1].x0 - words[index].x1 < words[index].x0 - words[index - 1].x1 - 0.5


def _stacks(rows: Sequence[Words], *, labels: Labels) -> list[list[Words]]:
    """Phrases that stand over each other, top to bottom."""
    stacks: list[list[Words]] = []
    for row in rows:
        for phrase in (cell for part in row.parts for cell in _cells(part, labels=labels)):
            home = next(
                (s for s in stacks if any(p.x0 < phrase.x1 and phrase.x0 < p.x1 for p in s)),
                None,
            )
            if home is None:
                stacks.append([phrase])
            else:
                home.append(phrase)
    return stacks
