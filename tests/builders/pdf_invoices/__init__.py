"""Born-digital PDF invoices in many languages and layouts, with the truth of what each one prints."""

from tests.builders.pdf_invoices.drawing import render
from tests.builders.pdf_invoices.languages import LANGUAGES, Language
from tests.builders.pdf_invoices.layouts import FONTS, Layout, layout
from tests.builders.pdf_invoices.truth import Line, Sample, sample

__all__ = ["FONTS", "LANGUAGES", "Language", "Layout", "Line", "Sample", "layout", "render", "sample"]
