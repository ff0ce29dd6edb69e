"""XML that would blow up, reach out, or be read as something else than what it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.builders.hostile_tools import DATA, Hostile, ubl

_ENTITY = ("xml_entity",)
_LIMIT = ("too_deep", "too_large", "xml_malformed", "timeout", "out_of_memory")


def xml_documents(rng: Random, *, port: int) -> Iterator[Hostile]:
    yield from _entities(rng, port=port)
    yield from _references(port=port)
    yield from _sizes(rng)
    yield from _encodings()
    yield from _bytes(rng)


def _doctype(inside: str, number: str = "&x;") -> bytes:
    return ubl(prolog=f"<!DOCTYPE Invoice [{inside}]>", number=number)


def _entities(rng: Random, *, port: int) -> Iterator[Hostile]:
    for levels in (8, rng.randrange(9, 30)):
        rows = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, levels))
        yield Hostile(
            "xml: billion laughs", f"laughs-{levels}.xml", _doctype(f'<!ENTITY a0 "ha">{rows}', "&a7;"), _ENTITY
        )
    long = "x" * rng.randrange(50_000, 200_000)
    yield Hostile("xml: quadratic blow-up", "quadratic.xml", _doctype(f'<!ENTITY x "{long}">', "&x;" * 5000), _ENTITY)
    places = {
        "a file": "file:///etc/passwd",
        "a device": "file:///dev/zero",
        "a process": "file:///proc/self/environ",
        "a server": f"http://127.0.0.1:{port}/x",
        "an ftp server": f"ftp://127.0.0.1:{port}/x",
        "another scheme": "expect://id",
        "a share": "//127.0.0.1/share/x",
    }
    for what, place in places.items():
        yield Hostile(f"xml: external entity, {what}", "xxe.xml", _doctype(f'<!ENTITY x SYSTEM "{place}">'), _ENTITY)
    parameter = f'<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p.dtd"> %p;'
    yield Hostile("xml: parameter entity", "parameter.xml", _doctype(parameter, "R-1"), _ENTITY)
    nested = "<!ENTITY % a \"<!ENTITY &#37; b SYSTEM 'file:///etc/passwd'>\"> %a; %b;"
    yield Hostile("xml: nested parameter entities", "nested.xml", _doctype(nested, "R-1"), _ENTITY)
    for how in (f'SYSTEM "http://127.0.0.1:{port}/x.dtd"', f'PUBLIC "-//X//Y" "http://127.0.0.1:{port}/x.dtd"'):
        yield Hostile("xml: external DTD", "dtd.xml", ubl(prolog=f"<!DOCTYPE Invoice {how}>"), _ENTITY)
    hidden = f"<?x {'y' * 100_000}?><!-- {'z' * 100_000} -->"
    yield Hostile("xml: DOCTYPE far behind", "far.xml", ubl(prolog=hidden + "<!DOCTYPE Invoice>"), _ENTITY)
    attribute = '<!ATTLIST Invoice x CDATA "defaulted">'
    yield Hostile("xml: attribute defaults", "attlist.xml", _doctype(attribute, "R-1"), _ENTITY)
    yield Hostile("xml: unknown entity", "unknown.xml", ubl(number="&nowhere;"), ("xml_malformed", "xml_entity", *DATA))


def _references(*, port: int) -> Iterator[Hostile]:
    include = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    for href in ("file:///etc/passwd", f"http://127.0.0.1:{port}/x"):
        inside = f'<xi:include {include} href="{href}" parse="text"/>'
        yield Hostile("xml: XInclude", "xinclude.xml", ubl(note=inside, number=inside), DATA)
    place = f'xsi:schemaLocation="urn:x http://127.0.0.1:{port}/x.xsd"'
    schema = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {place}'
    yield Hostile("xml: schema elsewhere", "schema.xml", ubl(attributes=f" {schema}"), DATA)
    sheet = f'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:{port}/x.xsl"?>\n'
    yield Hostile("xml: stylesheet elsewhere", "sheet.xml", ubl(prolog=sheet), DATA)
    base = f' xml:base="http://127.0.0.1:{port}/"'
    yield Hostile("xml: base elsewhere", "base.xml", ubl(attributes=base), DATA)
    external = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cac:ExternalReference>"
        f"<cbc:URI>http://127.0.0.1:{port}/x</cbc:URI></cac:ExternalReference></cac:Attachment>"
        "</cac:AdditionalDocumentReference>"
    )
    yield Hostile("xml: attachment elsewhere", "attachment.xml", ubl(extra=external), DATA)
    soap = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>"
    yield Hostile("xml: a SOAP call", "soap.xml", soap.encode(), ("not_an_invoice",))


def _sizes(rng: Random) -> Iterator[Hostile]:
    for depth in (150, 5000, rng.randrange(50_000, 150_000)):
        yield Hostile("xml: deep nesting", f"deep-{depth}.xml", b"<a>" * depth + b"</a>" * depth, _LIMIT)
    yield Hostile("xml: open for ever", "open.xml", b"<a>" * 300_000, _LIMIT)
    size = rng.randrange(11_000_000, 14_000_000)
    yield Hostile("xml: huge attribute", "attribute.xml", b'<Invoice x="' + b"A" * size + b'"/>', _LIMIT)
    yield Hostile("xml: huge text", "text.xml", b"<Invoice>" + b"A" * size + b"</Invoice>", _LIMIT)
    yield Hostile("xml: huge name", "name.xml", b"<" + b"A" * 1_000_000 + b"/>", (*_LIMIT, "not_an_invoice"))
    many = b" ".join(b'a%d="1"' % number for number in range(100_000))
    yield Hostile("xml: many attributes", "attributes.xml", b"<Invoice " + many + b"/>", (*_LIMIT, "unsupported"))
    spaces = b" ".join(b'xmlns:n%d="urn:%d"' % (number, number) for number in range(30_000))
    yield Hostile("xml: many namespaces", "namespaces.xml", b"<Invoice " + spaces + b"/>", (*_LIMIT, "unsupported"))
    yield Hostile("xml: a million elements", "elements.xml", b"<a>" + b"<b/>" * 1_000_000 + b"</a>", _LIMIT)
    comments = "<!---->" * 200_000
    yield Hostile("xml: many comments", "comments.xml", ubl(note=comments), DATA)
    lines = "<cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>" * 50_000
    yield Hostile("xml: many lines", "lines.xml", ubl(extra=lines), DATA)


def _encodings() -> Iterator[Hostile]:
    doctype = _doctype('<!ENTITY x SYSTEM "file:///etc/passwd">').decode()
    for codec in ("utf-16", "utf-16-le", "utf-16-be"):
        text = doctype.replace('encoding="UTF-8"', 'encoding="UTF-16"')
        yield Hostile(f"encoding: DOCTYPE in {codec}", "wide.xml", text.encode(codec), _ENTITY)
    yield Hostile("encoding: UTF-32", "wider.xml", ubl().decode().encode("utf-32"), ("unsupported", "xml_malformed"))
    seven = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-'
    yield Hostile("encoding: UTF-7", "seven.xml", seven, ("unsupported",))
    for name in ("cp037", "hz-gb-2312", "iso-2022-jp", "rot13", "x-user-defined", "utf-16"):
        claimed = ubl().replace(b'"UTF-8"', f'"{name}"'.encode())
        yield Hostile(f"encoding: claims {name}", "claims.xml", claimed, ("unsupported", "xml_malformed", *DATA))
    yield Hostile("encoding: EBCDIC", "ebcdic.xml", ubl().decode().encode("cp037"), ("unsupported", "xml_malformed"))
    overlong = ubl().replace(b"Thank you", b"\xc0\xbcscript\xc0\xbe \xf8\x88\x80\x80\x80")
    yield Hostile("encoding: overlong UTF-8", "overlong.xml", overlong, ("xml_malformed",))
    yield Hostile("encoding: halves of pairs", "halves.xml", ubl(seller="\ud83d and \ude00"), ("xml_malformed",))
    yield Hostile("encoding: wrong half", "latin.xml", ubl().replace(b"Krause", b"Kr\xe4user"), ("xml_malformed",))


def _bytes(rng: Random) -> Iterator[Hostile]:
    honest = ubl()
    yield Hostile("bytes: NUL inside", "nul.xml", honest.replace(b"Krause", b"Kra\x00use"), ("xml_malformed", *DATA))
    yield Hostile("bytes: NUL before", "before.xml", b"\x00" * 20 + honest, DATA)
    yield Hostile("bytes: NUL behind", "behind.xml", honest + b"\x00" * 4096, ("xml_malformed", *DATA))
    yield Hostile("bytes: two documents", "two.xml", honest + honest, ("xml_malformed",))
    yield Hostile("bytes: control characters", "bell.xml", ubl(seller="\x07\x1b[2J"), ("xml_malformed",))
    yield Hostile("bytes: escaped controls", "escape.xml", ubl(seller="&#27;[31m&#7;"), ("xml_malformed",))
    yield Hostile("bytes: noise", "noise.xml", b"<" + rng.randbytes(5000), ("xml_malformed", "unsupported"))
