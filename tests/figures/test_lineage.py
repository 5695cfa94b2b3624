"""From a number to the statement that gives it, its row set, and what became known of it later."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse

from nuanxin.figures.actions import export_rows, publishing
from nuanxin.figures.pages.behind import figure_rows
from nuanxin.figures.queries.behind import Asked, get_lineage, rows_behind
from nuanxin.figures.queries.deriving import When, derive
from nuanxin.figures.queries.lineage import FLOW_WEIGHTS, OF_UNIONS, prove, statement_of
from nuanxin.figures.queries.measuring import measure
from nuanxin.figures.queries.published_before import published_before
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.period import Period
from nuanxin.membership.models import MemberFlow
from nuanxin.membership.states import FlowKind
from nuanxin.orgs.models import Ancestry, Territory, Union
from tests.figures.conftest import NOW
from tests.figures.publishing.office import drafted, explained, person, published, question
from tests.figures.world import LAST

pytestmark = pytest.mark.django_db

LIVE, NEW = "membership.live_members_persons", "membership.new_members_persons"
UNIONS, NEW_UNIONS = "orgs.unions", "orgs.new_unions"
MOST_STATEMENTS = 35
DAY = date(2026, 6, 17)
PERIOD = Period(date(2024, 2, 3), DAY)


def asked_of(world, code, name="hangzhou", known_at=None):
    return Asked(code, world.unions[name].id, DAY, PERIOD, known_at)


@pytest.mark.slow
@pytest.mark.parametrize("known_at", [None, clock.day_end(date(2026, 9, 1))])
def test_the_statement_shown_gives_the_value_when_it_is_run(world, known_at):
    """The text for ``psql`` with its values put in, not the text for the driver."""
    for code in [*FLOW_WEIGHTS, *sorted(OF_UNIONS)]:
        asked = asked_of(world, code, known_at=known_at)
        statement = statement_of(asked)
        text = statement.for_people
        for name, value in statement.values.items():
            text = text.replace(f":'{name}'", f"'{value.isoformat()}'" if name != "union" else "")
            text = text.replace(f":{name}", str(value))
        with connection.cursor() as cursor:
            cursor.execute(text.replace("%", "%%"))
            value = cursor.fetchone()[0]
        truth = measure(
            code, union_id=asked.union_id, period=PERIOD, known_at=known_at, now=NOW
        ).value
        assert value == truth == prove(asked).value, code
        assert set(statement.values) <= {"union", "day", "start", "known_at"}


def test_the_row_set_is_hashed_as_a_publication_hashes_it(world):
    """All of Hangzhou's unions sit in Hangzhou: tree and region have the same rows."""
    when = When(DAY, PERIOD.start, NOW)
    for code in (LIVE, NEW):
        derived = derive([(code, 330100, "", "")], when, top=330000)[code, 330100, "", ""]
        proof = prove(asked_of(world, code, known_at=NOW))
        assert (proof.value, proof.rows.hash) == (derived.value, derived.rows.hash), code
        assert proof.rows.rows > 0


@pytest.mark.parametrize("code", sorted(OF_UNIONS))
def test_the_unions_behind_a_number_come_page_by_page(world, holder, code):
    ended = world.unions["joint_xihu_2"]
    day = date(2026, 5, 1)
    Ancestry.objects.filter(union_id=ended.id).update(valid_to=day)
    (seat,) = Territory.objects.filter(union_id=ended.id)
    Territory.objects.filter(id=seat.id).update(superseded_at=clock.day_start(day))
    Territory.objects.create(
        union_id=ended.id, adcode=seat.adcode, is_seat=True, valid_from=seat.valid_from,
        valid_to=day, recorded_at=clock.day_start(day),
    )  # fmt: skip
    Union.objects.filter(id=ended.id).update(
        state="merged", ended_on=day, merged_into_id=world.unions["joint_xihu_1"].id
    )
    found, after = [], ""
    while True:
        page = rows_behind(
            actor=holder("hangzhou", Role.CITY_CADRE), code=code,
            union_code=world.unions["hangzhou"].code, as_of=DAY, after=after, limit=2, now=NOW,
        )  # fmt: skip
        assert page.first == len(found) + 1
        found += page.unions
        after = page.next
        if not after:
            break
    assert len(found) == page.measurement.value
    assert len({one.id for one in found}) == len(found)
    if code == "orgs.ended_unions":
        assert [one.name for one in found] == [ended.name]
    assert all(one.founded_on <= DAY and one.region for one in found)


