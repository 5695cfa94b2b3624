"""Figures of 驿站 equal a plain recount: of stations by type and day, of towns, of visits, of hours."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from nuanxin.figures.queries import measure
from nuanxin.figures.queries.lineage import Asked
from nuanxin.figures.queries.station_rows import (
    OF_STATIONS,
    prove_stations,
    station_rows,
    station_statement,
)
from nuanxin.kernel import regions
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.period import Period
from nuanxin.orgs.models import Ancestry
from nuanxin.stations.actions.register import (
    StationDraft,
    change_station,
    register_station,
    set_standing,
)
from nuanxin.stations.figures import IN_USE
from nuanxin.stations.models import PlannedClosure, StationReport, VisitMonth, VisitSketch
from nuanxin.stations.rules.delivering import Word, delivered
from nuanxin.stations.states import HostKind, Standing
from nuanxin.stations.states.reporting import ReportSource, Said
from tests.stations.conftest import CENTRE

MINUTE = timedelta(minutes=1)
FIRST = date(2026, 3, 2)


@pytest.fixture
def now(street):
    return datetime(2026, 6, 1, 12, 0, tzinfo=SHANGHAI)


def at(day, hour=12, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def day_of(number):
    return FIRST + timedelta(days=number)


def value(code, now, **asked):
    return measure(f"stations.{code}", now=now, **asked).value


def refused(code, now, **asked):
    with pytest.raises((NotFound, Malformed)) as caught:
        value(code, now, **asked)
    return caught.value.code


def draft_of(street, number, **more):
    return StationDraft(
        union_id=street.cast.unions["county"].id, name=f"第{number}号歇脚点", adcode=330105,
        town_code=random.Random(number).choice(["330105005", "330105007", ""]),
        address=f"湖墅路{number}号", lng=CENTRE[0] + number / 2_000, lat=CENTRE[1], crs=CRS.WGS84,
        facilities={"water": 1}, names=[], hours="Mo-Su 08:00-22:00", **more,
    )  # fmt: skip


TICKS = ("is_benchmark", "is_24h", "is_smart", "is_shared")
DAYS = 40


def lived(street, seed):
    """Let stations begin, change, pause, close and open again on random days, through the actions.

    Return what each was on each day, written down day by day: (draft, is in use).
    """
    draw = random.Random(seed)
    actor = street.cast.county_cadre
    ids, drafts, standing = {}, {}, {}
    diary: list[dict[int, tuple[StationDraft, bool]]] = []
    for number in range(DAYS):
        today = day_of(number)
        if number < 12:
            drafts[number] = draft_of(street, number, opened_on=None if number % 3 else today)
            made = register_station(
                draft=drafts[number],
                actor=actor,
                now=at(today, 9),
                is_another=True,
                crs_is_sure=True,
            )
            ids[number], standing[number] = made.id, (Standing.OPEN, None)
        for one in draw.sample(sorted(drafts), min(3, len(drafts))):
            tick = draw.choice(TICKS)
            changed = {
                tick: not getattr(drafts[one], tick),
                "host_kind": draw.choice(list(HostKind)),
            }
            drafts[one] = replace(drafts[one], **changed)
            change_station(
                station_id=ids[one], draft=drafts[one], actor=actor,
                now=at(today, draw.randrange(10, 23)), crs_is_sure=True,
            )  # fmt: skip
        for one in draw.sample(sorted(drafts), min(2, len(drafts))):
            stands, until = standing[one]
            other = draw.choice([Standing.PAUSED, Standing.CLOSED])
            target = other if stands is Standing.OPEN else Standing.OPEN
            until = today + timedelta(days=3) if target is Standing.PAUSED else None
            set_standing(
                station_id=ids[one], standing=target, reason="装修", from_on=today, until_on=until,
                actor=actor, now=at(today, 23),
            )  # fmt: skip
            standing[one] = (target, until)
        diary.append(
            {
                one: (drafts[one], stands is Standing.OPEN or (until is not None and until < today))
                for one, (stands, until) in standing.items()
            }
        )
    return diary


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_stations_in_use_of_any_past_day_equal_the_diary(street, now, seed):
    diary = lived(street, seed)
    for number in random.Random(seed).sample(range(DAYS), 8):
        in_use = [draft for draft, is_open in diary[number].values() if is_open]
        for definition, cut in IN_USE.items():
            expected = sum(
                cut is None
                or getattr(in_one, cut.column) == (True if cut.value is None else cut.value)
                for in_one in in_use
            )
            measured = measure(definition.code, region=330105, as_of=day_of(number), now=now)
            assert measured.value == expected, (definition.code, number)
        towns = {draft.town_code for draft in in_use} - {""}
        assert value("served_towns", now, region=330105, as_of=day_of(number)) == len(towns)
        towns = {draft.town_code for draft in in_use if draft.is_benchmark} - {""}
        assert value("with_benchmark_towns", now, region=330105, as_of=day_of(number)) == len(towns)


@pytest.fixture
def below(street):
    """Return the county's union with three stations below it in the tree, one of them of the type."""
    union = street.cast.unions["county"]
    Ancestry.objects.create(
        ancestor_id=union.id, union_id=union.id, depth=0, valid_from=date(2020, 1, 1),
        recorded_at=at(date(2020, 1, 1)),
    )  # fmt: skip
    street.station(union="county", is_benchmark=True)
    street.station(union="county", opened_on=date(2026, 4, 1))
    street.station(union="county", standing=Standing.CLOSED, standing_reason="到期",
                   standing_from=date(2026, 5, 1))  # fmt: skip
    return union


