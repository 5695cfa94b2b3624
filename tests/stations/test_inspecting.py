"""A sample that anybody can draw again, a form that is taken once, mending that another sees."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel import clock, draw
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions.inspecting import (
    Sheet,
    close_round,
    commit_round,
    draw_round,
    form_of,
    say_mended,
    see_mended,
    take_sheet,
)
from nuanxin.stations.models import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    SampledStation,
)
from nuanxin.stations.states.inspections import Finding, InspectionKind, RoundState, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def sheet(street, station, **more):
    form = form_of(f"{station.adcode:06d}", on=clock.business_day(street.cast.now))
    found = dict.fromkeys((one.code for one in form.items), Finding.YES)
    found |= more.pop("found", {})
    return Sheet(
        client_id=more.pop("client_id", uuid4()), station_code=station.code,
        kind=more.pop("kind", InspectionKind.ROUTINE),
        inspected_at=more.pop("at", street.cast.now), found=found, **more,
    )  # fmt: skip


def take(street, station, actor=None, **more):
    return take_sheet(
        sheet=sheet(street, station, **more), actor=actor or street.cast.county_cadre,
        now=street.cast.now,
    )  # fmt: skip


def committed(street, **more):
    today = clock.business_day(street.cast.now)
    return commit_round(
        union_id=street.cast.unions["county"].id, actor=more.pop("actor", street.cast.county_cadre),
        now=street.cast.now,
        **{"title": "十二月抽查", "permille": 100, "due_on": today + timedelta(days=20),
           "seed": "12 月 1 日上证收盘指数"} | more,
    )  # fmt: skip


def test_a_sample_is_committed_then_drawn_and_verifies(street):
    stations = [street.station() for _ in range(12)]
    made = committed(street)
    assert made.stations == 12
    assert (
        draw_round(
            round_id=made.id, value="3210.55", actor=street.cast.county_cadre, now=street.cast.now
        )
        == 2
    )
    made.refresh_from_db()
    assert draw.verify(made.draw) == 2
    drawn = set(SampledStation.objects.values_list("station__code", flat=True))
    assert drawn == {one["id"] for one in made.draw["result"]["winners"]}
    assert drawn <= {one.code for one in stations}


def test_a_sample_is_drawn_once(street):
    street.station()
    made = committed(street)
    for _ in range(1):
        draw_round(round_id=made.id, value="1", actor=street.cast.county_cadre, now=street.cast.now)
    with pytest.raises(Conflict) as refused:
        draw_round(round_id=made.id, value="2", actor=street.cast.county_cadre, now=street.cast.now)
    assert refused.value.code == "stations.round_state"


def test_what_was_committed_cannot_be_exchanged_in_the_database(street):
    street.station()
    made = committed(street)
    other = {**made.draw, "entrants": [{"id": "330105-9999", "stratum": ""}]}
    with pytest.raises(IntegrityError, match="committed stays"), transaction.atomic():
        InspectionRound.objects.filter(id=made.id).update(draw=other)


def test_a_round_is_of_ones_own_unions_and_of_stations_in_use(street):
    with pytest.raises(Malformed) as refused:
        committed(street)
    assert refused.value.code == "stations.round_empty"
    street.station()
    with pytest.raises(NotFound):
        committed(street, actor=street.cast.cadre_of_next_county)
    with pytest.raises(Forbidden):
        committed(street, actor=street.cast.station_keeper)
    for wrong in ({"title": " "}, {"seed": ""}, {"permille": 0},
                  {"due_on": clock.business_day(street.cast.now)}):  # fmt: skip
        with pytest.raises(Malformed):
            committed(street, **wrong)


def test_a_form_answers_the_round_in_which_the_station_waits(street):
    station = street.station()
    made = committed(street)
    draw_round(round_id=made.id, value="1", actor=street.cast.county_cadre, now=street.cast.now)
    inspection, is_new = take(street, station, kind=InspectionKind.SAMPLE)
    assert is_new
    assert SampledStation.objects.get().inspection_id == inspection.id
    close_round(round_id=made.id, actor=street.cast.county_cadre, now=street.cast.now)
    made.refresh_from_db()
    assert made.state == RoundState.CLOSED


def test_a_form_sent_twice_is_kept_once(street):
    station, number = street.station(), uuid4()
    first, is_new = take(street, station, client_id=number)
    again, is_new_again = take(street, station, client_id=number)
    assert (first.id, is_new, is_new_again) == (again.id, True, False)
    assert Inspection.objects.count() == 1
    with pytest.raises(NotFound):  # somebody else's number tells nothing
        take(street, station, actor=street.cast.county_colleague, client_id=number)


def test_what_was_not_kept_is_to_be_mended_and_seen_by_another(street):
    station, cast = street.station(), street.cast
    inspection, _ = take(street, station, found={"fire": Finding.NO}, notes={"fire": "过期"})
    assert inspection.verdict == Verdict.MEND
    [found] = InspectionFinding.objects.filter(due_on__isnull=False)
    assert (found.item, found.note) == ("fire", "过期")
    with pytest.raises(Conflict):
        see_mended(finding_id=found.id, is_good=True, actor=cast.county_colleague, now=cast.now)
    say_mended(finding_id=found.id, how="换了新的", actor=cast.county_cadre, now=cast.now)
    with pytest.raises(Conflict) as refused:
        see_mended(finding_id=found.id, is_good=True, actor=cast.county_cadre, now=cast.now)
    assert refused.value.code == "stations.seen_by_another"
    see_mended(finding_id=found.id, is_good=False, actor=cast.county_colleague, now=cast.now)
    say_mended(finding_id=found.id, how="这回真换了", actor=cast.county_cadre, now=cast.now)
    see_mended(finding_id=found.id, is_good=True, actor=cast.county_colleague, now=cast.now)
    found.refresh_from_db()
    assert found.seen_at
    with pytest.raises(IntegrityError, match="what was found stands"), transaction.atomic():
        InspectionFinding.objects.filter(id=found.id).update(mended_note="x")


def test_the_keeper_mends_his_own_station_alone_and_never_inspects_it(street):
    station, other = street.station(union="town"), street.station(union="town")
    street.keeper(station)
    cast = street.cast
    take(street, station, found={"sign": Finding.NO})
    take(street, other, found={"sign": Finding.NO})
    own = InspectionFinding.objects.get(station=station, due_on__isnull=False)
    foreign = InspectionFinding.objects.get(station=other, due_on__isnull=False)
    say_mended(finding_id=own.id, how="挂上了", actor=cast.station_keeper, now=cast.now)
    with pytest.raises((NotFound, Forbidden)):
        say_mended(finding_id=foreign.id, how="挂上了", actor=cast.station_keeper, now=cast.now)
    with pytest.raises((NotFound, Forbidden)):
        take(street, station, actor=cast.station_keeper)


def test_who_keeps_a_station_does_not_inspect_it_though_he_may_inspect_others(street):
    station = street.station()
    street.keeper(station, account="county_cadre")
    with pytest.raises(Conflict) as refused:
        take(street, station)
    assert refused.value.code == "stations.own_inspection"
    assert take(street, street.station())[1]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"at": "later"}, "stations.sheet_time"),
        ({"at": "long ago"}, "stations.sheet_time"),
        ({"found": {"unknown": Finding.YES}}, "stations.sheet_form"),
        ({"kind": InspectionKind.MASTER_DAY}, "stations.master_day"),
    ],
)
def test_a_form_with_faults_says_which(street, more, code):
    station, now = street.station(), street.cast.now
    times = {"later": now + timedelta(hours=1), "long ago": now - timedelta(days=8)}
    if "at" in more:
        more = {**more, "at": times[more["at"]]}
    with pytest.raises(Malformed) as refused:
        take(street, station, **more)
    assert refused.value.code == code


def test_a_cadre_is_station_master_for_a_day_and_writes_what_he_heard(street):
    now = street.cast.now
    made, _ = take(
        street, street.station(), kind=InspectionKind.MASTER_DAY, at=now - timedelta(hours=6),
        until_at=now, heard="骑手说插座不够",
    )  # fmt: skip
    assert (made.heard, made.until_at) == ("骑手说插座不够", now)


def test_an_inspection_is_never_rewritten(street):
    made, _ = take(street, street.station())
    with pytest.raises(Exception, match=r"permission denied|append"), transaction.atomic():
        Inspection.objects.filter(id=made.id).update(permille=1000)
