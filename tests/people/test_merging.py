"""Two records of one person become one, with a choice per field, and can be taken apart again."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people import states
from nuanxin.people.actions import (
    add_engagement,
    correct_worker,
    dismiss_duplicate,
    erase_worker,
    find_duplicates,
    grant_consent,
    merge_workers,
    open_household,
    undo_merge,
)
from nuanxin.people.models import Merge, Worker
from nuanxin.people.queries import (
    find_worker_by_identity,
    find_workers_by_phone,
    get_duplicate,
    get_worker,
    list_consents,
    list_duplicates,
    list_engagements,
    list_undoable_merges,
)
from nuanxin.people.states import MergeField, Side
from tests.people.conftest import (
    COUNTY_CADRE,
    LIAISON,
    NEXT_DOOR,
    NOW,
    OFFICER,
    OFFICER_NEXT_DOOR,
    himself,
    number,
    phone,
    register,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(stands_below):
    """Two records of one person: the number of the second has a slip."""
    kept = stands_below(register(1))
    folded = stands_below(register(2, name="叶晓明"))
    return kept, folded


def merge(pair, actor=OFFICER, now=NOW, **choices):
    kept, folded = pair
    return merge_workers(kept_id=kept, folded_id=folded, choices=choices, actor=actor, now=now)


def undo(merge_id, actor=OFFICER, now=NOW):
    undo_merge(merge_id=merge_id, actor=actor, now=now)


def snapshot():
    """Return every row of 人员 but merges and log, to compare before and after."""
    tables = ("worker", "engagement", "consent", "householdmember", "duplicatecandidate")
    rows = {}
    with connection.cursor() as db:
        for table in tables:
            db.execute(f"SELECT t::text FROM people_{table} t ORDER BY id")
            rows[table] = db.fetchall()
    return rows


def test_the_folded_record_leaves_and_the_kept_one_stays(pair):
    kept, folded = pair
    merge(pair)
    assert get_worker(folded).merged_into == kept
    assert get_worker(kept).name == "叶小明"
    assert find_worker_by_identity(number(1)) == kept
    assert find_worker_by_identity(number(2)) is None
    assert find_workers_by_phone(phone(2)) == []


@pytest.mark.parametrize("name", list(Side))
@pytest.mark.parametrize("identity", list(Side))
@pytest.mark.parametrize("phones", list(Side))
def test_each_field_is_chosen_by_itself(pair, name, identity, phones):
    kept, _ = pair
    merge(pair, name=name, identity=identity, phone=phones)
    row = get_worker(kept)
    assert row.name == ("叶小明" if name is Side.KEPT else "叶晓明")
    assert find_worker_by_identity(number(1 if identity is Side.KEPT else 2)) == kept
    assert find_workers_by_phone(phone(1 if phones is Side.KEPT else 2)) == [kept]


def test_birth_and_sex_go_with_the_number(stands_below):
    kept = stands_below(register(1, identity=None))
    folded = stands_below(register(2, phone=phone(3)))
    merge((kept, folded), identity="folded")
    row = get_worker(kept)
    assert (row.birth_on.isoformat(), row.sex_label) == ("1990-03-07", "女")


def test_all_links_are_kept(pair):
    kept, folded = pair
    job = add_engagement(worker_id=folded, occupation=4, source="join", actor=OFFICER, now=NOW)
    merge(pair)
    assert [row.id for row in list_engagements(kept)] == [job]
    assert list_engagements(folded) == []


def test_what_both_hold_is_ended_on_the_folded_side(pair):
    for one in pair:
        grant_consent(
            worker_id=one,
            purpose=1,
            notice_version="2026-11-01",
            via="web",
            actor=himself(one),
            now=NOW,
        )
        open_household(worker_id=one, name="叶家", actor=OFFICER, now=NOW)
    merge(pair)
    assert [row.is_live for row in list_consents(pair[0])] == [True, False]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sides=st.fixed_dictionaries({field.value: st.sampled_from(Side) for field in MergeField}),
    has_jobs=st.booleans(),
    has_consents=st.booleans(),
)
@pytest.mark.slow
def test_undoing_restores_everything_exactly(pair, sides, has_jobs, has_consents):
    for one in pair:
        if has_jobs:
            add_engagement(worker_id=one, occupation=4, source="join", actor=OFFICER, now=NOW)
        if has_consents:
            grant_consent(
                worker_id=one,
                purpose=1,
                notice_version="2026-11-01",
                via="web",
                actor=himself(one),
                now=NOW,
            )
    before = snapshot()
    merge_id = merge(pair, **sides)
    assert snapshot() != before
    undo(merge_id, now=NOW + timedelta(days=29))
    assert snapshot() == before


def test_links_that_other_packages_register_move_and_return(pair, monkeypatch):
    kept, folded = pair
    with connection.cursor() as db:
        db.execute("CREATE TEMPORARY TABLE aid_claim (id uuid, worker bigint) ON COMMIT DROP")
        db.execute("INSERT INTO aid_claim SELECT gen_random_uuid(), %s", [folded])
        db.execute("INSERT INTO aid_claim SELECT gen_random_uuid(), %s", [kept])
    links = [*states.worker_links, ("aid_claim", "worker")]
    monkeypatch.setattr("nuanxin.people.actions.merging.worker_links", links)

    def owners():
        with connection.cursor() as db:
            db.execute("SELECT worker FROM aid_claim ORDER BY worker")
            return [row[0] for row in db.fetchall()]

    merge_id = merge(pair)
    assert owners() == [kept, kept]
    undo(merge_id)
    assert owners() == sorted([kept, folded])


class Step:
    """A package's part: it notes what it was asked and may refuse."""

    name = "test"

    def __init__(self, refuses=False):
        self.refuses = refuses
        self.seen = []

    def fold(self, *, kept_id, folded_id, actor, now):
        if self.refuses:
            raise Conflict("membership.two_live", "两份档案都有会籍，请先办转会。")
        self.seen.append(("fold", kept_id, folded_id))
        return {"ended": [folded_id]}

    def unfold(self, memo, *, kept_id, folded_id, actor, now):
        self.seen.append(("unfold", memo))


