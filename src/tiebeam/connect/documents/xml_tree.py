"""XML from strangers: parsed without entities, network or DTDs, inside limits, and walked by local names."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - compiled, without types

from tiebeam.connect.documents.result import QUOTE_LIMIT, Evidence, Limits, ReadErrorCode, Unreadable

Element: TypeAlias = Any
"""An lxml element; lxml ships no types."""

_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']?([A-Za-z0-9._-]+)""")
_ENCODING = re.compile(
    r"utf-?8|utf-?16([bl]e)?|us-ascii|ascii|iso-?8859-?\d+|latin-?1|windows-125\d|cp125\d", re.IGNORECASE
)
_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_MAX_DIGITS = 40
_LONGEST_TEXT = 5_000
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(T.*|Z|[+-]\d{2}:\d{2})?")
_PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


def _as_utf8(data: bytes) -> bytes:
    """UTF-16 becomes UTF-8 so that the checks before parsing see what the parser sees."""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise Unreadable(ReadErrorCode.UNSUPPORTED, "The XML is written in UTF-32; ask the sender for UTF-8.")
    codec = None
    if data.startswith((b"\xff\xfe", b"<\x00")):
        codec = "utf-16-le"
    elif data.startswith((b"\xfe\xff", b"\x00<")):
        codec = "utf-16-be"
    if codec is None:
        return data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode(codec).lstrip("\ufeff")
    except UnicodeDecodeError as problem:
        raise Unreadable(
            ReadErrorCode.XML_MALFORMED, f"The XML says it is UTF-16 but is not ({problem.reason}); ask for a new copy."
        ) from problem
    return re.sub(r"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*(\"[^\"]*\"|'[^']*')", r"\1", text).encode()


def _check_before_parsing(data: bytes, *, limits: Limits) -> None:
    declared = _DECLARED.match(data[:400])
    if declared and not _ENCODING.fullmatch(declared.group(1).decode("ascii")):
        raise Unreadable(
            ReadErrorCode.UNSUPPORTED,
            f"The XML is written in {declared.group(1).decode('ascii')!r}, which is not read here; ask for UTF-8.",
        )
    start = _PROLOG.match(data)
    head = data[start.end() if start else 0 :][:9].upper()
    if head.startswith(b"<!DOCTYPE"):
        raise Unreadable(
            ReadErrorCode.XML_ENTITY,
            "The XML brings its own document type (DOCTYPE), which can define entities that blow up or reach out; "
            "invoices never need one. Ask the sender for the plain invoice.",
        )
    if data.count(b"<") > 2 * limits.xml_nodes:
        raise Unreadable(
            ReadErrorCode.TOO_LARGE, f"The XML has more than {limits.xml_nodes} elements; no invoice does."
        )


def parse_xml(data: bytes, *, limits: Limits) -> Element:
    """The root element. Raises Unreadable with the reason; never expands entities or opens anything."""
    data = _as_utf8(data)
    _check_before_parsing(data, limits=limits)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise _malformed(problem) from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(ReadErrorCode.XML_ENTITY, "The XML brings its own document type (DOCTYPE); it is not read.")
    if root.xpath("boolean(" + "/*" * (limits.xml_depth + 1) + ")"):
        raise Unreadable(ReadErrorCode.TOO_DEEP, f"The XML is nested deeper than {limits.xml_depth} levels.")
    return root


def _malformed(problem: Exception) -> Unreadable:
    text = str(problem).replace(" (<string>, line", " (line")
    if "xcessive depth" in text:
        return Unreadable(ReadErrorCode.TOO_DEEP, "The XML is nested far deeper than any invoice.")
    if "too long" in text or "huge" in text.lower():
        return Unreadable(ReadErrorCode.TOO_LARGE, f"The XML holds one value that is far too long: {text[:200]}.")
    return Unreadable(
        ReadErrorCode.XML_MALFORMED,
        f"The XML is damaged and cannot be read: {text[:250]}. Ask the sender for a new copy.",
    )


def local_name(element: Element) -> str:
    return etree.QName(element).localname


def find(element: Element | None, path: str) -> Element | None:
    """The first element at a path of local names such as `Party/PartyName/Name`."""
    return None if element is None else element.find("{*}" + path.replace("/", "/{*}"))


def find_all(element: Element | None, path: str) -> list[Element]:
    return [] if element is None else element.findall("{*}" + path.replace("/", "/{*}"))


def text_of(element: Element | None) -> str | None:
    """The element's own text without surrounding white space; None where absent or empty."""
    if element is None or element.text is None:
        return None
    return element.text.strip() or None


def place_of(element: Element) -> str:
    """A readable path of local names from the root, numbered where siblings repeat."""
    steps: list[str] = []
    while element is not None:
        name = local_name(element)
        before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        after = before or next(element.itersiblings(element.tag), None) is not None
        steps.append(f"{name}[{before + 1}]" if after else name)
        element = element.getparent()
    return "/" + "/".join(reversed(steps))


class Sheet:
    """Reads values from elements and keeps the evidence and the warnings that come up on the way."""

    def __init__(self) -> None:
        self.evidence: list[Evidence] = []
        self.warnings: list[str] = []

    def note(self, field: str | None, element: Element, text: str) -> None:
        if field is not None:
            self.evidence.append(Evidence(field=field, text=text[:QUOTE_LIMIT], place=place_of(element)))

    def text(self, element: Element | None, *paths: str, field: str | None = None) -> str | None:
        """The first path that says anything."""
        for path in paths:
            for candidate in find_all(element, path):
                value = text_of(candidate)
                if value is not None:
                    self.note(field, candidate, value)
                    return self._kept(value, what=local_name(candidate))
        return None

    def _kept(self, value: str, *, what: str) -> str:
        if len(value) <= _LONGEST_TEXT:
            return value
        self.warnings.append(f"{what} has {len(value)} characters; the first {_LONGEST_TEXT} are kept.")
        return value[:_LONGEST_TEXT]

    def amount(self, element: Element | None, *paths: str, field: str | None = None) -> Decimal | None:
        for path in paths:
            for candidate in find_all(element, path):
                value = text_of(candidate)
                if value is not None:
                    self.note(field, candidate, value)
                    return self.decimal(value, what=local_name(candidate))
        return None

    def decimal(self, text: str, *, what: str) -> Decimal | None:
        cleaned = text.strip()
        if len(cleaned) <= _MAX_DIGITS and _AMOUNT.fullmatch(cleaned):
            try:
                return Decimal(cleaned)
            except InvalidOperation:
                pass  # Falls through to the warning below, the same as any other text that is no number.
        self.warnings.append(f"{what} is not a number: {text[:60]!r}.")
        return None

    def day(self, element: Element | None, *paths: str, field: str | None = None) -> date | None:
        for path in paths:
            for candidate in find_all(element, path):
                value = text_of(candidate)
                if value is not None:
                    self.note(field, candidate, value)
                    return self.date(value, what=local_name(candidate))
        return None

    def date(self, text: str, *, what: str) -> date | None:
        """ISO days (with or without time) and CCYYMMDD."""
        match = _ISO_DAY.fullmatch(text) or _PLAIN_DAY.fullmatch(text[:8])
        if match:
            try:
                return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
            except ValueError:
                pass  # Falls through to the warning: 31 February is as unreadable as no date at all.
        self.warnings.append(f"{what} is not a date: {text[:60]!r}.")
        return None


def compact(text: str | None) -> str | None:
    """Without any white space, as identifiers such as VAT ids and IBANs are compared."""
    return None if text is None else "".join(text.split()) or None
