"""Writes the papers of Harbour Tools into its example workspace: `python tools/make_harbour_tools.py [FOLDER]`.

The same story always gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.harbour_tools.cases import tell  # noqa: E402
from tools.harbour_tools.cii import cii_xml  # noqa: E402
from tools.harbour_tools.company import RATES, SUPPLIERS  # noqa: E402
from tools.harbour_tools.facts import Bill, Story  # noqa: E402
from tools.harbour_tools.fatturapa import fatturapa_xml  # noqa: E402
from tools.harbour_tools.hybrid import hybrid_pdf  # noqa: E402
from tools.harbour_tools.pages import page_pdf, scan_pdf  # noqa: E402
from tools.harbour_tools.ubl import invoice_xml, order_xml, receipt_xml  # noqa: E402

TARGET = ROOT / "src" / "tiebeam" / "examples" / "harbour-tools" / "data"
_LIMIT = Decimal(5000)
_CHANNELS = {"ubl": "peppol_ubl", "cii": "peppol_cii", "fatturapa": "sdi_fatturapa", "facturx": "email_facturx"}


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    files = papers(tell())
    for folder in ("orders", "receipts", "inbox"):
        shutil.rmtree(target / folder, ignore_errors=True)
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes in {target}")


def papers(story: Story) -> dict[str, bytes]:
    """File name → content."""
    files: dict[str, bytes] = {}
    for order in story.orders:
        files[f"orders/{order.id}.xml"] = order_xml(order)
    for receipt in story.receipts:
        files[f"receipts/{receipt.id}.xml"] = receipt_xml(receipt)
    files["suppliers.csv"] = _suppliers()
    arrivals: list[tuple[str, ...]] = []
    expected: list[str] = []
    bills = sorted(story.bills, key=lambda bill: (bill.received, story.bills.index(bill)))
    for place, bill in enumerate(bills, start=1):
        document = f"IN-26{place:04d}"
        ending, data = _content(bill, place)
        files[f"inbox/{document}.{ending}"] = data
        channel = _CHANNELS.get(bill.form, "email_xml" if bill.form == "broken" else "email_pdf")
        arrivals.append((document, bill.received.isoformat(), channel, f"inbox/{document}.{ending}"))
        expected.append(json.dumps(_expectation(document, bill), ensure_ascii=False) + "\n")
    files["inbox.csv"] = _table(("doc_id", "received_at", "channel", "file"), arrivals)
    files["expected.jsonl"] = "".join(expected).encode()
    return files


def _content(bill: Bill, place: int) -> tuple[str, bytes]:
    match bill.form.split("-"):
        case ["ubl"]:
            return "xml", invoice_xml(bill)
        case ["cii"]:
            return "xml", cii_xml(bill)
        case ["fatturapa"]:
            return "xml", fatturapa_xml(bill, sequence=place)
        case ["facturx"]:
            return "pdf", hybrid_pdf(bill)
        case ["pdf", style]:
            return "pdf", page_pdf(bill, style=style)
        case ["scan"]:
            return "pdf", scan_pdf(bill)
        case ["broken"]:
            whole = cii_xml(bill)
            return "xml", whole[: len(whole) * 3 // 5]
        case _:
            raise ValueError(f"no such form: {bill.form!r}")


def _expectation(document: str, bill: Bill) -> dict[str, object]:
    decision = bill.decision or _decision(bill)
    labels = list(bill.labels) if decision != "unreadable" else []
    return {"document": document, "decision": decision, "labels": labels, "form": bill.form, "why": bill.why}


def _decision(bill: Bill) -> str:
    if "duplicate_invoice" in bill.labels:
        return "reject"
    if bill.labels:
        return "hold"
    return "auto_pay" if bill.gross * Decimal(RATES[bill.currency]) <= _LIMIT else "manager_approval"


def _suppliers() -> bytes:
    head = "supplier_id,name,vat,iban,street,zip,city,country,currency,terms_days,phone,email,account,cost_centre"
    rows = [
        (one.id, one.name, one.vat, one.iban, one.street, one.zip, one.city, one.country, one.currency,
         str(one.terms_days), one.phone, one.email, one.account, one.cost_centre)
        for one in sorted(SUPPLIERS.values(), key=lambda one: one.id)
    ]  # fmt: skip
    return _table(tuple(head.split(",")), rows)


def _table(head: tuple[str, ...], rows: object) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)  # pyright: ignore[reportArgumentType]
    return written.getvalue().encode()


if __name__ == "__main__":
    main()
