"""The totals of an invoice: net, tax by rate, gross and payable, as printed, whatever they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import permutations, product

from tiebeam.connect.documents.model import TaxSubtotal
from tiebeam.connect.documents.pdf_fields import Mark, Marks
from tiebeam.connect.documents.pdf_labels import Labels, field_labels, token_of, word_set
from tiebeam.connect.documents.pdf_numbers import is_number, parse_number
from tiebeam.connect.documents.pdf_words import Words
from tiebeam.connect.documents.result import Evidence

_KINDS = ("net", "tax", "gross", "payable", "allowance", "charge", "prepaid")
_EXCLUDING = word_set(
    """excl excluding exclusive ex without before exkl ekskl eks exklusive ohne hors ht htva senza sin exclusief
    veroton ilman sem bez sans esclusa esclusi"""
)
_INCLUDING = word_set(
    """incl including inclusive inc inkl inklusive ttc con incluido incluida inclus inclusief ivato compresa
    inklusiv mit com sis sisaltaen sisaltaa comprises compris inclusa"""
)
_TAX_WORDS = word_set("""vat tax taxes tva btw iva mwst ust moms mva alv umsatzsteuer mehrwertsteuer gst steuer""")
_TOTAL_WORDS = word_set(
    """total totaal totale totalt gesamt gesamtbetrag gesamtsumme summe summa sum montant amount betrag
    rechnungsbetrag rechnungssumme importe importo belopp belob belop yhteensa ialt endbetrag subtotal bedrag
    suma totals valor"""
)
_CENT = Decimal("0.011")


@dataclass(frozen=True, slots=True)
class Amount:
    kind: str
    value: Decimal
    rate: Decimal | None
    is_sure: bool
    quote: str
    place: str


@dataclass(frozen=True, slots=True)
class Totals:
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    payable: Decimal | None = None
    allowance: Decimal | None = None
    charge: Decimal | None = None
    subtotals: tuple[TaxSubtotal, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def is_totals_line(line: Words, *, mark: str | None) -> bool:
    """A row such as `Nettosumme 899,70 EUR`: a label of totals, then at most a rate, a base and the amount."""
    words = line.words
    numbers = [place for place, word in enumerate(words) if is_number(word.text.strip("()%"))]
    if all(_is_rate(words, place) for place in numbers):
        return sum(_is_totals_label(phrase.parts) for phrase in line.parts) >= 2
    label = _label_words(line.words)
    return bool(label) and len(numbers) <= 3 and _is_totals_label(label)


def _is_rate(words: Sequence[Words], place: int) -> bool:
    """`19%`, `19 %`, `(19 %)`."""
    return "%" in words[place].text or (place + 1 < len(words) and words[place + 1].text.startswith("%"))


def _is_totals_label(words: Sequence[Words]) -> bool:
    tokens = [token_of(word.text) for word in words if not is_number(word.text.strip("()%"))]
    kinds = _kinds_of(tokens, labels=field_labels())
    return bool({kind.rstrip("?") for kind in kinds} & {"net", "tax", "gross", "payable"})


def _label_words(words: Sequence[Words]) -> list[Words]:
    """The words before the last number."""
    last = max((i for i, word in enumerate(words) if is_number(word.text)), default=-1)
    return list(words[:last]) if last > 0 else []


def _kinds_of(tokens: Sequence[str], *, labels: Labels) -> list[str]:
    filled = [token for token in tokens if token and not token.isdigit()]
    if not filled:
        return []
    own = set(filled)
    is_total = bool(own & _TOTAL_WORDS) or bool(own & _TAX_WORDS)
    if is_total and own & _EXCLUDING:
        return ["net"]
    if is_total and own & _INCLUDING and not own <= (_INCLUDING | _TAX_WORDS) - {"ttc", "ivato"}:
        return ["gross"] if "payable" not in labels.at(filled, 0)[1] else ["payable"]
    length, kinds = labels.at(filled, 0)
    if length and len(filled) - length <= 4:
        return [kind for kind in kinds if kind.rstrip("?") in _KINDS]
    return []


def read_totals(marks: Marks, *, after: int, mark: str | None) -> Totals:
    """From the lines behind the table; where there is no table, from all of them."""
    amounts = list(_amounts(marks, after=after, mark=mark))
    table = list(_summary_rows(marks.lines[after:], mark=mark))
    totals = _settled(amounts, table=table)
    if totals.tax is None and totals.net is not None and totals.gross is not None:
        return replace(totals, tax=_printed(totals.gross - totals.net, lines=marks.lines[after:], mark=mark))
    return totals


def _printed(amount: Decimal, *, lines: Iterable[Words], mark: str | None) -> Decimal | None:
    """The tax that the two other totals leave, where exactly that stands on the page."""
    for line in lines:
        if any(parse_number(word.text.strip("()"), mark=mark) == amount for word in (*line.words, *line.parts)):
            return amount
    return None


def _amounts(marks: Marks, *, after: int, mark: str | None) -> Iterator[Amount]:
    seen: set[tuple[int, int]] = set()
    for label in marks.marks:
        if label.line < after or not label.starts or (label.line, label.position) in seen:
            continue
        following = _beside(marks, label)
        words = [word for phrase in following for word in phrase.words or (phrase,)]
        tokens = [token_of(w.text) for w in (*label.phrase.parts, *words) if not is_number(w.text)]
        kinds = [kind for kind in _kinds_of(_until_amount(tokens), labels=marks.labels) if kind]
        if not kinds:
            continue
        found = _number_of(label, words=[*label.phrase.parts, *words], mark=mark) or _number_below(
            marks, label, mark=mark
        )
        if found is None:
            continue
        seen.add((label.line, label.position))
        value, rate, words = found
        for kind in kinds:
            quote = f"{label.phrase.text} {words.text}" if words.text not in label.phrase.text else label.phrase.text
            yield Amount(kind.rstrip("?"), value, rate, not kind.endswith("?"), quote, words.place)


def _until_amount(tokens: Iterable[str]) -> list[str]:
    return [token for token in tokens if (token and len(token) > 1) or token in {"i", "a"}]


def _beside(marks: Marks, label: Mark) -> list[Words]:
    """The phrases to the right on the same line, up to one that begins with another label."""
    phrases: list[Words] = []
    for position, phrase in enumerate(marks.lines[label.line].parts):
        if position <= label.position:
            continue
        if marks.may_start_with_label(label.line, position) and not is_number(phrase.text):
            break
        phrases.append(phrase)
    return phrases


def _number_of(
    label: Mark, *, words: Sequence[Words], mark: str | None
) -> tuple[Decimal, Decimal | None, Words] | None:
    """The last number beside the label; a number with a percent sign is the rate."""
    rate: Decimal | None = None
    groups: list[list[Words]] = []
    for position, word in enumerate(words):
        text = word.text.strip("()")
        if not is_number(text):
            continue
        if _is_rate(words, position):
            rate = parse_number(text.replace("%", ""), mark=mark or ".")
            continue
        if groups and _continues(groups[-1][-1], word, whole=groups[-1]):
            groups[-1].append(word)
        else:
            groups.append([word])
    if not groups:
        return None
    text = " ".join(word.text for word in groups[-1])
    value = parse_number(text, mark=mark)
    if value is None:
        value = parse_number(groups[-1][-1].text, mark=mark)
    if value is None:
        return None
    previous = words[words.index(groups[-1][0]) - 1] if words.index(groups[-1][0]) else None
    if previous is not None and previous.text in {"-", "−", "–"} and value > 0 and previous.x1 > groups[-1][0].x0 - 6:
        value = -value
    return value, rate, groups[-1][-1]


def _continues(last: Words, word: Words, *, whole: Sequence[Words]) -> bool:
    """`1` and `234,56` with an ordinary space between them are one number."""
    together = " ".join(w.text for w in (*whole, word))
    few = sum(c.isdigit() for c in last.text) <= 3
    return few and word.x0 - last.x1 < 0.65 * word.size and word.text[:3].isdigit() and is_number(together)


def _number_below(marks: Marks, label: Mark, *, mark: str | None) -> tuple[Decimal, Decimal | None, Words] | None:
    """Totals in boxes side by side stand under their labels."""
    words = marks.below(label)
    value = None if words is None or "%" in words.text else parse_number(words.text, mark=mark)
    if words is None or value is None:
        return None
    rates = [w.text.strip("()%@") for w in label.phrase.parts if "%" in w.text or is_number(w.text)]
    rate = next((parse_number(text, mark=mark or ".") for text in rates if is_number(text)), None)
    return value, rate, words


def _summary_rows(lines: Iterable[Words], *, mark: str | None) -> Iterator[tuple[TaxSubtotal, Words]]:
    """Rows of a tax summary: a rate, what it applies to, and the tax that follows from the two."""
    for line in lines:
        cells = _cells_of(line)
        texts = [cell.text.strip("()") for cell in cells]
        numbers = [(parse_number(text, mark=mark or "."), "%" in text) for text in texts if is_number(text)]
        values = [(value, marked) for value, marked in numbers if value is not None]
        if not 3 <= len(values) <= 4:
            continue
        for rate, marked in values[:3]:
            rest = [value for value, _ in values if value is not rate]
            found = _base_and_tax(rest, rate=rate) if 0 <= rate <= 30 and (marked or _is_plain(rate)) else None
            if found is not None:
                yield TaxSubtotal(rate=rate, category=None, taxable=found[0], tax=found[1]), line
                break


def _is_plain(value: Decimal) -> bool:
    """Rates without a percent sign have one decimal at most; `12,00` beside `25` is an amount."""
    return int(value.as_tuple().exponent) >= -1


def _cells_of(line: Words) -> Sequence[Words]:
    """Phrases where each is one number or a word such as a tax code; else words."""
    numbers = [phrase for phrase in line.parts if is_number(phrase.text.strip("()%"))]
    others = [phrase for phrase in line.parts if phrase not in numbers]
    is_clear = all(not any(letter.isdigit() for letter in phrase.text) for phrase in others)
    return numbers if is_clear else line.words


def _base_and_tax(values: Sequence[Decimal], *, rate: Decimal) -> tuple[Decimal, Decimal] | None:
    for base, tax in permutations(values, 2):
        if base and (not rate or abs(base) > abs(tax)) and abs(base * rate / 100 - tax) <= Decimal("0.02"):
            return base, tax
    return None


def _settled(amounts: Sequence[Amount], *, table: Sequence[tuple[TaxSubtotal, Words]]) -> Totals:
    by_kind = {kind: _ranked(amounts, kind) for kind in _KINDS}
    tax_rows = by_kind["tax"]
    taxes = _taxes(tax_rows, table=table)
    payable = by_kind["payable"][0] if by_kind["payable"] else None
    grosses = (
        [a for a in by_kind["gross"] if a.is_sure]
        or ([payable] if payable and not by_kind["prepaid"] else [])
        or by_kind["gross"]
    )
    net, tax, gross = _agreeing(by_kind["net"], taxes, [*grosses, *(a for a in by_kind["gross"] if a not in grosses)])
    warnings: list[str] = []
    if tax is None and net is not None and gross is not None and net.value == gross.value:
        tax = Decimal(0)
        warnings.append("No tax is printed; the totals with and without tax are equal, so it is taken as zero.")
    subtotals = tuple(TaxSubtotal(row.rate, None, None, row.value) for row in tax_rows if row.rate is not None)
    chosen = [a for a in (net, gross, payable, *tax_rows) if a is not None]
    return Totals(
        net=net.value if net else None,
        tax=tax,
        gross=gross.value if gross else None,
        payable=payable.value if payable else None,
        allowance=_sum(by_kind["allowance"]),
        charge=_sum(by_kind["charge"]),
        subtotals=tuple(row for row, _ in table) or subtotals,
        evidence=tuple(Evidence(a.kind, a.quote[:300], a.place) for a in chosen),
        warnings=tuple(warnings),
    )


def _ranked(amounts: Sequence[Amount], kind: str) -> list[Amount]:
    own = [amount for amount in amounts if amount.kind == kind]
    return sorted(own, key=lambda amount: not amount.is_sure)


def _sum(rows: Sequence[Amount]) -> Decimal | None:
    return sum((abs(row.value) for row in rows), Decimal(0)) if rows else None


def _taxes(rows: Sequence[Amount], *, table: Sequence[tuple[TaxSubtotal, Words]]) -> list[Decimal]:
    """What may be the tax of the whole document, the most credible first."""
    first = _tax(rows)
    summed = sum((row.tax or Decimal(0) for row, _ in table), Decimal(0)) if table else None
    options = [first, summed, *(row.value for row in rows)]
    return list(dict.fromkeys(option for option in options if option is not None))


def _tax(rows: Sequence[Amount]) -> Decimal | None:
    """The total of the tax rows: printed as such where there is one, else the sum over the rates."""
    rated = list({(row.rate, row.value): row for row in rows if row.rate is not None}.values())
    total = [row for row in rows if row.rate is None]
    if total:
        return total[-1].value if len(total) == 1 or not rated else max((row.value for row in total), key=abs)
    return sum((row.value for row in rated), Decimal(0)) if rated else None


def _agreeing(
    nets: Sequence[Amount], taxes: Sequence[Decimal], grosses: Sequence[Amount]
) -> tuple[Amount | None, Decimal | None, Amount | None]:
    """The most credible numbers; where those do not add up, the first others that do. Nothing printed changes."""
    net, tax, gross = (nets[0] if nets else None), (taxes[0] if taxes else None), (grosses[0] if grosses else None)
    if net is None or tax is None or gross is None or abs(net.value + tax - gross.value) < _CENT:
        return net, tax, gross
    for one, other, third in product(nets, taxes, grosses):
        if one.place != third.place and abs(one.value + other - third.value) < _CENT:
            return one, other, third
    return net, tax, gross
