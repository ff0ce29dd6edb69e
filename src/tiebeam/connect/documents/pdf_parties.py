"""Who sends the invoice and who receives it: letterhead against addressee."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tiebeam.connect.documents.model import Party
from tiebeam.connect.documents.pdf_accounts import vat_at, vat_ids_in, whole_vat
from tiebeam.connect.documents.pdf_dates import days_in, plain
from tiebeam.connect.documents.pdf_fields import Mark, Marks
from tiebeam.connect.documents.pdf_labels import field_labels, token_of, word_set
from tiebeam.connect.documents.pdf_numbers import is_number
from tiebeam.connect.documents.pdf_words import Page, Words, joined
from tiebeam.connect.documents.result import Evidence

_FORMS = re.compile(
    r"(?:^|[\s,.(])("
    r"ges\.?m\.?b\.?h\.?|gmbh(?: & co\.?(?: kg)?)?|mbh|ag|se|kg|ohg|ug|gbr|e\.? ?k\.?|e\.? ?v\.?|a\. ?g\.?"
    r"|ltd\.?|limited|llc|llp|plc"
    r"|inc\.?|corp\.?|incorporated|company|co\.|s\.?a\.?s?\.?u?|s\.?a\.?r\.?l\.?|sprl|srl|s\.r\.l\.?|s\.p\.a\.?"
    r"|spa|s\.?n\.?c\.?|b\.?v\.?|n\.?v\.?|v\.?o\.?f\.?|s\.?l\.?u?\.?|lda\.?|ab|a/s|as|aps|asa|ans|oy|oyj"
    r"|d\.o\.o\.?|sp\. ?z ?o\.o\.?|s\.r\.o\.?|kft\.?|coop|eg|stichting|vzw|sàrl|eirl|eurl|scop|hb|i/s|k/s|p/s|group"
    r"|holding|(?:&|and|und|et|e|en) (?:sons?|söhne|sohn|fils|figli|zonen|zoon|hijos|filhos|co))(?:$|[\s,.)])",
    re.IGNORECASE,
)
_TITLES = word_set(
    """invoice rechnung facture factuur fattura factura fatura faktura lasku creditnote creditmemo gutschrift
    avoir creditnota kreditnota kreditfaktura notadicredito taxinvoice original kopie copy duplicate duplikat
    rechnungskorrektur page seite vatinvoice salesinvoice commercialinvoice proforma hyvityslasku factuurcopy
    notadecredito fatturadivendita invoicecopy statement abono quote handelsrechnung kreditnote
    fakturaoriginal"""
)
_SPLIT = re.compile(
    r"\s*[·•●|∙▪◆]\s*|\s+[–—-]\s+|\s{2,}|,\s+(?!(?:inc|llc|ltd|limited|corp|plc|gmbh|co|lda|sa|sl|slu|srl|spa|sas|sarl"
    r"|ab|as|oy|ag|kg|bv|nv|b\.v|n\.v|s\.\w)\b)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|^\d+[ ,]"
    r"|\b\w+(?:strasse|straße|str\.|weg|platz|gasse|straat|laan|gatan|vägen|gata|vej|gade|katu|tie)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(rue|avenue|boulevard|via|piazza|viale|corso|calle|avenida|plaza|rua|street|road|lane|avenue|square|drive|allée|quai)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\b(?:capital|rcs|siret|registergericht|handelsregister|amtsgericht|registro)\b|@|www\.|https?:|\+\d{2}|\btel\b|\bfax\b|\btlf\b",
    re.IGNORECASE,
)
_PLACE_FIRST = re.compile(r"(?!CHE|ATU)[A-Z]{3}")
"""`RCS Lyon 564597`: the number of a register with its town, no VAT id."""
_MOST_WORDS = 9
_FAR = 90
"""Points between a heading and a value of its own."""


@dataclass(frozen=True, slots=True)
class Parties:
    seller: Party
    buyer: Party
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    words: Words
    score: float


def read_parties(pages: Sequence[Page], marks: Marks, *, table_start: int) -> Parties:
    """`table_start` is the line where the table of lines begins; names stand above it or in the footer."""
    block = _buyer_block(marks, table_start=table_start)
    buyer_name = _first_name(block)
    seller_vat, buyer_vat, vat_evidence = _vat_ids(marks, block=block)
    name = _seller_name(pages, marks, block=block, buyer=buyer_name, vat=vat_evidence, table_start=table_start)
    evidence: list[Evidence] = []
    if name is not None:
        evidence.append(Evidence("seller.name", name.words.text[:300], name.words.place))
    if vat_evidence is not None:
        evidence.append(Evidence("seller.vat_id", vat_evidence.text[:300], vat_evidence.place))
    if buyer_name is not None:
        evidence.append(Evidence("buyer.name", buyer_name.words.text[:300], buyer_name.words.place))
    seller = Party(name=name.text if name else None, vat_id=seller_vat, country=_country(seller_vat), email=None)
    buyer = Party(name=buyer_name.text if buyer_name else None, vat_id=buyer_vat, country=_country(buyer_vat))
    return Parties(seller=seller, buyer=buyer, evidence=tuple(evidence))


def _country(vat: str | None) -> str | None:
    if vat is None or not vat[:2].isalpha():
        return None
    return {"EL": "GR", "XI": "GB"}.get(vat[:2], vat[:2])


def _is_heading(mark: Mark) -> bool:
    """`Bill to` and its like count where they head an address; `To` and `An` must end in a colon or stand alone."""
    if not mark.starts:
        return False
    short = len(mark.label.text.strip(":")) <= 4
    stands_alone = len(mark.label.parts) == len(mark.phrase.parts)
    return (stands_alone or mark.is_closed) if short else (stands_alone or mark.is_closed or bool(mark.rest))


def _buyer_block(marks: Marks, *, table_start: int) -> list[Words]:
    """The phrases of the addressee: beside or under the label, down to a gap or the next label."""
    block: list[Words] = []
    for kind in ("buyer", "ship_to"):
        for mark, _ in marks.of(kind):
            if mark.line < table_start and mark.label.page == 1 and _is_heading(mark):
                block.extend(_block_of(mark, marks))
    return block


def _block_of(mark: Mark, marks: Marks) -> Iterator[Words]:
    values = _below_first(marks, mark, values=list(marks.values(mark)))
    if mark.rest:
        yield mark.phrase
    elif values and abs(values[0][1].y - mark.label.y) < 1:
        yield values[0][1]
    left = values[0][1].x0 if values and not mark.rest else mark.label.x0
    last = mark.label
    for number in range(mark.line + 1, min(mark.line + 10, len(marks.lines))):
        line = marks.lines[number]
        if line.page != last.page or line.y - last.y > 2.6 * max(line.size, last.size):
            return
        own = [(i, p) for i, p in enumerate(line.parts) if abs(p.x0 - left) < 14 or abs(p.x0 - mark.label.x0) < 14]
        if not own:
            continue
        position, phrase = own[0]
        if _heads_other(marks, number, position):
            return
        following = line.parts[position + 1] if position + 1 < len(line.parts) else None
        if phrase.text.endswith(":") and following is not None:
            phrase = joined((*phrase.words, *following.words))
        yield phrase
        last = phrase


def _below_first(marks: Marks, mark: Mark, *, values: list[tuple[float, Words]]) -> list[tuple[float, Words]]:
    """An address stands right under its heading; what stands far to the right is another column."""
    below = None if mark.rest else marks.below(mark)
    if below is None or not values or abs(below.x0 - mark.label.x0) > 6:
        return values
    is_far = values[0][1].x0 - mark.label.x1 > _FAR and abs(values[0][1].y - mark.label.y) < 1
    return [(1.0, below)] if is_far else values


def _heads_other(marks: Marks, line: int, position: int) -> bool:
    kinds = {"number", "issue_date", "due_date", "order_reference", "seller"}
    return any(m.line == line and m.position == position and m.starts and kinds & set(m.kinds) for m in marks.marks)


def _first_name(block: Sequence[Words]) -> _Name | None:
    for phrase in _named_first(block):
        text = phrase.text
        head, colon, tail = text.partition(":")
        if colon and len(head) < 40 and tail.strip():
            if not _may_head_name(head):
                continue  # `Nummer: 4711` in an address block is no name.
            text = tail.strip()
        name = re.split(r";", _SPLIT.split(text)[0])[0].strip(" :,-")
        if sum(letter.isalpha() for letter in name) >= 2 and not _CONTACT.search(name) and not vat_at(name):
            return _Name(name, phrase, 0.0)
    return None


def _named_first(block: Sequence[Words]) -> list[Words]:
    """A line that calls itself a name comes before the others."""
    return sorted(block, key=lambda phrase: "name" not in _kinds_of_head(phrase.text.partition(":")[0]))


def _may_head_name(head: str) -> bool:
    return bool({"name", "buyer", "seller", "ship_to", "holder"} & set(_kinds_of_head(head)))


def _kinds_of_head(head: str) -> list[str]:
    tokens = [token_of(word) for word in head.split()]
    return [kind.rstrip("?") for kind in field_labels().at(tokens, 0)[1]] if tokens else []


def _vat_ids(marks: Marks, *, block: Sequence[Words]) -> tuple[str | None, str | None, Words | None]:
    """The seller's id is the one outside the addressee's block."""
    own: list[tuple[float, str, Words]] = []
    other: list[str] = []
    for kind, base in (("vat_id", 10.0), ("vat_id?", 4.0)):
        for mark in marks.marks:
            if kind not in mark.kinds:
                continue
            for score, words in marks.values(mark):
                value = _vat_behind(words.text)
                if value is None or (kind == "vat_id?" and _PLACE_FIRST.match(value)):
                    continue
                value = whole_vat(value, phrase=mark.phrase if mark.rest else words, lines=marks.lines)
                if mark.phrase in block or words in block or _is_in(mark.phrase, block):
                    other.append(value)
                else:
                    own.append((base + score, value, mark.phrase))
                break
    for line in marks.lines:
        for value, phrase in vat_ids_in(line):
            if phrase in block or _is_in(phrase, block):
                other.append(value)
            else:
                own.append((8.0, value, phrase))
    own = [item for item in own if item[1] not in other] or own
    best = max(own, key=lambda item: item[0], default=None)
    return (best[1] if best else None), (other[0] if other else None), (best[2] if best else None)


def _vat_behind(text: str) -> str | None:
    """The id at the start, or behind at most two more words of its label: `intracom. FR 23 531 147 321`."""
    words = text.split()
    for start in range(min(3, len(words))):
        if any(any(letter.isdigit() for letter in word) for word in words[:start]):
            return None
        value = vat_at(" ".join(words[start:]))
        if value is not None and (start == 0 or any(letter.isdigit() for letter in value[2:4])):
            return value
    return None


def _is_in(phrase: Words, block: Sequence[Words]) -> bool:
    """Whether a phrase belongs to the block although the block's own words were cut differently."""
    return any(
        b.page == phrase.page and abs(b.y - phrase.y) < 1 and b.x0 <= phrase.x0 + 1 and phrase.x1 <= b.x1 + 1
        for b in block
    )


