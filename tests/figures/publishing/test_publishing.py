"""A publication on its way: drafted, checked, approved by two others, frozen; corrected by a version."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.models import Approval, Publication, PublicationLine
from nuanxin.figures.queries import measure
from nuanxin.figures.queries.publications import compare, lines_of
from nuanxin.figures.queries.verifying import verify_all, verify_publication
from nuanxin.figures.rules.small_numbers import published as published_value
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.period import Period
from nuanxin.membership.models import MemberFlow
from nuanxin.records.models import Event
from tests.figures.conftest import NOW
from tests.figures.publishing.office import (
    LIVE,
    NEW,
    checked,
    drafted,
    explained,
    person,
    published,
)
from tests.figures.world import LAST, World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def late_entry(world: World, persons: int = 300, at=NOW + timedelta(hours=1)) -> None:
    """Enter members of three weeks ago after the publication was measured."""
    union = world.unions["joint_gongshu_1"]
    MemberFlow.objects.create(
        day=LAST - timedelta(days=3),
        union_id=union.id,
        county=union.adcode,
        occupation=3,
        channel=1,
        kind=10,
        persons=persons,
        recorded_at=at,
    )


def test_the_lines_are_what_measuring_gives_and_each_has_its_rows(world):
    draft = drafted(world)
    lines = {(o.code, o.region, o.channel): o for o in lines_of(draft.id)}
    assert len(lines) > 100
    compared = 0
    for (code, region, channel), line in lines.items():
        if region not in (330000, 330100, 330105, 330212):
            continue
        asked = {"as_of": LAST} if line.period_start is None else {}
        if line.period_start:
            asked = {"period": Period(date(2026, 10, 1), LAST)}
        again = measure(
            code, region=region, channel=channel, known_at=draft.known_at, now=NOW, **asked
        )
        told = again.as_published(line.value, rounded_to=line.rounded_to)
        assert (line.measured, line.digest) == (again.value, told.digest)
        compared += 1
    assert compared > 15
    assert all(line.rows_hash and line.rows_seal for line in lines.values())


def test_persons_are_told_to_the_ten_and_a_few_not_at_all_while_the_desk_knows_them(world):
    choice = Choice((LIVE, NEW), cuts=("occupation", "channel"))
    lines = [
        line
        for union in ("gongshu", "xihu", "yinzhou")
        for line in lines_of(drafted(world, union, choice=choice, since=date(2024, 1, 1)).id)
    ]
    assert any(line.is_withheld for line in lines)
    assert any(line.value and line.value != line.measured for line in lines)
    for line in lines:
        assert (line.value, line.rounded_to) == (published_value(line.measured, least=10), 10)
        assert line.is_withheld == (0 < line.measured < 10)
    unions = lines_of(drafted(world, "gongshu", choice=Choice(("orgs.unions",))).id)
    assert [(line.value, line.rounded_to) for line in unions] == [(unions[0].measured, 1)]


def test_it_takes_two_others_to_publish(world):
    draft = checked(world, drafted(world))
    author, second = person(world, "province"), person(world, "province", 2)
    with pytest.raises(Forbidden) as own:
        publishing.approve_publication(publication_id=draft.id, actor=author, now=NOW)
    assert own.value.code == "figures.own_draft"
    publishing.approve_publication(publication_id=draft.id, actor=second, now=NOW)
    for actor, code in ((author, "figures.own_draft"), (second, "figures.approved_already")):
        with pytest.raises(Forbidden) as refused:
            publishing.publish_publication(publication_id=draft.id, actor=actor, now=NOW)
        assert refused.value.code == code
    third = person(world, "province", 3)
    done = publishing.publish_publication(publication_id=draft.id, actor=third, now=NOW)
    assert done.state == PublicationState.PUBLISHED
    kinds = list(Event.objects.filter(kind__startswith="figures.").values_list("kind", flat=True))
    assert kinds == [
        "figures.publication_drafted",
        "figures.publication_checked",
        "figures.publication_approved",
        "figures.published",
    ]


def test_the_database_alone_refuses_a_publication_without_two_persons(world):
    draft = checked(world, drafted(world))
    with (
        pytest.raises(IntegrityError, match="nobody approves what he drafted"),
        transaction.atomic(),
    ):
        Approval.objects.create(
            publication=draft, round=1, person_key=draft.author_key, approved_at=NOW
        )
    Approval.objects.create(publication=draft, round=1, person_key="w7", approved_at=NOW)
    with pytest.raises(IntegrityError, match="approval_once_a_person"), transaction.atomic():
        Approval.objects.create(publication=draft, round=1, person_key="w7", approved_at=NOW)
    with pytest.raises(IntegrityError, match="two approvers"):
        publish_by_statement(draft)


def publish_by_statement(draft: Publication) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        Publication.objects.filter(id=draft.id).update(state=3)
        Publication.objects.filter(id=draft.id).update(
            state=4,
            published_at=NOW,
            number=1,
            previous_hash="0" * 64,
            content_hash="a" * 64,
            signature=b"s" * 64,
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE figures_publication SET title = '改过' WHERE id = %s",
        "UPDATE figures_publication SET state = 1 WHERE id = %s",
        "DELETE FROM figures_publication WHERE id = %s",
        "UPDATE figures_publicationline SET value = value + 1 WHERE publication_id = %s",
        "DELETE FROM figures_publicationline WHERE publication_id = %s",
        "DELETE FROM figures_approval WHERE publication_id = %s",
        "UPDATE figures_approval SET person_key = 'w9' WHERE publication_id = %s",
    ],
)
@pytest.mark.owner
def test_nothing_of_a_published_version_changes_even_by_a_statement(world, statement):
    done = published(world)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [done.id])


def test_a_county_drafts_its_city_approves_and_the_province_publishes(world):
    county, city, province = (person(world, name) for name in ("county", "city", "province"))
    draft = drafted(world, "gongshu", by=county)
    publishing.check_publication(publication_id=draft.id, actor=county, now=NOW)
    for stranger, refusal in (
        (person(world, "neighbour"), NotFound),
        (person(world, "auditor"), Forbidden),
    ):
        with pytest.raises(refusal):
            publishing.approve_publication(publication_id=draft.id, actor=stranger, now=NOW)
    publishing.approve_publication(publication_id=draft.id, actor=city, now=NOW)
    with pytest.raises(Forbidden):
        publishing.publish_publication(
            publication_id=draft.id, actor=person(world, "county", 2), now=NOW
        )
    publishing.publish_publication(publication_id=draft.id, actor=province, now=NOW)


def test_what_is_sent_back_needs_both_approvals_anew(world):
    draft = checked(world, drafted(world))
    author, second, third = (person(world, "province", n) for n in (1, 2, 3))
    publishing.approve_publication(publication_id=draft.id, actor=second, now=NOW)
    publishing.send_back(publication_id=draft.id, reason="标题写错了月份", actor=third, now=NOW)
    publishing.check_publication(publication_id=draft.id, actor=author, now=NOW)
    with pytest.raises(Conflict):
        publishing.publish_publication(publication_id=draft.id, actor=third, now=NOW)
    publishing.approve_publication(publication_id=draft.id, actor=second, now=NOW)
    publishing.publish_publication(publication_id=draft.id, actor=third, now=NOW)


def test_a_late_entry_changes_nothing_that_was_published(world):
    done = published(world)
    late_entry(world)
    assert verify_publication(done, rederive=True).stands


def test_an_entry_dated_back_before_the_measuring_stops_publishing(world):
    draft = checked(world, drafted(world))
    second, third = person(world, "province", 2), person(world, "province", 3)
    publishing.approve_publication(publication_id=draft.id, actor=second, now=NOW)
    late_entry(world, persons=1, at=NOW - timedelta(seconds=5))
    with pytest.raises(Conflict) as refused:
        publishing.publish_publication(publication_id=draft.id, actor=third, now=NOW)
    assert refused.value.code == "figures.rows_moved"


def test_a_correction_is_a_new_version_with_a_reason_and_the_old_one_stays(world):
    first = published(world)
    late_entry(world, at=NOW + timedelta(minutes=10))
    author = person(world, "province")
    with pytest.raises(Malformed):
        publishing.draft_correction(publication_id=first.id, reason="  ", actor=author, now=NOW)
    later = NOW + timedelta(hours=2)
    draft = publishing.draft_correction(
        publication_id=first.id, reason="拱墅区补录一批名册", actor=author, now=later
    )
    found = publishing.findings(publication_id=draft.id, actor=author, now=later)
    assert "figures.jump_needs_reason" in {one.code for one in found if one.blocks}
    blocked = publishing.check_publication(publication_id=draft.id, actor=author, now=later)
    assert any(one.blocks for one in blocked)
    draft.refresh_from_db()
    assert draft.state == PublicationState.DRAFT
    notes = {line.position: "补录名册" for line in lines_of(draft.id)}
    publishing.explain_changes(publication_id=draft.id, notes=notes, actor=author, now=later)
    publishing.check_publication(publication_id=draft.id, actor=author, now=later)
    publishing.approve_publication(
        publication_id=draft.id, actor=person(world, "province", 2), now=later
    )
    second = publishing.publish_publication(
        publication_id=draft.id, actor=person(world, "province", 3), now=later
    )
    first.refresh_from_db()
    assert (first.state, second.state) == (PublicationState.SUPERSEDED, PublicationState.PUBLISHED)
    assert second.previous_hash == first.content_hash
    changed = [row for row in compare(lines_of(first.id), lines_of(second.id)) if row.change]
    assert {row.change for row in changed if row.label == "在籍会员"} == {300}
    assert all(one.stands for one in verify_all())


def test_a_withdrawal_takes_down_without_numbers_and_the_old_one_stays_readable(world):
    first = published(world)
    draft = publishing.draft_correction(
        publication_id=first.id,
        reason="口径用错了，先撤下",
        is_withdrawal=True,
        actor=person(world, "province"),
        now=NOW + timedelta(hours=1),
    )
    done = published(world, draft, later=120)
    first.refresh_from_db()
    assert first.state == PublicationState.WITHDRAWN
    assert not lines_of(done.id)
    assert lines_of(first.id)
    assert all(one.stands for one in verify_all())


@pytest.mark.owner
@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("UPDATE figures_publicationline SET value = value + 1 WHERE position = 2", "digest"),
        ("UPDATE figures_publicationline SET label = '会员' WHERE position = 1", "content"),
        ("UPDATE figures_publication SET as_of = as_of - 1", "digest"),
        ("UPDATE figures_publicationline SET measured = measured + 1 WHERE position = 2", "seal"),
        ("UPDATE figures_publicationline SET rows_seal = repeat('1', 64)", "seal"),
        ("UPDATE figures_publication SET salt = set_byte(salt, 0, 7 # get_byte(salt, 0))", "seal"),
        ("UPDATE figures_publication SET title = '别的标题'", "content"),
        (
            "UPDATE figures_publication SET signature = set_byte(signature, 3, 7"
            " # get_byte(signature, 3))",
            "signature",
        ),
        ("UPDATE figures_publication SET previous_hash = repeat('1', 64)", "content"),
        ("UPDATE membership_memberflow SET persons = persons + 1 WHERE kind = 10", "value"),
        (
            "UPDATE membership_memberflow SET union_id = union_id + 1 WHERE kind = 10",
            "rows",
        ),
    ],
)
def test_what_a_superuser_edits_with_the_guards_off_comes_out(world, tampering, code):
    done = published(world)
    assert verify_publication(done, rederive=True).stands
    tables = ("figures_publication", "figures_publicationline", "membership_memberflow")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(tampering)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    told = verify_all()[-1]
    assert not told.stands
    assert told.fault is not None
    assert told.fault.code.startswith(f"figures.{code}")


def test_days_and_words_that_cannot_be_published_are_refused(world):
    for given, code in (
        ({"as_of": clock.business_day(NOW) + timedelta(days=1)}, "figures.not_yet"),
        ({"since": LAST + timedelta(days=1)}, "figures.backwards"),
        ({"title": " "}, "figures.title_missing"),
    ):
        with pytest.raises(Malformed) as refused:
            drafted(world, **given)
        assert refused.value.code == code


def test_only_the_lines_of_a_draft_are_measured_again(world):
    draft = drafted(world)
    before = {
        line.code: line.value
        for line in lines_of(draft.id)
        if line.region == 330000 and not line.channel
    }
    late_entry(world)
    later = NOW + timedelta(hours=2)
    author = person(world, "province")
    publishing.measure_again(publication_id=draft.id, actor=author, now=later)
    after = {
        line.code: line.value
        for line in lines_of(draft.id)
        if line.region == 330000 and not line.channel
    }
    assert after[LIVE] == before[LIVE] + 300
    assert after[NEW] == before[NEW] + 300
    done = published(world, explained(world, draft), later=180)
    with pytest.raises(Conflict):
        publishing.measure_again(publication_id=done.id, actor=author, now=later)
    assert PublicationLine.objects.filter(publication=done).exists()
