"""Opening hours: OSM's specification read by a library, holidays and make-up days by our calendar."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.stations.rules.hours import (
    joined,
    open_spans,
    read_hours,
    spans_of_day,
    without,
)
from nuanxin.stations.rules.hours_words import read_any_hours, say_hours
from nuanxin.stations.rules.plain_hours import OWN, SHUT, PlainHours, plain_hours

NATIONAL_DAY = date(2026, 10, 1)
MAKE_UP_SUNDAY = date(2026, 9, 20)
"""A Sunday that is worked (State Council's arrangement for 2026)."""


def said(text, day):
    return [f"{a:%d %H:%M}-{b:%d %H:%M}" for a, b in spans_of_day(read_hours(text), day)]


def test_a_weekday_is_read_from_the_text():
    monday = date(2026, 11, 23)
    assert said("Mo-Fr 08:00-12:00,14:00-18:00; Sa,Su off", monday) == [
        "23 08:00-23 12:00",
        "23 14:00-23 18:00",
    ]
    assert said("Mo-Fr 08:00-18:00", date(2026, 11, 28)) == []


def test_a_public_holiday_is_one_by_the_states_arrangement():
    assert said("Mo-Su 08:00-22:00; PH off", NATIONAL_DAY) == []
    assert said("Mo-Su 08:00-22:00; PH 10:00-16:00", NATIONAL_DAY) == ["01 10:00-01 16:00"]
    assert said("Mo-Su,PH 08:00-22:00", NATIONAL_DAY) == ["01 08:00-01 22:00"]


def test_a_holiday_is_like_its_weekday_where_nothing_is_said():
    assert said("Mo-Su 08:00-22:00", NATIONAL_DAY) == ["01 08:00-01 22:00"]


def test_a_plain_sunday_is_no_holiday():
    assert said("Mo-Su 08:00-22:00; PH off", date(2026, 11, 29)) == ["29 08:00-29 22:00"]


def test_a_make_up_sunday_has_the_hours_of_a_working_day():
    assert said("Mo-Fr 08:00-18:00; Sa,Su off", MAKE_UP_SUNDAY) == ["20 08:00-20 18:00"]
    assert said("Mo-Fr 08:00-18:00; Sa,Su off", MAKE_UP_SUNDAY + timedelta(days=7)) == []


def test_a_night_belongs_to_the_day_on_which_it_begins():
    assert said("Fr 22:00-06:00", date(2026, 11, 27)) == ["27 22:00-28 06:00"]
    assert said("Fr 22:00-06:00", date(2026, 11, 28)) == []


def test_the_night_before_a_holiday_still_runs_to_its_morning():
    spans = open_spans((read_hours("20:00-06:00; PH off"),), first=NATIONAL_DAY, days=1)
    assert spans == [
        (
            datetime(2026, 10, 1, 0, 0, tzinfo=SHANGHAI),
            datetime(2026, 10, 1, 6, 0, tzinfo=SHANGHAI),
        )
    ]


def test_seasons_dates_and_round_the_clock():
    assert said("Apr-Oct 07:00-21:00; Nov-Mar 08:00-20:00", date(2026, 7, 1)) == [
        "01 07:00-01 21:00"
    ]
    assert said("08:00-20:00; Dec 25 off", date(2026, 12, 25)) == []
    assert said("24/7", date(2026, 12, 25)) == ["25 00:00-26 00:00"]
    assert said("24/7; We off", date(2026, 11, 25)) == []
    assert said("We[1] 08:00-10:00", date(2026, 11, 4)) == ["04 08:00-04 10:00"]
    assert said("We[1] 08:00-10:00", date(2026, 11, 11)) == []
    assert said("Mo-Fr 10:00-18:00 || unknown", date(2026, 11, 28)) == []


def test_staffed_and_scanned_hours_are_one_time_without_a_seam():
    spans = open_spans(
        (read_hours("08:00-22:00"), read_hours("22:00-08:00")), first=date(2026, 11, 27), days=3
    )
    assert len(spans) == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("Mo-Fr 08:00-12:00,11:00-14:00", "stations.hours_overlap", "重叠"),
        ("Fr 22:00-06:00; Sa 05:00-20:00", "stations.hours_night_overlap", "周五开到次日 06:00"),
        ("08:00-08:00", "stations.hours_empty", "24:00"),
        ("Mo 8-12", "stations.hours_unreadable", "“8-12”"),
        ("随便什么时候", "stations.hours_unreadable", "Mo-Fr 08:00-18:00"),
        ("25:00-26:00", "stations.hours_unreadable", "“25:00-26:00”"),
        ("SH 08:00-12:00", "stations.hours_school_holidays", "月份"),
        ("PH -1 day off", "stations.hours_holiday_alone", "PH"),
        ("08:00-20:00; " * 30, "stations.hours_too_long", "300"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_expected(text, code, words):
    with pytest.raises(Malformed) as refused:
        read_any_hours(text)
    assert refused.value.code == code
    assert words in refused.value.message


def test_over_midnight_is_allowed_and_told():
    assert say_hours(read_hours("Fr 22:00-06:00")) == "周五 22:00–次日 06:00"


@pytest.mark.parametrize(
    ("written", "osm"),
    [
        ("周一至周五 8:00-22:00，周末 9点到17点半", "Mo-Fr 08:00-22:00; Sa-Su 09:00-17:30"),
        ("每天８：００－２２：００", "08:00-22:00"),
        ("全天", "00:00-24:00"),
        ("24小时开放", "00:00-24:00"),
        ("周一、周三 8:00-12:00；节假日不开", "Mo,We 08:00-12:00; PH closed"),
        ("工作日上午8点-下午5点", "Mo-Fr 08:00-17:00"),
        ("每天 22:00 至次日 6:00", "22:00-06:00"),
        ("周一至周日 08:00—20:00", "Mo-Su 08:00-20:00"),
    ],
)
def test_plain_chinese_is_understood(written, osm):
    assert spans_of_day(read_any_hours(written), date(2026, 11, 25)) == spans_of_day(
        read_hours(osm), date(2026, 11, 25)
    )
    assert read_any_hours(written) == read_hours(osm)


@pytest.mark.parametrize(
    ("osm", "chinese"),
    [
        ("", ""),
        ("24/7", "全天开放"),
        ("08:00-20:00", "每天 08:00–20:00"),
        (
            "Mo-Fr 08:00-12:00,14:00-18:00; Sa,Su 09:00-17:00; PH off",
            "周一至周五 08:00–12:00、14:00–18:00；周六、周日 09:00–17:00；节假日不开",
        ),
        (
            "Apr-Oct 07:00-21:00; Nov-Mar 08:00-20:00",
            "4 月至 10 月，每天 07:00–21:00；11 月至 3 月，每天 08:00–20:00",
        ),
        ("08:00-20:00; Dec 25 off", "每天 08:00–20:00；12 月 25 日不开"),
        ('Mo-Fr 08:00-18:00 "敲门"', "周一至周五 08:00–18:00（敲门）"),
        ("sunrise-sunset", "每天 日出到日落"),
    ],
)
def test_hours_are_said_in_chinese(osm, chinese):
    assert say_hours(read_hours(osm)) == chinese


TIMES = st.sampled_from(
    [(), (("08:00", "20:00"),), (("08:00", "11:30"), ("13:00", "18:00")), (("22:00", "06:00"),)]
)
FORMS = st.builds(
    PlainHours,
    st.tuples(*[TIMES] * 7),
    st.sampled_from(["usual", SHUT]),
)


@pytest.mark.slow
@settings(deadline=None)
@given(FORMS)
def test_the_plain_form_and_the_text_are_the_same(form):
    text = form.as_osm()
    if any(form.days):
        assert plain_hours(text) == form
    else:
        assert text == ""


def test_the_form_holds_own_hours_of_holidays():
    form = PlainHours(((("08:00", "20:00"),),) * 7, OWN, (("10:00", "16:00"),))
    assert form.as_osm() == "Mo-Su 08:00-20:00; PH 10:00-16:00"
    assert plain_hours(form.as_osm()) == form
    assert plain_hours(read_hours("Apr-Oct 08:00-20:00")) is None


BEGIN = datetime(2026, 11, 27)
SPANS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 90)).map(
        lambda pair: (
            BEGIN + timedelta(minutes=pair[0]),
            BEGIN + timedelta(minutes=pair[0] + pair[1]),
        )
    ),
    max_size=8,
)


def minutes(spans):
    return {
        a + timedelta(minutes=n)
        for a, b in spans
        for n in range(int((b - a).total_seconds()) // 60)
    }


@pytest.mark.slow
@settings(deadline=None)
@given(SPANS, SPANS)
def test_joining_and_cutting_lose_and_invent_no_minute(spans, holes):
    assert minutes(joined(spans)) == minutes(spans)
    assert minutes(without(joined(spans), holes)) == minutes(spans) - minutes(holes)
