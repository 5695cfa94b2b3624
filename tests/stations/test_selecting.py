"""最美驿站 from nomination to decision; and stars that leave no trail."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions.rating import rate_station
from nuanxin.stations.actions.selecting import (
    answer_objection,
    decide_selection,
    nominate,
    object_to_nomination,
    open_selection,
    post_selection,
    rank_nominations,
    withdraw_nomination,
)
from nuanxin.stations.models import (
    Inspection,
    Nomination,
    Selection,
    SelectionObjection,
    StationRating,
    StationReport,
)
from nuanxin.stations.queries.selection import (
    candidates_of,
    find_objection,
    list_proposed,
    list_public_selections,
)
from nuanxin.stations.states.inspections import ObjectionOutcome, Verdict
from nuanxin.stations.states.reporting import ReportSource, Said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
REASON = "通宵开门，骑手都说好，药箱每周有人看"


@pytest.fixture
def opened(street):
    now = street.cast.now
    return open_selection(
        union_id=street.cast.unions["county"].id, title="拱墅最美驿站",
        year=clock.business_day(now).year, places=1,
        nominate_until=clock.business_day(now) + timedelta(days=5),
        actor=street.cast.county_cadre, now=now,
    )  # fmt: skip


def nominated(street, opened, permille=900, verdict=Verdict.EXCELLENT, **more):
    station = street.station(**more)
    if permille is not None:
        inspected(street, station, permille, verdict)
    nominate(
        selection_id=opened.id, station_code=station.code, reason=REASON,
        actor=street.cast.county_cadre, now=street.cast.now,
    )  # fmt: skip
    return station


def inspected(street, station, permille, verdict):
    from uuid import uuid4

    now = street.cast.now
    Inspection.objects.create(
        client_id=uuid4(), station=station, kind=2, form_code="liuyou-1", inspected_at=now,
        sent_at=now, permille=permille, verdict=verdict, inspector_key="a1", inspector_name="查",
    )  # fmt: skip


def ranked(street, opened):
    return rank_nominations(
        selection_id=opened.id, actor=street.cast.county_cadre, now=street.cast.now
    )


def posted(street, opened, at_edge=()):
    return post_selection(
        selection_id=opened.id, at_edge=at_edge, actor=street.cast.county_cadre,
        now=street.cast.now,
    )  # fmt: skip


def test_the_best_is_shown_and_decided_by_another_when_the_days_are_over(street, opened):
    cast = street.cast
    best = nominated(street, opened, 950)
    nominated(street, opened, 800, Verdict.GOOD)
    assert ranked(street, opened) == 2
    until = posted(street, opened)
    assert [one.station_code for one in list_proposed(opened.id)] == [best.code]
    assert [one.id for one in list_public_selections()] == [opened.id]
    later = until + timedelta(minutes=1)
    for actor, now, code in (
        (cast.county_colleague, cast.now, "stations.publicity_runs"),
        (cast.county_cadre, later, "stations.decided_by_another"),
    ):
        with pytest.raises(Conflict) as refused:
            decide_selection(selection_id=opened.id, actor=actor, now=now)
        assert refused.value.code == code
    decide_selection(selection_id=opened.id, actor=cast.county_colleague, now=later)
    opened.refresh_from_db()
    assert opened.decided_at == later


def test_who_must_mend_is_left_out_and_told_why(street, opened):
    nominated(street, opened, 990, Verdict.MEND)
    kept = nominated(street, opened, 700, Verdict.PASS)
    assert ranked(street, opened) == 1
    out = Nomination.objects.exclude(station=kept).get()
    assert "整改" in out.left_out
    assert out.rank is None


def test_equals_at_the_edge_are_chosen_by_the_committee(street, opened):
    first, second = nominated(street, opened), nominated(street, opened)
    ranked(street, opened)
    for wrong in ((), (first.code, second.code), ("330105-9999",)):
        with pytest.raises(Malformed) as refused:
            posted(street, opened, wrong)
        assert refused.value.code == "stations.selection_edge"
    posted(street, opened, (second.code,))
    assert [one.station_code for one in list_proposed(opened.id)] == [second.code]


def test_an_objection_is_sealed_answered_by_another_and_strikes_the_station(street, opened):
    cast = street.cast
    nominated(street, opened)
    ranked(street, opened)
    until = posted(street, opened)
    line = Nomination.objects.get()
    receipt = object_to_nomination(
        nomination_id=line.id, text="晚上从来不开门，我去过三次都关着", now=cast.now
    )
    filed = SelectionObjection.objects.get()
    assert "从来不开".encode() not in bytes(filed.text_sealed)
    with pytest.raises(Conflict) as refused:
        decide_selection(
            selection_id=opened.id, actor=cast.county_colleague, now=until + timedelta(days=1)
        )
    assert refused.value.code == "stations.objections_open"

    def answer(actor, words="去看过四次，晚上确实不开"):
        answer_objection(
            objection_id=filed.id, upheld=True, answer=words, actor=actor, now=cast.now
        )

    with pytest.raises(Conflict) as refused:
        answer(cast.county_cadre)
    assert refused.value.code == "stations.answered_by_another"
    with pytest.raises(Malformed):
        answer(cast.county_colleague, "属实")
    with pytest.raises(NotFound):
        answer(cast.cadre_of_next_county)
    answer(cast.county_colleague)
    assert find_objection(receipt)[1] is ObjectionOutcome.UPHELD
    assert list_proposed(opened.id)[0].struck_at


def test_nothing_is_objected_once_the_days_are_over(street, opened):
    nominated(street, opened)
    ranked(street, opened)
    until = posted(street, opened)
    line = Nomination.objects.get()
    with pytest.raises(Conflict) as refused:
        object_to_nomination(nomination_id=line.id, text="晚上从来不开门，去过三次", now=until)
    assert refused.value.code == "stations.publicity_over"


def test_the_database_keeps_what_everybody_has_seen(street, opened):
    nominated(street, opened)
    ranked(street, opened)
    posted(street, opened)
    for change in ({"is_proposed": False}, {"total": 1}):
        with pytest.raises(IntegrityError, match="everybody has seen"), transaction.atomic():
            Nomination.objects.update(**change)
    with pytest.raises(IntegrityError, match="goes forward"), transaction.atomic():
        Selection.objects.filter(id=opened.id).update(state=1)


def test_who_may_nominate_what(street, opened):
    cast = street.cast
    mine, far = street.station(), street.station(union="next_county")

    def try_(station, actor, reason=REASON):
        return nominate(
            selection_id=opened.id, station_code=station.code, reason=reason, actor=actor,
            now=cast.now,
        )  # fmt: skip

    with pytest.raises(NotFound):
        try_(far, cast.cadre_of_next_county)
    with pytest.raises(NotFound):
        try_(mine, cast.cadre_of_next_county)
    with pytest.raises((NotFound, Forbidden)):
        try_(mine, cast.station_keeper)
    with pytest.raises(Malformed):
        try_(mine, cast.county_cadre, "很好")
    made = try_(mine, cast.county_cadre)
    with pytest.raises(Conflict) as refused:
        try_(mine, cast.county_colleague)
    assert refused.value.code == "stations.nominated"
    withdraw_nomination(nomination_id=made.id, actor=cast.county_cadre, now=cast.now)
    assert try_(mine, cast.county_colleague).id == made.id


def test_stars_are_given_once_a_month_and_lead_nowhere(street):
    cast, first, second = street.cast, street.station(), street.station()
    for stars in (2, 5):
        rate_station(code=first.code, stars=stars, actor=cast.rider_ye, now=cast.now)
    rate_station(code=second.code, stars=4, actor=cast.rider_ye, now=cast.now)
    rate_station(code=first.code, stars=4, actor=cast.rider_ye, now=cast.now + timedelta(days=32))
    rows = list(StationRating.objects.values_list("stars", flat=True).order_by("id"))
    assert sorted(rows) == [4, 4, 5]
    assert len(set(StationRating.objects.values_list("rater", flat=True))) == 3
    for actor, stars, error in (
        (cast.anonymous, 5, Forbidden), (cast.rider_ye, 6, Malformed), (cast.rider_ye, 0, Malformed)
    ):  # fmt: skip
        with pytest.raises(error):
            rate_station(code=first.code, stars=stars, actor=actor, now=cast.now)


def test_hours_that_were_kept_are_a_mark_and_silence_is_none(street, opened):
    kept, silent = nominated(street, opened, hours="08:00-18:00"), nominated(street, opened)
    day = clock.day_start(clock.business_day(street.cast.now) - timedelta(days=3))
    for hours, said in ((8, Said.OPEN), (16, Said.CLOSED)):
        StationReport.objects.create(
            station=kept, said=said, source=ReportSource.KEEPER, reporter="0" * 32,
            reported_at=day + timedelta(hours=hours),
        )  # fmt: skip
    found = candidates_of(opened.id, adcode="330105", now=street.cast.now)
    assert {one.code: one.marks["hours"] for one in found} == {kept.code: 800, silent.code: None}