@pytest.fixture
def step(monkeypatch):
    monkeypatch.setattr("nuanxin.people.actions.merging.merge_steps", [one := Step()])
    return one


def test_a_package_settles_its_collisions_and_takes_them_back(pair, step):
    kept, folded = pair
    undo(merge(pair))
    assert step.seen == [("fold", kept, folded), ("unfold", {"ended": [folded]})]


def test_a_package_that_refuses_stops_the_whole_merge(pair, step):
    before = snapshot()
    step.refuses = True
    with pytest.raises(Conflict, match=r"membership\.two_live"):
        merge(pair)
    assert snapshot() == before
    step.refuses = False
    assert merge(pair)


def test_links_that_cannot_stand_side_by_side_refuse_the_merge(pair, monkeypatch):
    with connection.cursor() as db:
        db.execute("CREATE TEMPORARY TABLE one_each (id bigint, worker bigint UNIQUE)")
        db.execute("INSERT INTO one_each VALUES (1, %s), (2, %s)", list(pair))
    links = [*states.worker_links, ("one_each", "worker")]
    monkeypatch.setattr("nuanxin.people.actions.merging.worker_links", links)
    before = snapshot()
    with pytest.raises(Conflict, match=r"people\.merge_blocked"):
        merge(pair)
    assert snapshot()["worker"] == before["worker"]


def test_the_undo_ends_after_the_days_of_the_parameter(pair):
    merge_id = merge(pair)
    with pytest.raises(Conflict, match=r"people\.merge_undo_over"):
        undo(merge_id, now=NOW + timedelta(days=30, seconds=1))
    undo(merge_id, now=NOW + timedelta(days=30))
    with pytest.raises(Conflict, match=r"people\.merge_undone"):
        undo(merge_id)


def test_merges_one_upon_another_are_undone_from_the_last(pair, stands_below):
    first, second = pair
    third = stands_below(register(3))
    before = snapshot()
    early = merge((first, second))
    late = merge((third, first))
    assert get_worker(second).merged_into == third
    with pytest.raises(Conflict, match=r"people\.merge_later_first"):
        undo(early)
    undo(late)
    assert get_worker(second).merged_into == first
    undo(early)
    assert snapshot() == before