def test_unions_are_taken_away_like_persons(world, holder):
    page = export_rows(
        code=UNIONS, union_code=world.unions["gongshu"].code, as_of=LAST,
        actor=holder("gongshu"), now=NOW,
    )  # fmt: skip
    assert page.count == page.measurement.value == 3
    with pytest.raises(NotFound):
        export_rows(
            code=UNIONS, union_code=world.unions["gongshu"].code, actor=holder("xihu"), now=NOW
        )


def late(world, *, day, persons=1, kind=FlowKind.JOINED, days_ago=2):
    return MemberFlow.objects.create(
        day=day, union_id=world.unions["joint_gongshu_1"].id, county=330105, occupation=4,
        channel=1, kind=kind, persons=persons, recorded_at=NOW - timedelta(days=days_ago),
    )  # fmt: skip


def behind(world, holder, code=LIVE, **asked):
    page = rows_behind(
        actor=holder("gongshu"), code=code, union_code=world.unions["gongshu"].code, now=NOW,
        **asked,
    )  # fmt: skip
    return page, get_lineage(page, is_proof_asked=False, now=NOW)


def test_what_became_known_later_is_listed_and_adds_up(world, holder):
    late(world, day=date(2026, 4, 1), persons=3)
    late(world, day=date(2026, 5, 1), kind=FlowKind.LEFT)
    late(world, day=date(2026, 5, 2), persons=9, days_ago=60)
    page, lineage = behind(world, holder, as_of=DAY, known_on=date(2026, 10, 1))
    later = lineage.later
    assert (later.then, later.today) == (page.measurement.value, page.value_today)
    assert later.today - later.then == later.entered == 2
    assert [one.persons for one in later.entries] == [-1, 3]
    assert later.tree == 0
    assert (later.entries[0].kind_label, later.entries[0].entered_on) == (
        "退会",
        clock.business_day(NOW) - timedelta(days=2),
    )


def test_the_rows_of_a_day_of_knowledge_leave_out_who_was_entered_later(world, holder):
    page, _ = behind(world, holder, as_of=DAY, known_on=date(2026, 1, 1))
    known, _ = behind(world, holder, as_of=date(2026, 1, 1))
    assert [row.membership_id for row in page.rows] == [row.membership_id for row in known.rows]
    assert page.measurement.value == len(page.rows)


def test_a_day_that_is_not_over_is_not_known(world, holder):
    with pytest.raises(Malformed) as refused:
        behind(world, holder, known_on=LAST)
    assert refused.value.code == "figures.not_yet"


def test_net_new_members_are_joins_and_those_who_left_again(world, holder):
    page, _ = behind(world, holder, code="membership.net_new_members_persons", as_of=LAST)
    signs = [row.sign for row in page.rows]
    assert sum(signs) == page.measurement.value
    assert -1 in signs
    transferred, _ = behind(world, holder, code="membership.transferred_out_persons", as_of=LAST)
    assert len(transferred.rows) == transferred.measurement.value > 0


def test_too_many_unions_are_asked_for_in_parts(world, holder, monkeypatch):
    monkeypatch.setattr("nuanxin.figures.queries.behind.EXPORT_LIMIT", 2)
    with pytest.raises(Conflict):
        export_rows(
            code=UNIONS, union_code=world.unions["gongshu"].code, actor=holder("gongshu"), now=NOW
        )


# ---- published before ---------------------------------------------------------------------------


@pytest.fixture
def two_months(world):
    """Return the world after September and October were published, with late entries between."""
    author = person(world, "province")
    september = drafted(
        world, by=author, title="2026 年 9 月会员情况", as_of=date(2026, 9, 30),
        since=date(2026, 9, 1),
    )  # fmt: skip
    published(world, september)
    late(world, day=date(2026, 8, 3), persons=4, days_ago=-1 / 24)
    october = publishing.draft_publication(
        union_code=world.unions["province"].code,
        question=question(),
        actor=author,
        now=NOW + timedelta(hours=2),
    )
    published(world, explained(world, october), later=180)
    return world


