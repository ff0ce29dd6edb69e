"""Header values: numbers, references and dates, each only where it has the form of one."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal

from tiebeam.connect.documents.pdf_dates import days_in, plain
from tiebeam.connect.documents.pdf_fields import Candidate, Mark, Marks
from tiebeam.connect.documents.pdf_labels import token_of, word_set
from tiebeam.connect.documents.pdf_words import Page

_STOPS = word_set(
    """vom von of dated du le van del della de den af from on page seite date datum fur for pour per voor and und
    til till av z dd d.d. dated, af au zum am i il el la en"""
)
_REFERENCE_WORD = re.compile(r"[\w./#+&:()-]+")
_DAY_NUMBER = re.compile(r"\d{1,2}(?:\.|st|nd|rd|th|er)?")
_TITLE_ENDINGS = tuple(
    word_set(
        """rechnung invoice facture factuur fattura factura fatura faktura lasku gutschrift creditnote creditnota
        kreditnota avoir korrektur"""
    )
)
_MONTHS_FIRST = frozenset({"US", "CA", "PH"})
_MAX_REFERENCE = 40
_PAY_UNTIL = re.compile(
    r"\b(zahlbar|zahlen|zahlung|uberweis\w*|begleichen|payable|payment|pay|payer|regler|reglement|paiement|betalen|voldoen|betaling"
    r"|pagare|pagamento|pagar|pago|betala\w*|betales?|maksetta\w*)\b.*\b(bis|by|before|until|avant|le|voor|entro|il|antes|el|senast|senest|innen)\b"
)
_CREDIT = re.compile(
    r"\b(credit ?note|credit ?memo|gutschrift|rechnungskorrektur|stornorechnung|storno|avoir|creditnota"
    r"|creditfactuur|nota di credito|nota de credito|factura rectificativa|abono|kreditnota|kreditfaktura|kreditnote"
    r"|hyvityslasku|facture d.?avoir)\b"
)
_CREDITED = re.compile(
    r"\b(?:(?:zu|zur|zu ihrer|betrifft|betr\.?|for|to|of|re|against|regarding|relating to|sur|relatif a|relative a"
    r"|annule|betreft|op|voor|su|relativa a|rif\.?|sobre|de la|avser|vedr\.?|vedrorende|gjelder|til|koskee|dotyczy|do)"
    r"\s+(?:la\s+|the\s+|our\s+|unserer?\s+|der\s+)?"
    r"(?:rechnung|invoice|facture|factuur|fattura|factura|fatura|faktura|laskua?|faktury)"
    r"|original ?invoice|invoice credited|credited invoice|ursprungsrechnung|ursprungliche rechnung|originalrechnung"
    r"|rechnungsbezug|bezug rechnung|facture d.?origine|facture initiale|oorspronkelijke factuur"
    r"|fattura di riferimento|fattura originale|factura original|factura rectificada|factura que rectifica"
    r"|ursprunglig faktura|oprindelig faktura|opprinnelig faktura)"
    r"(?:s?nummer|s?nr|nummer)?\s*(?:(?:no|nr|number|num|n|nummer)\b\.?|n[°ºo]\.?|#)?\s*:?\s*(?=\S*\d)"
)
_CORRECTED = frozenset({"rechnungskorrektur", "factura rectificativa"})


def reference(text: str) -> str | None:
    """An invoice or order number at the start of the text, as printed: `RE-4214`, `PO 2026 00071`, `018304 / 28865`."""
    taken: list[str] = []
    words = text.split()
    while words and (token_of(words[0]) in {"no", ""} and not any(c.isdigit() for c in words[0])):
        words = words[1:]
    for position, word in enumerate(words):
        if plain(word).strip(",;:") in _STOPS or _is_day(words, position):
            break
        bare = word.strip(",;|")
        if not bare or not _REFERENCE_WORD.fullmatch(bare) or (taken and _is_plain_word(bare)):
            break
        taken.append(bare)
        if bare != word:
            break
    value = " ".join(taken).strip("-/:. ").strip("()")
    if not 1 <= len(value) <= _MAX_REFERENCE or not any(letter.isdigit() for letter in value):
        return None
    return None if _is_other(value) else value


def _is_day(words: list[str], position: int) -> bool:
    """Whether a date begins at this word."""
    word = words[position]
    if days_in(word):
        return True
    return bool(_DAY_NUMBER.fullmatch(word)) and bool(days_in(" ".join(words[position : position + 5])))


def _is_plain_word(word: str) -> bool:
    return not any(c.isdigit() for c in word) and sum(c.isalpha() for c in word) > 4


def _is_other(value: str) -> bool:
    """An e-mail, a web address, a percentage or an amount is no number of a document."""
    return "@" in value or value.endswith("%") or re.fullmatch(r"\d{1,3}(?:[.,]\d{3})*[.,]\d{2}", value) is not None


def titled_number(marks: Marks) -> Candidate[str] | None:
    """`Handelsrechnung (380) Nr. 471102 vom …`: a title, then a word for number, then the number itself."""
    for line in marks.lines:
        if line.page != 1:
            return None
        words = line.words
        tokens = [token_of(word.text) for word in words]
        title = next((i for i, token in enumerate(tokens[:4]) if token.endswith(_TITLE_ENDINGS)), None)
        if title is None:
            continue
        place = next((i for i in range(title + 1, min(title + 4, len(tokens))) if tokens[i] == "no"), None)
        value = reference(" ".join(word.text for word in words[place + 1 :])) if place is not None else None
        if value is not None:
            return Candidate(value=value, score=9.0, quote=line.text, place=line.place)
    return None


def references(marks: Marks, kind: str) -> list[Candidate[str]]:
    return marks.best(kind, fit=reference, veto=_is_sentence)


def _is_sentence(mark: Mark) -> bool:
    """Running text mentions orders and invoices without stating this document's own."""
    if mark.starts or len(mark.phrase.parts) <= 9:
        return False
    before = [word for word in mark.phrase.parts if word.x1 <= mark.label.x0]
    return not before or not before[-1].text.endswith((",", ";", "/", "|"))