def test_a_correction_after_the_merge_survives_the_undo_with_its_record(pair):
    kept, folded = pair
    merge_id = merge(pair)
    correct_worker(worker_id=kept, name="叶筱明", actor=OFFICER, now=NOW)
    undo(merge_id)
    assert (get_worker(kept).name, get_worker(folded).name) == ("叶筱明", "叶晓明")


@pytest.mark.parametrize("field", ["age", "ID", ""])
def test_an_unknown_field_or_side_is_refused(pair, field):
    with pytest.raises(Malformed, match=r"people\.merge_choice"):
        merge_workers(
            kept_id=pair[0], folded_id=pair[1], choices={field: "kept"}, actor=OFFICER, now=NOW
        )
    with pytest.raises(Malformed, match=r"people\.merge_choice"):
        merge(pair, name="both")


def test_a_record_is_not_merged_with_itself_or_twice(pair):
    with pytest.raises(Malformed, match=r"people\.same_record"):
        merge((pair[0], pair[0]))
    merge(pair)
    with pytest.raises(NotFound):
        merge(pair)


def test_who_may_merge(pair):
    kept, _ = pair
    for actor, refusal in [
        (OFFICER_NEXT_DOOR, NotFound),
        (LIAISON, Forbidden),
        (himself(kept), Forbidden),
    ]:
        with pytest.raises(refusal):
            merge(pair, actor)
    merge_id = merge(pair, OFFICER)
    for actor, refusal in [(OFFICER_NEXT_DOOR, NotFound), (LIAISON, Forbidden)]:
        with pytest.raises(refusal):
            undo(merge_id, actor)
    undo(merge_id, COUNTY_CADRE)


def test_an_officer_does_not_reach_into_the_next_union(stands_below):
    mine, theirs = stands_below(register(1)), stands_below(register(2), NEXT_DOOR)
    with pytest.raises(NotFound):
        merge((mine, theirs), OFFICER)
    assert merge((mine, theirs), COUNTY_CADRE)


def test_but_takes_in_a_record_that_stands_nowhere(stands_below):
    mine, nowhere = stands_below(register(1)), register(2)
    assert merge((mine, nowhere), OFFICER)


def test_two_records_that_stand_nowhere_are_nobodys(stands_below):
    with pytest.raises(NotFound):
        merge((register(1), register(2)), OFFICER)


def test_merges_that_can_be_undone_are_listed_in_scope(pair):
    merge_id = merge(pair)
    (row,) = list_undoable_merges(actor=OFFICER, now=NOW)
    assert (row.id, row.kept.id, row.folded.id) == (merge_id, *pair)
    assert list_undoable_merges(actor=OFFICER_NEXT_DOOR, now=NOW) == []
    assert list_undoable_merges(actor=OFFICER, now=NOW + timedelta(days=31)) == []


def test_no_sealed_value_is_copied_into_the_merge(pair):
    merge(pair, name="folded", identity="folded", phone="folded")
    kept = str(Merge.objects.get().before)
    for row in Worker.objects.all():
        assert bytes(row.identity_sealed).hex() not in kept
        assert str(row.identity_hash) not in kept


# ── Pairs that look like one person ─────────────────────────────────────────────────────────────


def found(since=None):
    find_duplicates(since, now=NOW)
    page = list_duplicates(actor=COUNTY_CADRE)
    return {(row.first.id, row.second.id): row.signs for row in page.items}


@pytest.fixture
def person(stands_below):
    """Return a function that registers a person below the officer's union."""

    def make(serial, **changes):
        return stands_below(register(serial, **changes))

    return make


def test_two_signs_of_three_make_a_pair(person):
    base = person(1, name="叶小明", phone=phone(1))
    same_phone_name = person(2, name="叶小明", phone=phone(1), identity=number(2, born="19910101"))
    same_phone_birth = person(3, name="叶晓明", phone=phone(1))
    slip = person(4, name="叶小明", phone=phone(9), identity=number(4))
    other = person(5, name="王大力", phone=phone(5), identity=number(5, born="19700101"))
    pairs = found()
    assert pairs[base, same_phone_name] == ["name", "phone"]
    assert pairs[base, same_phone_birth] == ["birth", "phone"]
    assert pairs[base, slip] == ["name", "birth"]
    assert not any(other in pair for pair in pairs)


