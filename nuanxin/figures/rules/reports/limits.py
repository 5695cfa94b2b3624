"""Limits of what one report may be: technical bounds, named here and nowhere else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """Bounds on one report. ``written_out`` (characters) and ``references`` count what there is
    after loops are written out; ``measured`` are the values read one by one, where no set holds them. Times are seconds, sizes bytes."""

    characters: int = 60_000
    lines: int = 3_000
    written_out: int = 240_000
    references: int = 600
    measured: int = 80
    rows: int = 120
    trend_months: int = 60
    nesting: int = 20
    warnings: int = 50
    faults: int = 100
    cpu_seconds: int = 40
    wall_seconds: int = 60
    memory_bytes: int = 2_048 * 1024 * 1024


REPORT_LIMITS = ReportLimits()
