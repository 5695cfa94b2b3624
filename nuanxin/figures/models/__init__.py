"""Tables of 数读."""

from nuanxin.figures.models.reports import Report, ReportRender, ReportVersion

__all__ = ["Report", "ReportRender", "ReportVersion"]
