"""The page of one station: its photos, and when few people are there."""

import gzip
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.assets import join_bundle
from nuanxin.kernel import clock
from nuanxin.kernel.workdays import is_workday
from nuanxin.stations.actions.photos import add_photo, remove_photo
from nuanxin.stations.models import VisitSketch
from nuanxin.stations.pages import busy as pages
from nuanxin.stations.pages import station as page_of_station
from nuanxin.stations.rules.visits import busy_hours, open_hours_of, quiet_hours
from tests.stations.pictures import a_png
from tests.stations.test_api import open_now

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 9
FIRST_VIEW_BYTES = 60_000
CAME = {12: 40, 13: 22, 18: 12, 9: 2}
"""How many come by hour; what is not named: nobody."""


def show(cast, station):
    answer = cast.client("anonymous").get(f"/stations/{station.code}/")
    assert answer.status_code == 200
    return answer


def photo(cast, station, *, width=640, caption="门口的灯箱"):
    return add_photo(
        station_id=station.id, content=a_png(width, 480), caption=caption,
        actor=cast.county_cadre, now=cast.now,
    )  # fmt: skip


def four_weeks(station, came):
    today = clock.business_day(clock.now())
    for age in range(1, 29):
        day = today - timedelta(days=age)
        hours = [came.get(hour, 0) for hour in range(24)]
        VisitSketch.objects.create(
            station=station, day=day, hours=hours, visits_person_times=sum(hours)
        )


def test_photos_have_words_and_a_size_and_come_late(street):
    station = open_now(street.station())
    kept = photo(street.cast, station)
    text = show(street.cast, station).text
    (tag,) = re.findall(r"<img [^>]*/photos/[^>]*>", text)
    assert f'src="/stations/{station.code}/photos/{kept.id}"' in tag
    for part in ('alt="门口的灯箱"', 'width="640"', 'height="480"', 'loading="lazy"'):
        assert part in tag
    assert show(street.cast, street.station()).text.count("/photos/") == 0


def test_photos_are_drawn_in_a_box_of_a_fixed_shape():
    css = join_bundle("css/worker.css")
    (rule,) = re.findall(r"\.nx-photos img *{([^}]*)}", css)
    assert re.search(r"aspect-ratio: *4 */ *3", rule)


def test_a_photo_that_was_taken_down_is_shown_no_more(street):
    station = open_now(street.station())
    kept = photo(street.cast, station)
    remove_photo(
        station_id=station.id, photo_id=kept.id, actor=street.cast.county_cadre, now=street.cast.now
    )
    assert "/photos/" not in show(street.cast, station).text


def test_heavy_photos_wait_until_they_are_asked_for(street, monkeypatch):
    station = open_now(street.station())
    photo(street.cast, station)
    light = show(street.cast, station).text
    assert re.search(r"<details[^>]* open><summary>看 1 张照片，\d+ KB", light)
    monkeypatch.setattr(page_of_station, "LIGHT_BYTES", 10)
    heavy = show(street.cast, station).text
    assert re.search(r'<details class="nx-more"><summary>看 1 张照片', heavy)


def test_when_few_come_is_said_in_words_and_as_a_table(street):
    station = open_now(street.station())
    four_weeks(station, CAME)
    text = show(street.cast, station).text
    assert "什么时候人少" in text
    assert "12 点到 13 点最挤" in text
    assert re.search(r'<th scope="row">12 点到 13 点</th>\s*<td>很忙</td>', text)
    assert "<svg" in text
    assert "人次</td>" not in text


def test_an_hour_with_few_looks_like_one_with_nobody(street):
    """Whether one person came at night is nobody's business: the public sees one lowest level."""
    now = clock.now()
    some, none = street.station(), street.station()
    four_weeks(some, CAME | {3: 1, 4: 4})
    four_weeks(none, CAME)
    shown = [
        pages.charts(one.id, [], adcode=330105, now=now, with_numbers=False) for one in (some, none)
    ]
    assert shown[0] == shown[1]
    kept = [
        pages.charts(one.id, [], adcode=330105, now=now, with_numbers=True) for one in (some, none)
    ]
    assert kept[0] != kept[1]


def test_the_quiet_hours_are_hours_in_which_it_is_open(street):
    now = clock.now()
    station = street.station(hours="Mo-Su 10:00-14:00")
    four_weeks(station, CAME)
    begins = clock.day_end(clock.business_day(now))
    spans = [
        (begins + timedelta(days=day, hours=9, minutes=30), begins + timedelta(days=day, hours=14))
        for day in range(9)
    ]
    for chart in pages.charts(station.id, spans, adcode=330105, now=now, with_numbers=False):
        assert "10 点到 12 点人少" in chart["text"]
        assert [row["hour"] for row in chart["hours"]][:2] == ["10 点到 11 点", "11 点到 12 点"]


def test_an_hour_counts_as_open_only_when_it_is_open_to_its_end():
    noon = clock.day_end(clock.business_day(clock.now())) + timedelta(hours=12, minutes=10)
    spans = [(noon, noon + timedelta(hours=2)), (None, None)]
    hours = open_hours_of(spans, workdays=True, is_workday=lambda day: True)
    assert hours == {13}
    assert open_hours_of(spans, workdays=False, is_workday=lambda day: True) == frozenset()


def test_where_all_open_hours_are_alike_none_is_called_quiet(street):
    station = street.station()
    four_weeks(station, dict.fromkeys(range(24), 20))
    days = pages.hours_of(station.id, now=clock.now())
    busy = busy_hours(days, workdays=is_workday(days[0].day).is_workday, least=5)
    assert quiet_hours(busy, open_hours=frozenset({8, 9, 10})) == []


def test_the_page_asks_few_questions_and_weighs_little(street):
    station = open_now(street.station(facilities="water hot_water charge toilet nap microwave"))
    four_weeks(station, CAME)
    for number in range(8):
        photo(street.cast, station, width=640 + number)
    show(street.cast, station)
    with CaptureQueriesContext(connection) as seen:
        answer = show(street.cast, station)
    assert len(seen) <= MOST_QUERIES, [one["sql"][:80] for one in seen]
    parts = [answer.content, join_bundle("css/worker.css").encode()]
    assert sum(len(gzip.compress(part, 6)) for part in parts) <= FIRST_VIEW_BYTES


def test_the_keeper_reads_numbers_where_the_public_reads_levels(street):
    station = street.station()
    four_weeks(station, CAME)
    for chart in pages.charts(station.id, [], adcode=330105, now=clock.now(), with_numbers=True):
        assert "12 点到 13 点最多，平均 40 人次" in chart["text"]
        assert {"hour": "12 点到 13 点", "said": "很忙，平均 40 人次"} in chart["hours"]
