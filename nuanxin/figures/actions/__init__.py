"""Every write of 数读."""

from nuanxin.figures.actions.reports import (
    create_report,
    freeze_report,
    record_taken,
    restore_version,
    save_version,
)
from nuanxin.figures.actions.rows import export_rows

__all__ = [
    "create_report",
    "export_rows",
    "freeze_report",
    "record_taken",
    "restore_version",
    "save_version",
]