@pytest.mark.django_db
@pytest.mark.slow
def test_below_a_union_its_stations_count_and_elsewhere_none(street, below):
    asked = {"now": street.cast.now}
    assert measure("stations.open_stations", union_id=below.id, **asked).value == 2
    assert measure("stations.open_stations", region=330212, **asked).value == 0
    share = measure("stations.benchmark_percent", region=330105, **asked)
    assert (share.value, share.numerator, share.denominator) == (5000, 1, 2)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("known_at", [None, datetime(2027, 1, 1, tzinfo=SHANGHAI)])
@pytest.mark.parametrize(
    ("day", "counted"), [(date(2026, 3, 31), 2), (date(2026, 4, 30), 3), (date(2026, 5, 1), 2)]
)
def test_the_rows_and_the_statement_shown_give_the_number(street, below, day, counted, known_at):
    for code in sorted(OF_STATIONS):
        asked = Asked(code, below.id, day, Period(day, day), known_at)
        proof, rows = prove_stations(asked), station_rows(asked, after=0, limit=50)
        assert proof.value == proof.rows.rows == len(rows), code
        text = station_statement(asked).for_people
        for name, given in station_statement(asked).values.items():
            text = text.replace(f":'{name}'", f"'{given}'").replace(f":{name}", str(given))
        with connection.cursor() as cursor:
            cursor.execute(text)
            assert cursor.fetchone()[0] == proof.value, code
    every = Asked("stations.open_stations", below.id, day, Period(day, day), known_at)
    assert prove_stations(every).value == counted


@pytest.mark.django_db
@pytest.mark.slow
def test_the_page_shows_each_station_that_was_counted_and_how(street, below):
    address = reverse("figure-rows", args=["stations.open_stations", below.code])
    client = street.cast.client("county_cadre")
    answer = client.get(f"{address}?as_of=2026-04-15&proof=1")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert [one.code in page for one in street.made] == [True, True, True]
    assert "一行一个驿站" in page
    assert "FROM here r" in page
    taken = client.post(reverse("figure-rows-export", args=["stations.open_stations", below.code]))
    assert taken.content[:2] == b"PK"
    assert client.get(f"{address}?known_on=2026-10-01").status_code == 200


@pytest.mark.django_db
@pytest.mark.slow
def test_towns_are_those_of_the_directory(now):
    assert value("all_towns", now, region=330105) == len(regions.towns("330105"))
    assert refused("benchmark_percent", now, region=330105) == "figures.denominator_missing"


# ---- visits -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.slow
def test_visits_add_up_over_days_and_persons_do_not(street, now):
    one, two = street.station(), street.station()
    for number in range(10):
        for station in (one, two):
            VisitSketch.objects.create(
                station=station, day=day_of(number), visits_person_times=10 + number,
                visitors_persons=7 + number,
            )  # fmt: skip
    VisitMonth.objects.create(
        station=one, month=date(2026, 3, 1), visits_person_times=145, visitors_persons=31
    )
    ten = Period(FIRST, day_of(9))
    assert value("visits_person_times", now, region=330105, period=ten) == 2 * sum(range(10, 20))
    day = Period(day_of(4), day_of(4))
    assert value("visitors_persons", now, region=330105, period=day) == 22
    march = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert value("visitors_persons", now, region=330105, period=march) == 31
    running = Period(date(2026, 5, 1), date(2026, 5, 20))
    VisitMonth.objects.create(
        station=two, month=running.start, visits_person_times=9, visitors_persons=8
    )
    on_the_day = at(running.end)
    assert value("visitors_persons", on_the_day, region=330105, period=running) == 8
    for period in (ten, running, Period(date(1949, 10, 1), now.date()), None):
        asked = {"region": 330105, "period": period}
        assert refused("visitors_persons", now, **asked) == "figures.not_of_this_period"
    before = Period(date(2026, 1, 5), date(2026, 1, 5))
    for code in ("visits_person_times", "visitors_persons"):
        assert refused(code, now, region=330105, period=before) == "figures.nothing_recorded"


