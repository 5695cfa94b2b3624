"""Tables of 数读."""

from nuanxin.figures.models.denominators import Denominator
from nuanxin.figures.models.publications import (
    Approval,
    PeriodLock,
    Publication,
    PublicationLine,
    PublicationSeries,
)
from nuanxin.figures.models.reports import Report, ReportRender, ReportVersion

__all__ = [
    "Approval",
    "Denominator",
    "PeriodLock",
    "Publication",
    "PublicationLine",
    "PublicationSeries",
    "Report",
    "ReportRender",
    "ReportVersion",
]
