"""FatturaPA 1.2.2, as Italian sellers send it to a customer abroad."""

from __future__ import annotations

from decimal import Decimal

from tools.harbour_tools.company import BUYER
from tools.harbour_tools.facts import Bill, Company, Line
from tools.harbour_tools.xml_parts import document, tag, text

_SPACES = {
    "xmlns:p": "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2",
    "versione": "FPR12",
}
_NATURE = "N3.2"
"""Not taxable: supply within the community."""


def fatturapa_xml(bill: Bill, *, sequence: int) -> bytes:
    return document("p:FatturaElettronica", _SPACES, _header(bill, sequence), _body(bill))


def _value(name: str, value: object) -> str:
    return tag(name, text(value))


def _two(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.01")), "f")


def _vat(party: Company) -> str:
    return tag("IdFiscaleIVA", _value("IdPaese", party.country), _value("IdCodice", party.vat[2:]))


def _place(party: Company) -> str:
    return tag(
        "Sede",
        _value("Indirizzo", party.street),
        _value("CAP", party.zip),
        _value("Comune", party.city),
        _value("Nazione", party.country),
    )


def _header(bill: Bill, sequence: int) -> str:
    seller = bill.supplier
    sender = tag("IdTrasmittente", _value("IdPaese", seller.country), _value("IdCodice", seller.vat[2:]))
    sending = tag(
        "DatiTrasmissione",
        sender,
        _value("ProgressivoInvio", f"{sequence:05d}"),
        _value("FormatoTrasmissione", "FPR12"),
        _value("CodiceDestinatario", "XXXXXXX"),
    )
    name = tag("Anagrafica", _value("Denominazione", seller.name))
    seller_data = tag("DatiAnagrafici", _vat(seller), name, _value("RegimeFiscale", "RF01"))
    buyer_data = tag("DatiAnagrafici", _vat(BUYER), tag("Anagrafica", _value("Denominazione", BUYER.name)))
    return tag(
        "FatturaElettronicaHeader",
        sending,
        tag("CedentePrestatore", seller_data, _place(seller), tag("Contatti", _value("Email", seller.email))),
        tag("CessionarioCommittente", buyer_data, _place(BUYER)),
    )


def _body(bill: Bill) -> str:
    general = tag(
        "DatiGeneraliDocumento",
        _value("TipoDocumento", "TD04" if bill.is_credit else "TD01"),
        _value("Divisa", bill.currency),
        _value("Data", bill.issued),
        _value("Numero", bill.number),
        _value("ImportoTotaleDocumento", _two(bill.gross)),
    )
    order = tag("DatiOrdineAcquisto", _value("IdDocumento", bill.order_reference))
    lines = (_line(line, place) for place, line in enumerate(bill.lines, start=1))
    return tag(
        "FatturaElettronicaBody",
        tag("DatiGenerali", general, order),
        tag("DatiBeniServizi", *lines, *_summaries(bill)),
        _payment(bill),
    )


def _line(line: Line, place: int) -> str:
    code = tag("CodiceArticolo", _value("CodiceTipo", "Fornitore"), _value("CodiceValore", line.sku))
    return tag(
        "DettaglioLinee",
        _value("NumeroLinea", place),
        code,
        _value("Descrizione", line.name),
        _value("Quantita", _two(line.quantity)),
        _value("UnitaMisura", line.unit),
        _value("PrezzoUnitario", _two(line.price)),
        _value("PrezzoTotale", _two(line.net)),
        _value("AliquotaIVA", _two(line.rate)),
        _value("Natura", None if line.rate else _NATURE),
    )


def _summaries(bill: Bill) -> list[str]:
    return [
        tag(
            "DatiRiepilogo",
            _value("AliquotaIVA", _two(rate)),
            _value("Natura", None if rate else _NATURE),
            _value("ImponibileImporto", _two(base)),
            _value("Imposta", _two(tax)),
            _value("RiferimentoNormativo", None if rate else "art. 41 DL 331/93"),
        )
        for rate, base, tax in bill.taxes
    ]


def _payment(bill: Bill) -> str:
    return tag(
        "DatiPagamento",
        _value("CondizioniPagamento", "TP02"),
        tag(
            "DettaglioPagamento",
            _value("ModalitaPagamento", "MP05"),
            _value("DataScadenzaPagamento", bill.due),
            _value("ImportoPagamento", _two(bill.gross)),
            _value("IBAN", bill.iban),
            _value("BIC", bill.supplier.bic),
        ),
    )