# ---- hours ------------------------------------------------------------------------------------


def said(station, said, moment, *, source=ReportSource.KEEPER, until=None, **more):
    return StationReport.objects.create(
        station=station, said=said, source=source, reporter="0" * 32, reported_at=moment,
        until=until, **more,
    )  # fmt: skip


def recount(promised, words):
    """Go through the day minute by minute."""
    count = 0
    for minute in range(1_440):
        if not any(begin <= minute < end for begin, end in promised):
            continue
        holding = [one for one in words if one.minute <= minute]
        word = holding[-1] if holding else words[0]
        is_over = word.until is not None and minute >= word.until
        count += word.is_open is not is_over
    return count


def test_delivered_minutes_equal_those_counted_one_by_one():
    draw = random.Random(7)
    for _ in range(40):
        promised = ((480, 700), (760, 1_320)) if draw.random() < 0.5 else ((0, 1_440),)
        minutes = sorted(draw.sample(range(1_440), draw.randrange(1, 4)))
        words = [
            Word(
                minute,
                draw.random() < 0.5,
                draw.randrange(minute + 1, 1_441) if draw.random() < 0.4 else None,
            )
            for minute in minutes
        ]
        assert delivered(promised, words) == recount(promised, words)
    assert delivered(((480, 700),), []) is None


@pytest.mark.django_db
@pytest.mark.slow
def test_hours_promised_and_delivered_are_told_apart_and_silence_is_not_known(street, now):
    told = street.station(hours="08:00-20:00", opened_on=FIRST + timedelta(days=1))
    street.station(hours="08:00-20:00", standing=Standing.PAUSED, standing_reason="装修",
                   standing_from=day_of(2))  # fmt: skip
    PlannedClosure.objects.create(
        station=told, during=(at(day_of(2), 18), at(day_of(2), 23)), reason="检修", made_at=now
    )
    week = {"region": 330105, "period": Period(FIRST, day_of(4))}
    assert value("promised_hours", now, **week) == (4 * 12 - 2) + 2 * 12
    for code in ("told_promised_hours", "delivered_hours", "delivered_percent"):
        assert refused(code, now, **week) == "figures.nothing_recorded"
    said(told, Said.OPEN, at(day_of(1), 8, 5))
    said(told, Said.CLOSED, at(day_of(2), 12), until=at(day_of(2), 14))
    said(told, Said.FULL, at(day_of(3), 10), until=at(day_of(3), 11))
    said(told, Said.CLOSED, at(day_of(4), 10), source=ReportSource.VISITOR)
    wrong = said(told, Said.CLOSED, at(day_of(3), 15))
    said(told, Said.OPEN, at(day_of(3), 15, 1), takes_back=wrong)
    assert value("told_promised_hours", now, **week) == 12 + 10 + 12
    # On the third day 08:00 to 14:00 was shut and 14:00 to 18:00 open, the rest was planned.
    assert value("delivered_hours", now, **week) == 12 + 4 + 12
    assert value("delivered_percent", now, **week) == 8235


@pytest.mark.django_db
@pytest.mark.slow
def test_hours_that_were_changed_later_promise_what_they_did_then(street, now):
    actor = street.cast.county_cadre
    draft = replace(draft_of(street, 1, opened_on=FIRST), hours="Mo-Su 08:00-20:00")
    made = register_station(draft=draft, actor=actor, now=at(FIRST, 9))
    short = replace(draft, hours="Mo-Su 10:00-14:00")
    change_station(station_id=made.id, draft=short, actor=actor, now=at(day_of(3), 9))
    week = {"region": 330105, "period": Period(FIRST, day_of(4))}
    assert value("promised_hours", now, **week) == 3 * 12 + 2 * 4
    early = {"region": 330105, "period": Period(FIRST, day_of(1))}
    assert value("promised_hours", now, **early) == 2 * 12


@pytest.mark.django_db
@pytest.mark.slow
def test_the_running_day_and_more_than_a_year_are_not_told(street, now):
    street.station()
    today = now.date()
    for period in (Period(today, today), Period(date(2024, 1, 1), date(2026, 5, 1)), None):
        asked = {"region": 330105, "period": period}
        assert refused("promised_hours", now, **asked) == "figures.not_of_this_period"