def _seller_name(
    pages: Sequence[Page],
    marks: Marks,
    *,
    block: Sequence[Words],
    buyer: _Name | None,
    vat: Words | None,
    table_start: int,
) -> _Name | None:
    named = _labelled_seller(marks, kind="seller")
    if named is not None or not pages:
        return named
    first = pages[0]
    usual = median([line.size for line in first.lines]) if first.lines else 10.0
    everything = plain(" ".join(line.text for page in pages for line in page.lines))
    names: list[_Name] = []
    for number, line in enumerate(marks.lines):
        if line.page != 1:
            continue
        is_below = table_start <= number and line.y < first.height * 0.8
        for position, phrase in enumerate(line.parts):
            if _is_in(phrase, block) or marks.states_label(number, position):
                continue
            for text in _parts(phrase):
                if buyer is not None and plain(text) == plain(buyer.text):
                    continue
                if is_below and not _FORMS.search(text):
                    continue
                score = _score(text, phrase, page=first, usual=usual, vat=vat, everything=everything)
                if score is not None:
                    names.append(_Name(text, phrase, score))
    best = max(names, key=lambda name: name.score, default=None)
    if best is not None and best.score >= 3.0:
        return _in_full(best, names=names)
    return _labelled_seller(marks, kind="holder")


def _in_full(best: _Name, *, names: Sequence[_Name]) -> _Name:
    """A logo often shows only the beginning of the name; the name with its legal form stands elsewhere."""
    if _FORMS.search(best.text):
        return best
    start = plain(best.text) + " "
    longer = [name for name in names if plain(name.text).startswith(start) and _FORMS.search(name.text)]
    return max(longer, key=lambda name: name.score, default=best)


