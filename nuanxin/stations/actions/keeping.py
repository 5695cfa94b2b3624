"""Keepers: trainings and record checks noted, shifts planned, repeated, taken off the roster."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations import permissions
from nuanxin.stations.models import Facility, KeeperPaper, KeeperShift, Station, StationKeeper
from nuanxin.stations.rules.local import number_at
from nuanxin.stations.rules.rosters import Papers, may_keep
from nuanxin.stations.states.inspections import PaperKind


@transaction.atomic
def note_paper(
    *, keeper_id: int, kind: PaperKind, done_on: date, is_clear: bool, course: str, actor: Actor,
    now: datetime,
) -> KeeperPaper:  # fmt: skip
    """Note a training or a record check of a keeper. Raises ``NotFound``, ``Forbidden``, ``Malformed``."""
    keeper, station = _keeper(keeper_id, actor)
    if done_on > business_day(now):
        raise Malformed("stations.paper_ahead", "日期还没到。做过了再登记。")
    course = as_written(course)[:80]
    if kind is PaperKind.TRAINING and not course:
        raise Malformed("stations.paper_course", "写一句培训了什么。")
    made = KeeperPaper.objects.create(
        keeper=keeper,
        kind=kind,
        done_on=done_on,
        is_clear=is_clear or kind is PaperKind.TRAINING,
        course=course if kind is PaperKind.TRAINING else "",
        noted_at=now,
        noted_by=actor.account_id,
        noted_by_name=logged_name(actor)[:60],
    )
    _log("stations.keeper_paper_noted", made.id, station, actor, now)
    return made


@transaction.atomic
def plan_shift(
    *, keeper_id: int, starts_at: datetime, ends_at: datetime, actor: Actor, now: datetime
) -> KeeperShift:
    """Put a keeper on the roster of his station.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` stations.shift_times, and ``Conflict``: what
    ``may_keep`` says, or stations.shift_overlaps when the same person stands somewhere else then.
    """
    keeper, station = _keeper(keeper_id, actor)
    day = business_day(starts_at)
    longest = number_at("longest_shift_hours", station.adcode, day)
    if not timedelta() < ends_at - starts_at <= timedelta(hours=longest):
        raise Malformed("stations.shift_times", f"结束要在开始以后，一班最长 {longest} 小时。")
    furthest = number_at("roster_days_ahead", station.adcode, business_day(now))
    if not -7 <= (day - business_day(now)).days <= furthest:
        raise Malformed("stations.shift_times", f"只能排前 7 天到后 {furthest} 天的班。")
    if day < keeper.from_on or (keeper.until_on is not None and day > keeper.until_on):
        raise Conflict("stations.keeper_not_in_post", "这天他不在任。先看他的任期。")
    _insist_fit(keeper, station, on=day)
    try:
        with transaction.atomic():
            made = KeeperShift.objects.create(
                station=station,
                keeper=keeper,
                person_key=_person_key(keeper),
                starts_at=starts_at,
                ends_at=ends_at,
                made_at=now,
                made_by=actor.account_id,
            )
    except IntegrityError as error:
        raise Conflict(
            "stations.shift_overlaps",
            "这段时间他已经排了班（这里或者别的站）。换个时间，或者换个人。",
        ) from error
    _log("stations.shift_planned", made.id, station, actor, now)
    return made


@transaction.atomic
def end_shift(*, shift_id: int, actor: Actor, now: datetime) -> None:
    """Take a shift off the roster, for good. Raises ``NotFound``, ``Forbidden``, ``Conflict``."""
    shift = KeeperShift.objects.select_for_update().filter(id=shift_id).first()
    if shift is None:
        raise NotFound()
    _, station = _keeper(shift.keeper_id, actor)
    if shift.ended_at is not None:
        raise Conflict("stations.shift_ended", "这一班已经撤下了。")
    shift.ended_at = now
    shift.save(update_fields=["ended_at"])
    _log("stations.shift_ended", shift.id, station, actor, now)


_REPEAT = """
INSERT INTO stations_keepershift
    (station_id, keeper_id, person_key, starts_at, ends_at, made_at, made_by)
SELECT s.station_id, s.keeper_id, s.person_key, s.starts_at + interval '7 days',
       s.ends_at + interval '7 days', %(now)s, %(account)s
FROM stations_keepershift s JOIN stations_stationkeeper k ON k.id = s.keeper_id
WHERE s.station_id = %(station)s AND s.ended_at IS NULL
  AND s.starts_at >= %(since)s AND s.starts_at < %(until)s
  AND (k.until_on IS NULL OR k.until_on >=
       ((s.starts_at + interval '7 days') AT TIME ZONE 'Asia/Shanghai')::date)
  AND s.keeper_id = ANY(%(fit)s)
  AND NOT EXISTS (
      SELECT 1 FROM stations_keepershift o WHERE o.person_key = s.person_key AND o.ended_at IS NULL
      AND tstzrange(o.starts_at, o.ends_at) &&
          tstzrange(s.starts_at + interval '7 days', s.ends_at + interval '7 days'))
"""


@transaction.atomic
def repeat_week(*, station_id: int, since: datetime, actor: Actor, now: datetime) -> int:
    """Plan the seven days from ``since`` again a week later; return how many shifts.

    Who is no longer in post or fit, and what would overlap, is left out. Raises ``NotFound``,
    ``Forbidden``.
    """
    station = _station(station_id, actor)
    day = business_day(since) + timedelta(days=7)
    keepers = StationKeeper.objects.filter(station=station).order_by("id")[:200]
    fit = [one.id for one in keepers if _fit(one, station, on=day)]
    with connection.cursor() as cursor:
        cursor.execute(
            _REPEAT,
            {
                "station": station.id, "since": since, "until": since + timedelta(days=7),
                "now": now, "account": actor.account_id, "fit": fit,
            },
        )  # fmt: skip
        count = int(cursor.rowcount)
    _log("stations.week_repeated", station.id, station, actor, now, shifts=count)
    return count


def _station(station_id: int, actor: Actor) -> Station:
    station = Station.objects.filter(id=station_id).first()
    if station is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(station.union_id).path)
    return station


def _keeper(keeper_id: int, actor: Actor) -> tuple[StationKeeper, Station]:
    keeper = StationKeeper.objects.filter(id=keeper_id).first()
    if keeper is None:
        raise NotFound()
    return keeper, _station(keeper.station_id, actor)


def _person_key(keeper: StationKeeper) -> str:
    """Return what the same person has at every station: account, else phone, else this post."""
    if keeper.account_id is not None:
        return f"a{keeper.account_id}"
    return f"p{keeper.phone_hash}" if keeper.phone_hash is not None else f"k{keeper.id}"


def _insist_fit(keeper: StationKeeper, station: Station, *, on: date) -> None:
    papers, terms = _papers(keeper), _terms(station, on)
    may_keep(papers, on=on, **terms).insist()


def _fit(keeper: StationKeeper, station: Station, *, on: date) -> bool:
    return may_keep(_papers(keeper), on=on, **_terms(station, on)).is_yes


def _terms(station: Station, on: date) -> dict[str, Any]:
    adcode = f"{station.adcode:06d}"
    kinds = parameter("stations.children_facilities", adcode=adcode, on=on).value
    children = Facility.objects.filter(station=station, kind__in=kinds).exists()
    return {
        "training_months": parameter("stations.keeper_training_months", adcode=adcode, on=on).value,
        "check_months": parameter("stations.keeper_check_months", adcode=adcode, on=on).value,
        "needs_check": children,
    }


def _papers(keeper: StationKeeper) -> Papers:
    newest = {
        one.kind: one
        for one in KeeperPaper.objects.filter(keeper=keeper).order_by("kind", "done_on", "id")[:200]
    }
    training = newest.get(int(PaperKind.TRAINING))
    check = newest.get(int(PaperKind.RECORD_CHECK))
    return Papers(
        training.done_on if training else None,
        check.done_on if check else None,
        check.is_clear if check else True,
    )


def _log(
    kind: str, subject_id: int, station: Station, actor: Actor, now: datetime, **data: int
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="station_roster",
        subject_id=subject_id,
        union_id=station.union_id,
        data=data or None,
    )
