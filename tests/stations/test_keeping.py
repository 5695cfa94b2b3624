"""Papers of keepers, and the roster: nobody unfit, nobody at two places."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions.keeping import end_shift, note_paper, plan_shift, repeat_week
from nuanxin.stations.models import Facility, KeeperPaper, KeeperShift
from nuanxin.stations.states.inspections import PaperKind

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HOUR = timedelta(hours=1)


@pytest.fixture
def keeper(street):
    return street.keeper(street.station())


def trained(street, keeper, *, days_ago=10, **more):
    day = clock.business_day(street.cast.now) - timedelta(days=days_ago)
    return note_paper(
        keeper_id=keeper.id, actor=more.pop("actor", street.cast.county_cadre),
        now=street.cast.now,
        **{"kind": PaperKind.TRAINING, "done_on": day, "is_clear": True, "course": "急救"} | more,
    )  # fmt: skip


def shift(street, keeper, *, begins=1, hours=4, actor=None):
    start = street.cast.now + begins * HOUR
    return plan_shift(
        keeper_id=keeper.id, starts_at=start, ends_at=start + hours * HOUR,
        actor=actor or street.cast.county_cadre, now=street.cast.now,
    )  # fmt: skip


def test_a_keeper_is_on_the_roster_once_he_is_trained(street, keeper):
    with pytest.raises(Conflict) as refused:
        shift(street, keeper)
    assert refused.value.code == "stations.keeper_untrained"
    trained(street, keeper)
    assert shift(street, keeper).station_id == keeper.station_id


def test_only_who_manages_the_station_plans_and_notes(street, keeper):
    trained(street, keeper)
    with pytest.raises(NotFound):
        shift(street, keeper, actor=street.cast.cadre_of_next_county)
    with pytest.raises(Forbidden):
        shift(street, keeper, actor=street.cast.station_keeper)
    with pytest.raises(NotFound):
        trained(street, keeper, actor=street.cast.cadre_of_next_county)
    assert shift(street, keeper).id


def test_where_children_come_a_record_check_is_asked_for(street, keeper):
    trained(street, keeper)
    Facility.objects.create(
        station_id=keeper.station_id, kind="mother_baby", noted_at=street.cast.now
    )
    with pytest.raises(Conflict) as refused:
        shift(street, keeper)
    assert refused.value.code == "stations.keeper_unchecked"
    trained(street, keeper, kind=PaperKind.RECORD_CHECK, course="")
    assert shift(street, keeper).id


def test_who_is_not_clear_stands_nowhere_and_a_newer_check_counts(street, keeper):
    trained(street, keeper)
    trained(street, keeper, kind=PaperKind.RECORD_CHECK, is_clear=False)
    with pytest.raises(Conflict) as refused:
        shift(street, keeper)
    assert refused.value.code == "stations.keeper_not_clear"
    trained(street, keeper, kind=PaperKind.RECORD_CHECK, days_ago=1)
    assert shift(street, keeper).id


def test_papers_are_appended_never_rewritten(street, keeper):
    made = trained(street, keeper)
    with pytest.raises(Exception, match=r"permission denied|append"), transaction.atomic():
        KeeperPaper.objects.filter(id=made.id).update(is_clear=False)
    with pytest.raises(Malformed):
        trained(street, keeper, days_ago=-1)
    with pytest.raises(Malformed):
        trained(street, keeper, course=" ")


def test_nobody_stands_at_two_places_at_once(street, keeper):
    other = street.keeper(street.station())
    for one in (keeper, other):
        trained(street, one)
    shift(street, keeper)
    with pytest.raises(Conflict) as refused:
        shift(street, other, begins=3)
    assert refused.value.code == "stations.shift_overlaps"
    assert shift(street, other, begins=5).id  # the hour after he can be there
    first = KeeperShift.objects.order_by("id").first()
    end_shift(shift_id=first.id, actor=street.cast.county_cadre, now=street.cast.now)
    assert shift(street, other, begins=1).id


def test_without_the_constraint_he_would_stand_at_both(street, keeper):
    first = None
    trained(street, keeper)
    first = shift(street, keeper)
    row = {
        "station_id": first.station_id, "keeper": keeper, "person_key": first.person_key,
        "starts_at": first.starts_at, "ends_at": first.ends_at, "made_at": street.cast.now,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="nobody_at_two_places"), transaction.atomic():
        KeeperShift.objects.create(**row)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE; SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE stations_keepershift DROP CONSTRAINT nobody_at_two_places")
    assert KeeperShift.objects.create(**row).id


def test_a_week_is_repeated_once_without_what_would_overlap_or_is_over(street, keeper):
    trained(street, keeper)
    since = clock.day_start(clock.business_day(street.cast.now))
    shift(street, keeper, begins=1)
    shift(street, keeper, begins=25)

    def again():
        return repeat_week(
            station_id=keeper.station_id, since=since, actor=street.cast.county_cadre,
            now=street.cast.now,
        )  # fmt: skip

    assert again() == 2
    assert again() == 0
    assert KeeperShift.objects.count() == 4


def test_what_is_not_a_shift_is_told(street, keeper):
    trained(street, keeper)
    for begins, hours in ((1, 0), (1, 17), (24 * 100, 4), (-24 * 9, 4)):
        with pytest.raises(Malformed) as refused:
            shift(street, keeper, begins=begins, hours=hours)
        assert refused.value.code == "stations.shift_times"
