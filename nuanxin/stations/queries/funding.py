"""投入 of a station: what counts, what was corrected, sums by year and by who paid."""

from collections.abc import Iterable

from nuanxin.stations.models import Funding
from nuanxin.stations.states import FundingLevel

LIMIT = 200


def list_funding(station_id: int) -> list[Funding]:
    """Return what counts, the newest year first."""
    return list(
        Funding.objects.filter(station_id=station_id, replaced_at=None, amount_fen__gt=0).order_by(
            "-year", "level", "id"
        )[:LIMIT]
    )


def list_corrected(station_id: int) -> list[Funding]:
    """Return what was corrected and counts no more, with what replaced it, the newest first."""
    return list(
        Funding.objects.filter(station_id=station_id, replaced_at__isnull=False)
        .select_related("replaced_by")
        .order_by("-replaced_at", "-id")[:LIMIT]
    )


def sum_by_year(rows: Iterable[Funding]) -> dict[int, int]:
    """Return fen by year, the newest first."""
    sums: dict[int, int] = {}
    for one in rows:
        sums[one.year] = sums.get(one.year, 0) + one.amount_fen
    return dict(sorted(sums.items(), reverse=True))


def sum_by_level(rows: Iterable[Funding]) -> dict[FundingLevel, int]:
    """Return fen by who paid, from the nation down."""
    sums: dict[FundingLevel, int] = {}
    for one in rows:
        level = FundingLevel(one.level)
        sums[level] = sums.get(level, 0) + one.amount_fen
    return dict(sorted(sums.items()))
