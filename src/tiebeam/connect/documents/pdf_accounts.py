"""Identifiers that prove themselves: IBANs by checksum, VAT ids by form or label, currencies by code or sign."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tiebeam.connect.documents.pdf_fields import Marks
from tiebeam.connect.documents.pdf_labels import word_set
from tiebeam.connect.documents.pdf_numbers import CURRENCIES, currency_in, is_number
from tiebeam.connect.documents.pdf_words import Words
from tiebeam.connect.documents.result import Evidence

_IBAN = re.compile(r"(?<![A-Z0-9])([A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){10,30})(?![A-Z0-9])")
_IBAN_LABEL = re.compile(r"\bIBAN\b[^A-Z0-9]*(?:[A-Za-z-]+\.?\s*:)?\s*([A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,30}){1,9})")
_IBAN_LENGTHS = {
    country: int(length)
    for country, _, length in (
        part.partition(":")
        for part in word_set(
            """AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18
            DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 HR:21 HU:28 IE:22 IL:23
            IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MT:31 NL:18
            NO:15 PK:24 PL:28 PT:25 QA:29 RO:24 RS:22 SA:24 SE:24 SI:19 SK:24 SM:27 TN:24 TR:26 UA:29 XK:20"""
        )
    )
}
_VAT = re.compile(
    r"(?<![A-Z0-9])(ATU\d{8}|BE[01]?\d{9}|BG\d{9,10}|CHE-?\d{3}\.?\d{3}\.?\d{3}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|EL\d{9}|ES[A-Z0-9]\d{7}[A-Z0-9]"
    r"|FI\d{8}|FR[A-Z0-9]{2}\d{9}|GB\d{9}|HR\d{11}|HU\d{8}|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT\d{11}|LT\d{9}(?:\d{3})?|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}"
    r"|NO\d{9}(?:MVA)?|PL\d{10}|PT\d{9}|RO\d{2,10}|SE\d{10}01|SE\d{12}|SI\d{8}|SK\d{10}|XI\d{9})(?![A-Z0-9])"
)
_VAT_SPACED = re.compile(r"\b([A-Z]{2,3}[ .-]?[A-Z0-9](?:[ .-]?[A-Z0-9]){6,14})\b(?:\s*(MVA|MWST|TVA|IVA))?")
_LABELLED = re.compile(r"[A-Z]{2,3}[A-Z0-9]{5,14}|\d{7,14}|[A-Z]\d{7,8}[A-Z]?|\d{8}[A-Z]|\d{2,3}/\d{3}/\d{4,5}")
_LEAST_DIGITS = 5
_COUNTRY_OF_KRONA = {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"}
_KRONA = re.compile(r"^(?:[\d.,  ]+)?kr\.?$|^kr\.?[\d.,]*$", re.IGNORECASE)


def is_iban(account: str) -> bool:
    """The checksum of ISO 13616, and the length where the country is in the register."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", account) or len(account) != _IBAN_LENGTHS.get(
        account[:2], len(account)
    ):
        return False
    return int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4])) % 97 == 1


def ibans(marks: Marks) -> tuple[tuple[str, ...], tuple[Evidence, ...], tuple[str, ...]]:
    """Accounts with a valid checksum, and what else follows the label IBAN, with a warning."""
    found: dict[str, Evidence] = {}
    for line in marks.lines:
        for phrase in line.parts:
            for match in _IBAN.finditer(phrase.text):
                account = _valid_prefix(match[1])
                if account:
                    found.setdefault(account, Evidence("ibans", phrase.text[:300], phrase.place))
            label = _IBAN_LABEL.search(phrase.text)
            if label and not any(_length_cut(label[1]).startswith(account) for account in found):
                whole = _wrapped(_length_cut(label[1]), phrase=phrase, lines=marks.lines)
                found.setdefault(whole, Evidence("ibans", phrase.text[:300], phrase.place))
    _beside_label(marks, found)
    warnings = tuple(
        f"The account {account!r} fails the IBAN checksum or length; it is given as printed."
        for account in found
        if not is_iban(account)
    )
    return tuple(found), tuple(found.values()), warnings


def _wrapped(account: str, *, phrase: Words, lines: Sequence[Words]) -> str:
    """In a narrow column the end of an account stands on the next line; the checksum proves that it belongs."""
    for line in lines:
        if line.page != phrase.page or not 0 < line.y - phrase.y < 2 * phrase.size:
            continue
        for below in line.parts:
            if abs(below.x0 - phrase.x0) > 40 and below.x0 < phrase.x0:
                continue
            whole = account + "".join(below.text.split()[:6])
            whole = whole[: _IBAN_LENGTHS.get(whole[:2], len(whole))]
            if below.x0 < phrase.x1 and len(account) < len(whole) and is_iban(whole):
                return whole
    return account


def _beside_label(marks: Marks, found: dict[str, Evidence]) -> None:
    for mark in marks.marks:
        if mark.label.text.strip(":.()").upper() != "IBAN":
            continue
        for _, words in marks.values(mark):
            account = _wrapped(_length_cut(words.text), phrase=words, lines=marks.lines)
            is_known = any(account.startswith(a) or a.startswith(account) for a in found)
            if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", account) and not is_known:
                found.setdefault(account, Evidence("ibans", words.text[:300], words.place))
                break


