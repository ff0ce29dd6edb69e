"""Writes one invoice as a PDF."""

from __future__ import annotations

from tests.builders.pdf_invoices.canvas import Canvas
from tests.builders.pdf_invoices.layouts import Layout
from tests.builders.pdf_invoices.truth import Sample


def render(sample: Sample, layout: Layout) -> bytes:
    canvas = Canvas(sample=sample, layout=layout)
    _letterhead(canvas)
    y = _header(canvas)
    y = _table(canvas, y=max(y, 300))
    _totals(canvas, y=y + 20)
    _footer(canvas)
    canvas.pdf.set_title("Document")
    return bytes(canvas.pdf.output())


def _letterhead(canvas: Canvas) -> None:
    s, where = canvas.sample, canvas.layout.letterhead
    if where == "footer":
        canvas.put(50, 60, f"{s.seller}", size=15)
        return
    width = 480
    align = {"left": "L", "right": "R", "centre": "C"}[where]
    rows = (
        s.seller,
        "17 Harbour Road",
        "4021 Example Town",
        f"{canvas.pick(s.language.vat)}: {s.vat_id}",
        "info@example.org",
    )
    for index, text in enumerate(rows):
        canvas.put(50, 50 + index * 13, text, width=width, align=align, size=15 if index == 0 else None)


def _header(canvas: Canvas) -> float:
    s, lang = canvas.sample, canvas.sample.language
    title = lang.credit_title if s.is_credit_note else lang.title
    canvas.put(50, 140, title, size=18)
    address = (s.buyer, "Kaistrasse 4", "20459 Hamburg")
    if canvas.layout.buyer == "label":
        canvas.put(50, 165, canvas.label(lang.buyer))
        for index, text in enumerate(address):
            canvas.put(50, 177 + index * 12, text)
    elif canvas.layout.buyer == "inline":
        canvas.put(50, 165, f"{canvas.pick(lang.buyer)}: {', '.join(address)}")
    else:
        for index, text in enumerate(address):
            canvas.put(50, 165 + index * 12, text)
    pairs = [
        (canvas.label(lang.number), s.number),
        (canvas.label(lang.issued), canvas.day(s.issued)),
        (canvas.label(lang.due), canvas.day(s.due)),
        (canvas.label(lang.order), s.order),
    ]
    if canvas.layout.currency == "header":
        pairs.append(("Currency" + (":" if canvas.layout.colon else ""), s.currency))
    if canvas.layout.header == "above":
        for index, (label, value) in enumerate(pairs):
            canvas.put(45 + index * 515 / len(pairs), 240, label, size=min(canvas.layout.size, 8))
            canvas.put(45 + index * 515 / len(pairs), 254, value, size=min(canvas.layout.size, 8))
        return 280
    x = 320 if canvas.layout.header == "right" else 50
    for index, (label, value) in enumerate(pairs):
        y = 220 + index * 13
        if canvas.layout.header == "inline":
            canvas.put(x, y, f"{label} {value}")
        else:
            canvas.put(x, y, label)
            canvas.put(x + 135, y, value)
    return 300


_WIDTHS = {
    "pos": 30,
    "description": 138,
    "sku": 72,
    "quantity": 55,
    "unit": 45,
    "unit_price": 65,
    "tax_rate": 50,
    "net": 72,
}


def _places(canvas: Canvas) -> list[tuple[str, float, float]]:
    x, places = 45.0, []
    spare = 505 - sum(_WIDTHS[name] for name in canvas.layout.columns)
    for name in canvas.layout.columns:
        width = _WIDTHS[name] + (spare if name == "description" else 0)
        places.append((name, x, width - 8))
        x += width
    return places


def _align(canvas: Canvas, name: str) -> str:
    return canvas.layout.numeric_align if name in {"quantity", "unit_price", "tax_rate", "net"} else "L"


def _head(canvas: Canvas, y: float) -> float:
    size = min(canvas.layout.size, 8)
    for name, x, width in _places(canvas):
        text = canvas.pick(canvas.sample.language.columns[name])
        first, _, second = text.partition(" ")
        if canvas.layout.stacked_header and second and name in {"unit_price", "net"}:
            canvas.put(x, y - 9, first, width=width, align=_align(canvas, name), size=size)
            text = second
        canvas.put(x, y, text, width=width, align=_align(canvas, name), size=size)
    return y + 18


def _wrapped(canvas: Canvas, text: str, width: float) -> list[str]:
    canvas.pdf.set_font(canvas.family, "", canvas.layout.size)
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and canvas.pdf.get_string_width(longer) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _table(canvas: Canvas, *, y: float) -> float:
    y = _head(canvas, y)
    lead = canvas.layout.size * 1.25
    for number, line in enumerate(canvas.sample.lines, start=1):
        if y > 740:
            canvas.pdf.add_page()
            y = _head(canvas, 80)
        cells = {
            "pos": str(number),
            "description": line.name,
            "sku": line.sku,
            "quantity": canvas.quantity(line.quantity),
            "unit": line.unit,
            "unit_price": canvas.number(line.unit_price),
            "tax_rate": f"{line.tax_rate}" + ("%" if canvas.layout.percent else ""),
            "net": canvas.number(line.net),
        }
        if "unit" not in canvas.layout.columns:
            cells["quantity"] += f" {line.unit}"
        rows = 1
        for name, x, width in _places(canvas):
            if name != "description":
                continue
            texts = _wrapped(canvas, cells[name], 60 if canvas.layout.wrap else width)
            rows = len(texts)
            for index, text in enumerate(texts):
                canvas.put(x, y + index * lead, text)
        shift = (rows - 1) * lead / 2 if canvas.layout.centred_rows else 0
        for name, x, width in _places(canvas):
            if name != "description":
                canvas.put(x, y + shift, cells[name], width=width, align=_align(canvas, name))
        y += rows * lead + 7
    return y


def _totals(canvas: Canvas, *, y: float) -> None:
    s, lang = canvas.sample, canvas.sample.language
    if y > 720:
        canvas.pdf.add_page()
        y = 90
    rate = f"{s.lines[0].tax_rate}"
    rows = [
        (canvas.pick(lang.net), canvas.money(s.net)),
        (canvas.pick(lang.tax).format(rate=rate), canvas.money(s.tax)),
        (canvas.pick(lang.gross), canvas.money(s.gross)),
    ]
    if canvas.layout.totals == "boxes":
        for index, (label, value) in enumerate(rows):
            canvas.put(60 + index * 160, y, label, width=130, align="R")
            canvas.put(60 + index * 160, y + 13, value, width=130, align="R")
        return
    x = 330 if canvas.layout.totals == "right" else 50
    for index, (label, value) in enumerate(rows):
        canvas.put(x, y + index * 14, label + (":" if canvas.layout.colon else ""))
        canvas.put(x + 125, y + index * 14, value, width=90, align="R")


def _footer(canvas: Canvas) -> None:
    s = canvas.sample
    spaced = " ".join(s.iban[i : i + 4] for i in range(0, len(s.iban), 4))
    iban = spaced if canvas.layout.choice % 2 else s.iban
    canvas.put(50, 800, f"{s.language.iban}: {iban}   BIC: EXAMPLEXXX", size=8)
    if canvas.layout.letterhead == "footer":
        canvas.put(
            50,
            812,
            f"{s.seller} · 17 Harbour Road · 4021 Example Town · {canvas.pick(s.language.vat)} {s.vat_id}",
            size=8,
        )