@pytest.mark.parametrize(
    "second",
    [
        {"name": "王大力", "identity": number(2, born="19800101")},  # the phone alone
        {"phone": phone(2), "identity": number(2, born="19800101")},  # the name alone
        {"name": "王大力", "phone": phone(2)},  # the birth alone
        {"phone": phone(2), "identity": number(2, area="440305")},  # name and birth, far apart
    ],
)
def test_one_sign_or_a_coincidence_is_no_pair(person, second):
    person(1, phone=phone(1))
    person(2, **({"phone": phone(1)} | second))
    assert found() == {}


def test_a_phone_that_many_share_is_an_office(person):
    for serial in range(1, 11):
        person(serial, phone=phone(1), identity=number(serial, born=f"19{60 + serial}0101"))
    assert found() == {}


def test_a_pair_is_found_once_and_stays_settled(person):
    first = person(1, phone=phone(1))
    second = person(2, phone=phone(1))
    assert list(found()) == [(first, second)]
    assert find_duplicates(None, now=NOW) == 0
    (row,) = list_duplicates(actor=OFFICER).items
    assert row.sign_labels == ["姓名相同", "出生日期相同", "手机号相同"]
    assert row.differing == ["identity"]
    dismiss_duplicate(duplicate_id=row.id, actor=OFFICER, now=NOW)
    assert found() == {}
    with pytest.raises(NotFound):
        dismiss_duplicate(duplicate_id=row.id, actor=OFFICER, now=NOW)


def test_only_new_records_are_looked_at_but_against_all(person):
    old = person(1, phone=phone(1), now=NOW - timedelta(days=9))
    person(3, name="王大力", phone=phone(3), now=NOW - timedelta(days=9))
    person(4, name="王大力", phone=phone(3), now=NOW - timedelta(days=9))
    new = person(2, phone=phone(1))
    assert list(found(since=NOW - timedelta(days=1))) == [(old, new)]
    assert len(found()) == 2


def test_a_merge_settles_the_pair_and_its_undo_opens_it_again(person):
    pair = person(1, phone=phone(1)), person(2, phone=phone(1))
    assert list(found()) == [pair]
    merge_id = merge(pair)
    assert found() == {}
    undo(merge_id)
    assert list(found()) == [pair]


def test_pairs_are_seen_by_those_who_may_merge_them(person, stands_below):
    person(1, phone=phone(1))
    person(2, phone=phone(1))
    find_duplicates(None, now=NOW)
    (row,) = list_duplicates(actor=OFFICER).items
    assert list_duplicates(actor=OFFICER_NEXT_DOOR).items == []
    with pytest.raises(NotFound):
        get_duplicate(row.id, actor=OFFICER_NEXT_DOOR)
    with pytest.raises(Forbidden):
        list_duplicates(actor=LIAISON)
    assert get_duplicate(row.id, actor=OFFICER).id == row.id


def test_a_pair_across_two_unions_is_seen_from_above_only(stands_below):
    stands_below(register(1, phone=phone(1)))
    stands_below(register(2, phone=phone(1)), NEXT_DOOR)
    find_duplicates(None, now=NOW)
    assert list_duplicates(actor=OFFICER).items == []
    assert len(list_duplicates(actor=COUNTY_CADRE).items) == 1


def test_pages_of_pairs_follow_one_another(person):
    for serial in range(1, 5):
        person(serial, phone=phone(1))
    find_duplicates(None, now=NOW)
    first = list_duplicates(actor=OFFICER, limit=4)
    rest = list_duplicates(actor=OFFICER, limit=4, cursor=first.next)
    assert len({row.id for row in first.items + rest.items}) == 6
    assert rest.next is None


def test_an_erased_person_is_in_no_pair_and_no_undo(person):
    pair = person(1, phone=phone(1)), person(2, phone=phone(1))
    merge_id = merge(pair)
    erase_worker(worker_id=pair[0], actor=himself(pair[0]), now=NOW)
    with pytest.raises(Conflict, match=r"people\.erased"):
        undo(merge_id)
    assert found() == {}
