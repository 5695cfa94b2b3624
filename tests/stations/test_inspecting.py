"""A sample that anybody can draw again, a form that is taken once, mending that another sees."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from nuanxin.kernel import clock, draw
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions.inspecting import (
    Sheet,
    close_round,
    commit_round,
    draw_round,
    take_sheet,
)
from nuanxin.stations.actions.repairing import finish_repair, open_repair, see_repair
from nuanxin.stations.models import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    Repair,
    SampledStation,
)
from nuanxin.stations.queries.repairs import (
    RepairFilter,
    count_overdue,
    list_repairs,
    list_repairs_of,
)
from nuanxin.stations.rules.inspections import form_of
from nuanxin.stations.states.inspections import Finding, InspectionKind, RoundState, Verdict
from nuanxin.stations.states.reporting import RepairSource, RepairStep, ReportSource

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
    found = InspectionFinding.objects.get(found=Finding.NO)
    repair = found.repair
    assert (found.item, repair.what, repair.note) == ("fire", "check-fire", "过期")

    def look(actor, *, good):
        return see_repair(repair_id=repair.id, is_good=good, actor=actor, now=cast.now)

    def mend(how):
        finish_repair(repair_id=repair.id, how=how, actor=cast.county_cadre, now=cast.now)

    with pytest.raises(Conflict):
        look(cast.county_colleague, good=True)
    with pytest.raises(Malformed):
        mend("")
    mend("换了新的")
    with pytest.raises(Conflict) as refused:
        look(cast.county_cadre, good=True)
    assert refused.value.code == "stations.seen_by_another"
    look(cast.county_colleague, good=False)
    mend("这回真换了")
    assert look(cast.county_colleague, good=True).seen_at
    assert find(cast, RepairStep.DONE) == ["check-fire"]
    with pytest.raises(DatabaseError), transaction.atomic():
        InspectionFinding.objects.filter(id=found.id).update(note="x")
    with pytest.raises(IntegrityError, match="repair_seen_by_another"), transaction.atomic():
        Repair.objects.filter(id=repair.id).update(seen_key=cast.county_cadre.person_key)


def find(cast, step, **only):
    rows, _ = list_repairs(
        actor=cast.county_cadre, now=cast.now, only=RepairFilter(step=step, **only)
    )
    return [one.what for one in rows]


def test_what_two_inspections_find_is_one_thing_and_opens_again(street):
    station, cast = street.station(), street.cast
    take(street, station, found={"fire": Finding.NO})
    repair = Repair.objects.get()
    finish_repair(
        repair_id=repair.id, how="换了新的", actor=cast.county_cadre,
        now=cast.now - timedelta(minutes=1),
    )  # fmt: skip
    assert find(cast, RepairStep.TO_SEE) == find(cast, RepairStep.STANDING) == ["check-fire"]
    assert find(cast, RepairStep.TO_MEND) == []
    take(street, station, found={"fire": Finding.NO, "sign": Finding.NO})
    assert Repair.objects.count() == 2
    repair.refresh_from_db()
    assert (repair.done_at, repair.how, repair.inspectionfinding_set.count()) == (None, "", 2)


def test_a_look_that_a_device_kept_back_opens_nothing_that_was_mended_since(street):
    station, cast = street.station(), street.cast
    take(street, station, found={"fire": Finding.NO})
    repair = Repair.objects.get()
    finish_repair(repair_id=repair.id, how="换了新的", actor=cast.county_cadre, now=cast.now)
    before = cast.now - timedelta(hours=3)
    take(street, station, found={"fire": Finding.NO}, at=before)
    repair.refresh_from_db()
    assert repair.done_at is not None
    assert repair.inspectionfinding_set.count() == 2


def test_one_list_holds_what_keepers_say_and_what_inspections_find(street):
    station, other, cast = street.station(), street.station(), street.cast
    take(street, station, found={"fire": Finding.NO})
    open_repair(
        station=other, what="water", note="", source=ReportSource.KEEPER,
        now=cast.now - timedelta(days=30),
    )  # fmt: skip
    assert find(cast, RepairStep.STANDING) == ["water", "check-fire"]
    assert find(cast, RepairStep.OVERDUE) == ["water"]
    assert find(cast, RepairStep.STANDING, source=RepairSource.INSPECTION) == ["check-fire"]
    assert find(cast, RepairStep.STANDING, station=other.code) == ["water"]
    assert find(cast, RepairStep.STANDING, region=station.adcode // 10000 * 10000) != []
    assert find(cast, RepairStep.STANDING, region=110000) == []
    assert count_overdue(actor=cast.county_cadre, now=cast.now) == 1
    assert [one.what for one in list_repairs_of(station.id)] == ["check-fire"]


def test_the_keeper_mends_his_own_station_alone_and_never_inspects_it(street):
    station, other = street.station(union="town"), street.station(union="town")
    street.keeper(station)
    cast = street.cast
    take(street, station, found={"sign": Finding.NO})
    take(street, other, found={"sign": Finding.NO})
    own, foreign = Repair.objects.get(station=station), Repair.objects.get(station=other)
    finish_repair(repair_id=own.id, how="挂上了", actor=cast.station_keeper, now=cast.now)
    with pytest.raises((NotFound, Forbidden)):
        finish_repair(repair_id=foreign.id, how="挂上了", actor=cast.station_keeper, now=cast.now)
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
