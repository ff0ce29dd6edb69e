"""The parts hostile documents are made of."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

DATA = ("data",)
"""May be read as data, or refused with any of the stable codes."""

_UBL = """<?xml version="1.0" encoding="UTF-8"?>
{prolog}<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"{attributes}>
{extra}<cbc:ID>{number}</cbc:ID><cbc:IssueDate>{day}</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:Note>{note}</cbc:Note>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>{seller}</cbc:Name></cac:PartyName>
<cac:PartyTaxScheme><cbc:CompanyID>DE129273398</cbc:CompanyID></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>{seller}</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>{iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">{quantity}</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>{item}</cbc:Name></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount>
<cbc:BaseQuantity>{base}</cbc:BaseQuantity></cac:Price>
</cac:InvoiceLine></Invoice>"""
_HONEST = {
    "prolog": "",
    "attributes": "",
    "extra": "",
    "number": "R-1",
    "day": "2026-03-02",
    "note": "Thank you",
    "currency": "EUR",
    "seller": "Torbau Krause GmbH",
    "iban": "DE89370400440532013000",
    "net": "100.00",
    "gross": "119.00",
    "quantity": "1",
    "item": "Repair of the gate",
    "price": "100.00",
    "base": "1",
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """`codes` are the error codes that may explain it; with DATA it may also be read."""

    kind: str
    name: str
    data: bytes
    codes: tuple[str, ...]


def ubl(**fields: str) -> bytes:
    """A small invoice; `fields` are put in as they are, markup and all."""
    return _UBL.format(**{**_HONEST, **fields}).encode("utf-8", "surrogatepass")


def squeezed(megabytes: int, *, filler: bytes = b" ") -> bytes:
    """So many MiB of one byte, deflated. One MiB is packed and then told again and again, as packing all takes long."""
    squeezer, piece, check = zlib.compressobj(9), filler * 1_048_576, 1
    start = squeezer.compress(piece) + squeezer.flush(zlib.Z_FULL_FLUSH)
    again = squeezer.compress(piece) + squeezer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes):
        check = zlib.adler32(piece, check)
    return start + again * (megabytes - 1) + b"\x03\x00" + check.to_bytes(4, "big")
