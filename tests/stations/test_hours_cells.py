"""Cells of hours equal what the facts give, after any history, now and as it was known before."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from nuanxin.figures.queries import measure
from nuanxin.kernel import clock
from nuanxin.kernel.clock import SHANGHAI, day_end
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.period import Period
from nuanxin.records.models import Event
from nuanxin.stations.actions import hours_cells
from nuanxin.stations.actions.hours_cells import follow_hours
from nuanxin.stations.actions.register import (
    StationDraft,
    change_station,
    register_station,
    set_standing,
)
from nuanxin.stations.models import HoursCell, HoursKeptDays, HoursMark, PlannedClosure, Station
from nuanxin.stations.queries.hours_by_county import count_hours
from nuanxin.stations.queries.hours_cells import differing_cells, hours_of, list_cells
from nuanxin.stations.queries.hours_kept import Kept, hours_kept
from nuanxin.stations.queries.in_use import Where
from nuanxin.stations.states import Standing
from nuanxin.stations.states.reporting import ReportSource, Said
from tests.stations.conftest import CENTRE
from tests.stations.test_figures import at, said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST, DAYS = date(2026, 1, 20), 50
"""Over New Year's holidays and their make-up days, and over two ends of months."""
HOURS = ("Mo-Su 08:00-22:00", "Mo-Fr 09:00-17:00; PH off", "Mo-Su 22:00-06:00", "24/7", "")
WHOLE = Period(FIRST, FIRST + timedelta(days=DAYS - 1))
NOW = at(FIRST + timedelta(days=DAYS), 12)


def day_of(number):
    return FIRST + timedelta(days=number)


def draft_of(street, number, **more):
    return StationDraft(
        union_id=street.cast.unions["county"].id, name=f"第{number}号歇脚点", adcode=330105,
        town_code="", address=f"湖墅路{number}号", lng=CENTRE[0] + number / 2_000, lat=CENTRE[1],
        crs=CRS.WGS84, facilities={"water": 1}, names=[], **{"hours": HOURS[number % 5]} | more,
    )  # fmt: skip


class _Lives:
    """Stations that are registered (late at times), changed, paused, spoken of, planned shut."""

    def __init__(self, street, seed):
        self.street, self.draw, self.actor = street, random.Random(seed), street.cast.county_cadre
        self.ids, self.drafts, self.standing = [], {}, {}

    def live(self, number):
        today = day_of(number)
        if len(self.ids) < 8:
            self.register(today)
        for one in self.draw.sample(self.ids, min(2, len(self.ids))):
            self.change(one, today)
        for one in self.draw.sample(self.ids, min(4, len(self.ids))):
            self.speak(one, today)
        if self.draw.random() < 0.4:
            self.close(self.draw.choice(self.ids), today)
        if self.draw.random() < 0.4:
            self.move(self.draw.choice(self.ids), today)

    def register(self, today):
        number = len(self.ids)
        began = self.draw.choice([None, today, today - timedelta(days=self.draw.randrange(1, 9))])
        draft = draft_of(self.street, number, opened_on=began)
        made = register_station(
            draft=draft, actor=self.actor, now=at(today, 9), is_another=True, crs_is_sure=True
        )
        self.ids.append(made.id)
        self.drafts[made.id], self.standing[made.id] = draft, Standing.OPEN

    def change(self, one, today):
        changed = {"hours": self.draw.choice(HOURS), "extended_hours": self.draw.choice(HOURS)}
        if self.draw.random() < 0.3:
            changed = {"opened_on": today - timedelta(days=self.draw.randrange(0, 12))}
        self.drafts[one] = replace(self.drafts[one], **changed)
        change_station(
            station_id=one, draft=self.drafts[one], actor=self.actor,
            now=at(today, self.draw.randrange(10, 23)), crs_is_sure=True,
        )  # fmt: skip

    def speak(self, one, today):
        hour = self.draw.randrange(24)
        moment = at(today, hour, self.draw.randrange(60))
        until = moment + timedelta(hours=self.draw.randrange(1, 9))
        word = said(
            Station.objects.get(id=one), self.draw.choice([Said.OPEN, Said.CLOSED, Said.FULL]), moment,
            source=self.draw.choice([ReportSource.KEEPER, ReportSource.MEMBER, ReportSource.VISITOR]),
            until=until if self.draw.random() < 0.5 else None,
        )  # fmt: skip
        if self.draw.random() < 0.3:
            later = moment + timedelta(hours=self.draw.choice([1, 30]))
            if later < NOW:
                said(
                    Station.objects.get(id=one),
                    word.said,
                    later,
                    source=word.source,
                    takes_back=word,
                )

    def close(self, one, today):
        begin = at(today, self.draw.randrange(24)) - timedelta(hours=self.draw.randrange(40))
        during = (begin, begin + timedelta(hours=self.draw.randrange(1, 60), minutes=7))
        if PlannedClosure.objects.filter(
            station_id=one, during__overlap=during, cancelled_at=None
        ).exists():
            return
        made = PlannedClosure.objects.create(
            station_id=one, during=during, reason="检修", made_at=at(today, 9)
        )
        if self.draw.random() < 0.4:
            made.cancelled_at = at(today, 20)
            made.save(update_fields=["cancelled_at"])

    def move(self, one, today):
        other = self.draw.choice([Standing.PAUSED, Standing.CLOSED])
        target = other if self.standing[one] is Standing.OPEN else Standing.OPEN
        began = today + timedelta(days=self.draw.randrange(-5, 4))
        until = began + timedelta(days=3) if target is Standing.PAUSED else None
        set_standing(
            station_id=one, standing=target, reason="装修", from_on=began, until_on=until,
            actor=self.actor, now=at(today, 23),
        )  # fmt: skip
        self.standing[one] = target