def _labelled_seller(marks: Marks, *, kind: str) -> _Name | None:
    for mark, _ in marks.of(kind):
        if not mark.starts or not (mark.is_closed or len(mark.label.parts) == len(mark.phrase.parts)):
            continue  # `Lieferant GmbH` is a name that begins with a label's word.
        block = [mark.phrase] if mark.rest and not mark.is_closed else list(_block_of(mark, marks))
        name = _first_name(block)
        if name is not None and _score_text(name.text) is not None:
            return name
    return None


def _parts(phrase: Words) -> list[str]:
    """`Bei Spiel GmbH · Ecke 12 · 12345 Stadthausen` names the sender first."""
    whole = phrase.text.strip(" ,")
    first = _SPLIT.split(whole)[0].strip(" ,")
    return [whole] if first == whole else [first]


def _score_text(text: str) -> float | None:
    """How much a text looks like a company's name; None where it cannot be one."""
    letters = sum(letter.isalpha() for letter in text)
    words = text.split()
    tokens = "".join(token_of(word) for word in words)
    if (
        letters < 2
        or len(words) > _MOST_WORDS
        or len(text) > 90
        or is_number(text)
        or days_in(text)
        or _CONTACT.search(text)
    ):
        return None
    if (
        tokens in _TITLES
        or any(tokens.startswith(title) and len(tokens) - len(title) < 3 for title in _TITLES)
        or text.endswith(":")
    ):
        return None
    if token_of(words[0]) in _TITLES and any(c.isdigit() for c in text):
        return None
    score = 4.0 if _FORMS.search(text) else 0.0
    if _ADDRESS.search(text) or _STREET.search(text):
        score -= 4.0
    return score - 0.6 * sum(c.isdigit() for c in text)


def _score(text: str, phrase: Words, *, page: Page, usual: float, vat: Words | None, everything: str) -> float | None:
    score = _score_text(text)
    if score is None:
        return None
    score += max(-2.0, min(5.0, (phrase.size / max(usual, 1.0) - 1.0) * 6))
    score += 3.0 * (1.0 - min(1.0, phrase.y / (page.height * 0.45)))
    if vat is not None and vat.page == phrase.page:
        above = vat.y - phrase.y
        reach = 9 * max(vat.size, 8.0)
        if 0 <= above <= reach and (abs(vat.x0 - phrase.x0) < 16 or abs(vat.x1 - phrase.x1) < 16):
            score += 3.0 - above / reach
        if (
            abs(above) < 3.2 * max(vat.size, phrase.size)
            and phrase.y > page.height * 0.3
            and (_FORMS.search(text) or phrase is vat)
        ):
            score += 4.0  # A footer names the sender beside the registrations.
    if everything.count(plain(text)) > 1 and len(text) > 3:
        score += 2.0
    return score
