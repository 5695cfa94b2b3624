"""投入 of a station: written down once, corrected by another row, never rewritten."""

from datetime import datetime

from django.db import IntegrityError, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import as_written
from nuanxin.stations.actions.recording import record
from nuanxin.stations.actions.register import station_for_update
from nuanxin.stations.models import Funding, Station
from nuanxin.stations.queries.funding import LIMIT
from nuanxin.stations.states import FundingLevel

FIRST_YEAR = 2000
MOST_FEN = 100_000_000_000
"""A thousand million yuan: beyond it a slip of the unit."""


@transaction.atomic
def record_funding(
    *, station_id: int, year: int, level: FundingLevel, amount_fen: int, source: str,
    actor: Actor, now: datetime,
) -> Funding:  # fmt: skip
    """Write down who paid how much in a year, and by which document.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` funding.year/amount/source, ``Conflict``
    funding.there (the same year, payer and document) and funding.full.
    """
    station = station_for_update(station_id, actor=actor)
    _check(year, amount_fen, now)
    words = as_written(source)[:120]
    if not words:
        raise Malformed("funding.source", "写依据：哪个文件，或者哪一批。")
    if Funding.objects.filter(station=station, replaced_at=None).count() >= LIMIT:
        raise Conflict("funding.full", f"一个站最多记 {LIMIT} 笔。")
    made = _write(station, year, level, amount_fen, words, actor, now)
    record("stations.funding_recorded", station, actor, now, {"funding": made.id, "year": year})
    return made


@transaction.atomic
def correct_funding(
    *, station_id: int, funding_id: int, amount_fen: int, actor: Actor, now: datetime
) -> Funding:
    """Let another amount stand in place of one that was wrong; nought: there was no such payment.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` funding.amount, ``Conflict`` funding.corrected
    (somebody was faster) and funding.same.
    """
    station = station_for_update(station_id, actor=actor)
    wrong = Funding.objects.filter(id=funding_id, station=station).first()
    if wrong is None:
        raise NotFound()
    if wrong.replaced_at is not None:
        raise Conflict("funding.corrected", "这一笔已经更正过了。看看更正以后的那一笔。")
    if wrong.amount_fen == amount_fen:
        raise Conflict("funding.same", "金额和原来一样，没有改。")
    if amount_fen:
        _check(wrong.year, amount_fen, now)
    wrong.replaced_at = now
    wrong.save(update_fields=["replaced_at"])
    level = FundingLevel(wrong.level)
    made = _write(station, wrong.year, level, amount_fen, wrong.source, actor, now, of=wrong)
    data = {"funding": made.id, "replaces": wrong.id}
    record("stations.funding_corrected", station, actor, now, data)
    return made


def _check(year: int, amount_fen: int, now: datetime) -> None:
    this_year = business_day(now).year
    if not FIRST_YEAR <= year <= this_year + 1:
        raise Malformed("funding.year", f"年份写 {FIRST_YEAR} 到 {this_year + 1}。")
    if not 0 < amount_fen <= MOST_FEN:
        raise Malformed("funding.amount", "金额要大于 0，按元写；最多 10 亿元。")


def _write(
    station: Station, year: int, level: FundingLevel, amount_fen: int, source: str, actor: Actor,
    now: datetime, *, of: Funding | None = None,
) -> Funding:  # fmt: skip
    try:
        with transaction.atomic():
            return Funding.objects.create(
                station=station, year=year, level=int(level), amount_fen=amount_fen,
                source=source, recorded_at=now, recorded_by=actor.account_id, replaces=of,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            "funding.there",
            f"{year} 年“{level.label}”按“{source}”已经记过一笔。金额不对就更正那一笔。",
        ) from None