@pytest.fixture
def lives(street):
    return lambda seed: _Lives(street, seed)


@pytest.fixture
def known(street):
    """Return a function that makes a station which was registered before it began."""

    def make(**more):
        station = street.station(**{"hours": "08:00-20:00", "opened_on": FIRST} | more)
        Station.objects.filter(id=station.id).update(created_at=at(FIRST - timedelta(days=1)))
        HoursMark.objects.all().delete()
        return station

    return make


def follow(now):
    while follow_hours(now=now):
        pass


def naive(period, known_at=None):
    """Add up what each station promised and delivered, station by station, day by day."""
    total = {}
    for number in range(period.days):
        day = period.start + timedelta(days=number)
        found = hours_kept(Where(region=330105, known_at=known_at), Period(day, day))
        sums = [sum(getattr(one, name) for one in found.values()) for name in Kept.__slots__]
        if any(sums):
            total[day] = tuple(sums)
    return total


def cells(period, known_at=None):
    found = {
        c.day: (c.promised, c.told, c.delivered) for c in list_cells(period, known_at=known_at)
    }
    return {day: sums for day, sums in found.items() if any(sums)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cells_that_followed_a_random_history_equal_the_stations_one_by_one(lives, seed):
    history, draw = lives(seed), random.Random(seed)
    for number in range(DAYS):
        history.live(number)
        if draw.random() < 0.5:  # some nights the job does not run
            follow(at(day_of(number + 1), 0, 40))
    follow(NOW)
    assert cells(WHOLE) == naive(WHOLE)
    assert differing_cells(WHOLE) == []
    assert not HoursMark.objects.filter(is_followed=False).exists()
    for number in draw.sample(range(10, DAYS), 4):
        known_at = day_end(day_of(number))
        upto = Period(FIRST, day_of(number))
        assert cells(upto, known_at) == naive(upto, known_at), number


def test_the_database_reckons_a_month_as_the_rule_does_of_each_station(lives):
    history = lives(11)
    for number in range(DAYS):
        history.live(number)
    counted = {c.day: (c.promised, c.told, c.delivered) for c in count_hours(Where(), WHOLE)}
    assert {day: sums for day, sums in counted.items() if any(sums)} == naive(WHOLE)


def test_a_step_that_dies_is_done_by_the_next_and_nothing_twice(known, monkeypatch):
    station = known()
    filling = hours_cells._fill

    def dies(*given):
        filling(*given)
        raise ConnectionError

    monkeypatch.setattr(hours_cells, "_fill", dies)
    with pytest.raises(ConnectionError):
        follow_hours(now=NOW)
    assert (HoursCell.objects.count(), HoursKeptDays.objects.count()) == (0, 0)
    monkeypatch.setattr(hours_cells, "_fill", filling)
    follow(NOW)
    assert hours_of(Where(), WHOLE).promised == DAYS * 12 * 60
    said(station, Said.OPEN, at(day_of(3), 9))
    monkeypatch.setattr(hours_cells, "_fill", dies)
    with pytest.raises(ConnectionError):
        follow_hours(now=NOW)
    assert HoursMark.objects.filter(is_followed=False).count() == 1
    monkeypatch.setattr(hours_cells, "_fill", filling)
    assert follow_hours(now=NOW) == 1
    assert follow_hours(now=NOW) == 0
    assert hours_of(Where(), WHOLE) == Kept(DAYS * 720, 720, 720)


def test_only_the_days_that_something_late_touches_are_filled_anew(known):
    station = known()
    follow(NOW)
    before = set(HoursCell.objects.values_list("day", "known_from", "promised_minutes"))
    PlannedClosure.objects.create(
        station=station, during=(at(day_of(5), 10), at(day_of(6), 9)), reason="停电", made_at=NOW
    )
    assert follow_hours(now=NOW) == 2
    after = set(HoursCell.objects.values_list("day", "known_from", "promised_minutes"))
    assert {day for day, _, _ in after - before} == {day_of(5), day_of(6)}
    # What was known before it was entered is still told.
    yesterday = NOW - timedelta(days=1)
    assert hours_of(Where(known_at=yesterday), Period(day_of(5), day_of(6))).promised == 1440
    assert hours_of(Where(), Period(day_of(5), day_of(6))).promised == 120 + 660


def test_a_day_is_filled_half_an_hour_after_it_ended_and_reckoned_until_then(known):
    known()
    midnight = datetime(2026, 3, 1, 0, 10, tzinfo=SHANGHAI)
    follow(midnight)
    assert HoursKeptDays.objects.get().until == date(2026, 2, 27)
    asked = {"region": 330105, "period": Period(date(2026, 2, 27), date(2026, 2, 28))}
    assert measure("stations.promised_hours", now=midnight, **asked).value == 24
    follow(midnight + timedelta(minutes=30))
    assert HoursKeptDays.objects.get().until == date(2026, 2, 28)
    assert measure("stations.promised_hours", now=midnight, **asked).value == 24


def test_a_word_about_the_running_day_leaves_no_mark(known):
    station = known()
    follow(NOW)
    said(station, Said.OPEN, NOW)
    said(station, Said.OPEN, at(day_of(3), 9), source=ReportSource.VISITOR)
    assert not HoursMark.objects.exists()


def test_a_cell_that_was_altered_is_named(known):
    known()
    follow(NOW)
    HoursCell.objects.filter(day=day_of(4)).update(promised_minutes=1)
    HoursCell.objects.filter(day=day_of(7)).delete()
    assert differing_cells(WHOLE) == [f"{day_of(4)}/330105", f"{day_of(7)}/330105"]


def test_a_station_counts_on_each_day_in_the_county_where_it_stood(known):
    station = known()
    follow(NOW)
    moved = Where(region=330105), Where(region=330106)
    Event.objects.create(
        at=at(day_of(10)), kind="stations.station_changed", actor_name="系统",
        subject_type="station", subject_id=station.id, data={"changes": {"adcode": [330105, 330106]}},
    )  # fmt: skip
    type(station).objects.filter(id=station.id).update(adcode=330106, updated_at=at(day_of(10)))
    follow(NOW)
    assert [hours_of(where, WHOLE).promised // 720 for where in moved] == [10, DAYS - 10]
    assert differing_cells(WHOLE) == []


def test_as_known_on_a_day_only_days_that_were_over_are_told(known):
    known()
    follow(NOW)
    known_at = day_end(day_of(9))
    asked = {"region": 330105, "period": WHOLE, "now": NOW, "known_at": known_at}
    assert measure("stations.promised_hours", **asked).value == 120
    with pytest.raises(NotFound):
        measure("stations.promised_hours", **asked | {"period": Period(day_of(10), day_of(12))})


def test_everybody_may_ask_for_hours_as_for_other_figures(known, client, monkeypatch):
    station = known()
    said(station, Said.CLOSED, at(day_of(3), 14))
    said(station, Said.OPEN, at(day_of(3), 17))
    follow(NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    period = f"{day_of(3)}..{day_of(4)}"
    for code, value in (("promised", 24), ("told_promised", 12), ("delivered", 3)):
        address = f"/api/v1/figures/stations.{code}_hours?region=330105&period={period}"
        answer = client.get(address)
        assert (answer.status_code, answer.json()["value"]) == (200, value), code
    series = client.get(
        "/api/v1/figures/stations.delivered_percent/series?region=330105&step=day"
        f"&from={day_of(2)}&to={day_of(4)}"
    ).json()
    assert [one["value"] for one in series["items"]] == [None, 25.0, None]
    page = client.get(
        reverse("figures-number", args=["stations.promised_hours"])
        + f"?region=330105&period={day_of(3)}..{day_of(4)}"
    ).content.decode()
    assert "承诺开放时间" in page
    assert "24" in page


def test_the_year_of_a_region_is_one_sum_over_cells(known, django_assert_num_queries):
    known()
    follow(NOW)
    with django_assert_num_queries(2):
        assert hours_of(Where(region=330105), WHOLE).promised == DAYS * 720