def preceding(marks: Marks, *, number: str | None) -> tuple[str, ...]:
    """The invoices that a credit note names: `Gutschrift zu Rechnung RE-4711 vom …`, `Original invoice: 4711`."""
    found: list[str] = []
    for line in marks.lines:
        text = plain(line.text)
        printed = line.text if len(text) == len(line.text) else text
        for match in _CREDITED.finditer(text):
            rest = printed[match.end() :]
            value = reference(rest.lstrip(" :.#"))
            if value is not None and value != number and value not in found:
                found.append(value)
    return tuple(found)


class Dates:
    """Reads the dates of a document, with the order of day and month that the document itself proves."""

    def __init__(self, marks: Marks, *, country: str | None) -> None:
        self.warnings: list[str] = []
        self._marks = marks
        self._month_first = self._proven()
        self._writes_days_first = country is not None and country not in _MONTHS_FIRST

    def find(self, kind: str) -> list[Candidate[tuple[date, ...]]]:
        return self._marks.best(kind, fit=_first_days)

    def dates(self) -> tuple[Candidate[date] | None, Candidate[date] | None]:
        """Issue and due date. A day and month that stay open are read day first, with a warning."""
        issued, due = self.find("issue_date"), self.find("due_date")
        issued = [candidate for candidate in issued if not any(d.place == candidate.place for d in due)] or issued
        first, second = (issued[0] if issued else None), (due[0] if due else None)
        if first is not None and second is not None and second.place == first.place:
            second = None
        month_first = self._month_first
        if month_first is None and first and second:
            month_first = _order_by_terms(first.value, second.value)
        return self._decided(first, month_first=month_first), self._decided(second, month_first=month_first)

    def due_in_sentence(self) -> Candidate[date] | None:
        """`Zahlbar ohne Abzug bis 06.06.2026.`: a sentence about paying, a word for until, and one date."""
        for line in self._marks.lines:
            found = days_in(line.text)
            if len(found) == 1 and _PAY_UNTIL.search(plain(line.text)):
                return self.decided(Candidate(value=found[0], score=5.0, quote=line.text, place=line.place))
        return None

    def decided(self, candidate: Candidate[tuple[date, ...]]) -> Candidate[date]:
        decided = self._decided(candidate, month_first=self._month_first)
        assert decided is not None
        return decided

    def _decided(
        self, candidate: Candidate[tuple[date, ...]] | None, *, month_first: bool | None
    ) -> Candidate[date] | None:
        if candidate is None:
            return None
        readings = candidate.value
        value = readings[-1] if month_first and len(readings) == 2 else readings[0]
        if month_first is None and len(readings) == 2 and not self._writes_days_first:
            self.warnings.append(
                f"The date {candidate.quote!r} can be read in two ways; it is taken as {value.isoformat()} (day first)."
            )
        return Candidate(value=value, score=candidate.score, quote=candidate.quote, place=candidate.place)

    def _proven(self) -> bool | None:
        """Whether a date such as 03/22/2026 shows that months come first, or 22/03/2026 that days do."""
        votes: Counter[bool] = Counter()
        for line in self._marks.lines:
            for match in re.finditer(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(?:\d{4}|\d{2})(?![\d/])", line.text):
                first, second = int(match[1]), int(match[2])
                if first > 12 >= second:
                    votes[False] += 1
                elif second > 12 >= first:
                    votes[True] += 1
        return votes.most_common(1)[0][0] if len(votes) == 1 else None


def _first_days(text: str) -> tuple[date, ...] | None:
    found = days_in(text)
    return found[0] if found else None


def _order_by_terms(issued: tuple[date, ...], due: tuple[date, ...]) -> bool | None:
    """Only one order of day and month may give a payment term between 0 and 120 days."""
    fits = [0 <= (due[min(i, len(due) - 1)] - issued[min(i, len(issued) - 1)]).days <= 120 for i in (0, 1)]
    return None if fits[0] == fits[1] else fits[1]


def type_code(pages: tuple[Page, ...], *, gross: Decimal | None) -> tuple[str, str | None]:
    """380, 381 or 384 by the title; the words that said so. Only titles count: short phrases high on the first page."""
    if not pages:
        return "380", None
    first = pages[0]
    for phrase in first.phrases:
        if phrase.y > first.height * 0.5 or len(phrase.parts) > 6:
            continue
        match = _CREDIT.search(plain(phrase.text))
        if match:
            return ("384" if match[1] in _CORRECTED else "381"), phrase.text
    return "380", None