def _length_cut(text: str) -> str:
    """Printed in groups, an account ends at its country's length, for other words may follow; in one piece it stays."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    if len(first) > 8:
        return first.replace("-", "").strip(".,;")
    bare = "".join(text.split()).replace("-", "")
    return bare[: _IBAN_LENGTHS.get(bare[:2], len(bare))]


def _valid_prefix(text: str) -> str | None:
    """The account at the start: other words may follow it without a clear end."""
    bare = re.sub(r"[ \u00a0-]", "", text)
    known = _IBAN_LENGTHS.get(bare[:2])
    if known is not None:
        return bare[:known] if is_iban(bare[:known]) else None
    ends: list[str] = []
    total = ""
    for part in re.split(r"[ \u00a0-]", text):
        total += part
        ends.append(total)
    return next((end for end in reversed(ends) if is_iban(end)), None)


def vat_at(text: str) -> str | None:
    """A VAT id behind its label: any registered form, or something near to one."""
    compacted = re.sub(r"[\s.\-]", "", text.upper())
    match = _VAT.search(text.upper()) or _VAT.match(compacted)
    if match:
        return _with_suffix(re.sub(r"[\s.\-]", "", match[1]), text=text)
    spaced = _VAT_SPACED.match(text.upper().strip(" :#"))
    if spaced:
        bare = re.sub(r"[\s.\-]", "", spaced[1])
        if sum(c.isdigit() for c in bare) >= _LEAST_DIGITS and _LABELLED.fullmatch(bare):
            return _with_suffix(bare, text=text)
    first = text.upper().strip(" :#").split(" ")[0].strip(",;")
    digits = sum(c.isdigit() for c in first)
    if _LABELLED.fullmatch(first) and digits >= _LEAST_DIGITS:
        return first
    dotted = re.sub(r"[.\-]", "", first)
    if dotted.isdigit() and 9 <= len(dotted) <= 11:
        return dotted
    packed = re.match(r"[\d ]{9,16}", text.strip(" :#"))
    return packed[0].replace(" ", "") if packed and len(packed[0].replace(" ", "")) >= 8 else None


def whole_vat(value: str, *, phrase: Words, lines: Sequence[Words]) -> str:
    """In a narrow column the end of an id stands on the next line; the form of its country proves that it belongs."""
    if _VAT.fullmatch(value) or not value[:2].isalpha():
        return value
    for line in lines:
        if line.page != phrase.page or not 0 < line.y - phrase.y < 2 * phrase.size:
            continue
        for below in line.parts:
            longer = value + re.sub(r"[\s.\-]", "", below.parts[0].text.upper() if below.parts else "")
            if below.x0 < phrase.x1 and below.x1 > phrase.x0 and _VAT.fullmatch(longer):
                return longer
    return value


def _with_suffix(bare: str, *, text: str) -> str:
    """Norwegian ids end in MVA; it is part of the id."""
    upper = text.upper()
    return (
        bare + "MVA"
        if bare.startswith("NO") and not bare.endswith("MVA") and "MVA" in upper.split(bare[-3:])[-1][:6]
        else bare
    )


def vat_ids_in(line: Words) -> Iterable[tuple[str, Words]]:
    """Ids without a label, recognised by the exact form of their country."""
    for phrase in line.parts:
        for match in _VAT.finditer(phrase.text):
            if not _IBAN.search(phrase.text) or match[1] not in re.sub(r"[ -]", "", phrase.text)[:40]:
                yield re.sub(r"[\s.\-]", "", match[1]), phrase


def currency(
    lines: Sequence[Words], marks: Marks, *, country: str | None
) -> tuple[str | None, Evidence | None, str | None]:
    """By label, else by the code beside amounts, else by a sign; `kr` needs the seller's country."""
    for mark, _ in marks.of("currency"):
        for _, words in marks.values(mark):
            code = next((c for c in (currency_in(w) for w in words.text.split()) if c), None)
            if code:
                return code, Evidence("currency", f"{mark.label.text} {words.text}"[:300], words.place), None
    votes: Counter[str] = Counter()
    where: dict[str, Words] = {}
    for line in lines:
        words = line.words
        for index, word in enumerate(words):
            code = currency_in(word.text)
            if code is None and _KRONA.match(word.text) and country in _COUNTRY_OF_KRONA:
                code = _COUNTRY_OF_KRONA[country]
            if code is None:
                continue
            near = [words[i].text for i in (index - 1, index + 1) if 0 <= i < len(words)]
            beside = any(is_number(text) for text in near) or any(c.isdigit() for c in word.text)
            votes[code] += 3 if beside else 1
            where.setdefault(code, word)
    if not votes:
        return None, None, None
    code = votes.most_common(1)[0][0]
    word = where[code]
    only_dollar = (
        code == "USD"
        and "USD" not in word.text
        and not any(c in " ".join(ln.text for ln in lines) for c in ("USD", "US$"))
    )
    warning = "The currency is printed as $ only; it is taken as US dollars." if only_dollar else None
    assert code in CURRENCIES
    return code, Evidence("currency", word.text[:300], word.place), warning