@pytest.mark.slow
def test_a_published_number_says_who_when_what_was_before_and_why_it_changed(two_months):
    asked = {"region": 330000, "as_of": LAST, "since": None, "now": NOW + timedelta(hours=9)}
    found = published_before(LIVE, **asked)
    assert (found.this.number, found.previous.number) == (2, 1)
    assert (found.this.author, found.this.approvers) == ("province1", ("province2", "province3"))
    assert found.previous.as_of == date(2026, 9, 30)
    parts = {part.key: part.persons for part in found.why.parts}
    assert parts["corrections"] == 4
    assert found.why.start + sum(parts.values()) == found.why.end
    for told, measured in ((found.previous, found.why.start), (found.this, found.why.end)):
        assert abs(told.value - measured) <= 5
        derived = measure(LIVE, region=330000, as_of=told.as_of, known_at=told.known_at, now=NOW)
        assert derived.value == measured


@pytest.mark.slow
def test_a_number_that_was_not_published_names_the_latest_that_was(two_months):
    asked = {"region": 330000, "since": None, "now": NOW + timedelta(hours=9)}
    found = published_before(LIVE, as_of=date(2026, 10, 5), **asked)
    assert found.this is None
    assert found.previous.as_of == date(2026, 9, 30)
    nothing = published_before(LIVE, as_of=date(2026, 9, 1), **asked)
    assert (nothing.this, nothing.previous, nothing.why) == (None, None, None)


@pytest.mark.slow
def test_where_it_was_published_takes_few_statements(two_months, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        published_before(LIVE, region=330000, as_of=LAST, since=None, now=NOW + timedelta(hours=9))


@pytest.mark.slow
@pytest.mark.parametrize("code", [LIVE, NEW, UNIONS])
def test_the_page_tells_all_of_it_in_few_statements(
    two_months, code, monkeypatch, rf, django_assert_max_num_queries
):
    now = NOW + timedelta(hours=9)
    monkeypatch.setattr(clock, "now", lambda: now)
    union = two_months.unions["province"]
    since = {} if code in (LIVE, UNIONS) else {"since": "2026-10-01"}
    asked = {"as_of": "2026-10-20", "proof": "1"} | since
    request = rf.get("/", asked)
    request.actor = Actor(
        name="陈立春",
        account_id=UUID(int=7),
        grants=(Grant(Role.COUNTY_CADRE, union.id, union.path),),
    )
    with django_assert_max_num_queries(MOST_STATEMENTS):
        page = figure_rows(request, code, union.code).content.decode()
    for words in ("怎么算的", "用哪一句 SQL", "SELECT", "逐行再算一遍，也是", "明细指纹",
                  "第 2 号", "province2、province3", "前一次发布", "看在籍会员变了多少"):  # fmt: skip
        assert words in page, words
    assert "是同一批行" in page
    assert "不是同一批行" not in page


@pytest.mark.slow
def test_the_page_as_known_on_a_day_says_what_came_later(cast, django_assert_max_num_queries):
    union = cast.union("county")
    plant_tree(cast)
    MemberFlow.objects.create(
        day=date(2026, 1, 5), union_id=cast.union("couriers").id, county=330105, occupation=4,
        channel=1, kind=FlowKind.JOINED, persons=2, recorded_at=clock.now(),
    )  # fmt: skip
    client = cast.client("county_cadre")
    address = reverse("figure-rows", args=[LIVE, union.code])
    with django_assert_max_num_queries(MOST_STATEMENTS + 15):  # signing in and the frame
        page = client.get(address, {"known_on": "2026-02-01"}).content.decode()
    assert "按 2026-02-01 结束时所知" in page
    assert "那天以后才知道的" in page
    assert "+2" in page
    refused = client.get(address, {"known_on": "2999-01-01"})
    assert refused.status_code == 422
    unions = client.get(reverse("figure-rows", args=[UNIONS, union.code])).content.decode()
    assert cast.union("couriers").name in unions
    taken = client.post(reverse("figure-rows-export", args=[UNIONS, union.code]))
    assert taken.content[:2] == b"PK"


def plant_tree(cast):
    for name in ("county", "couriers"):
        Ancestry.objects.create(
            ancestor_id=cast.union("county").id,
            union_id=cast.union(name).id,
            depth=0,
            valid_from=date(2021, 5, 1),
            recorded_at=clock.day_start(date(2021, 5, 1)),
        )
        Territory.objects.create(
            union_id=cast.union(name).id,
            adcode=330105,
            is_seat=True,
            valid_from=date(2021, 5, 1),
            recorded_at=clock.day_start(date(2021, 5, 1)),
        )
