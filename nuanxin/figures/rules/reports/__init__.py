"""Composing a report: pure text and known values in, a document of plain values or faults out."""

from nuanxin.figures.rules.reports.document import make_document
from nuanxin.figures.rules.reports.faults import Fault, Faults
from nuanxin.figures.rules.reports.handwritten import check_handwritten
from nuanxin.figures.rules.reports.limits import REPORT_LIMITS, ReportLimits
from nuanxin.figures.rules.reports.source import Block, Choices, Slot, Source, read_source
from nuanxin.figures.rules.reports.values import Absent, Answers, Document, Resolved, Series

__all__ = [
    "REPORT_LIMITS",
    "Absent",
    "Answers",
    "Block",
    "Choices",
    "Document",
    "Fault",
    "Faults",
    "ReportLimits",
    "Resolved",
    "Series",
    "Slot",
    "Source",
    "check_handwritten",
    "make_document",
    "read_source",
]
