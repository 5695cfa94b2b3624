"""A publication through the pages of the desk, and as everybody reads it."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse

from nuanxin.figures.actions import publishing
from nuanxin.figures.models import PeriodLock, Publication, PublicationLine
from nuanxin.figures.queries.publications import compare
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Grant, Role
from tests.figures.conftest import NOW
from tests.figures.publishing.office import drafted, explained, person, published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIVE = "membership.live_members_persons"


def by_client(cast, name):
    return cast.same_client(name)


def draft_by_page(cast, **given):
    """Draft as the county's cadre; return the answer."""
    values = {
        "union": cast.union("county").code,
        "title": "拱墅区 10 月",
        "as_of": clock.business_day(cast.now - timedelta(days=1)).isoformat(),
        "since": "",
        "codes": ["orgs.unions", LIVE],
        "below": "0",
        "cuts": ["channel"],
    }
    client = by_client(cast, "county_cadre")
    return client.post(reverse("desk-publication-new"), values | given)


def step(cast, name, publication_id, what, **sent):
    address = reverse("desk-publication-step", args=[publication_id, what])
    return by_client(cast, name).post(address, sent)


def test_from_the_empty_list_to_the_public_page(cast):
    county = by_client(cast, "county_cadre")
    empty = county.get(reverse("desk-publications")).content.decode()
    assert "还没有发布过" in empty
    answer = draft_by_page(cast)
    made = Publication.objects.get()
    assert answer.headers["Location"] == reverse("desk-publication", args=[made.id])
    page = county.get(answer.headers["Location"]).content.decode()
    assert "核对，送审签" in page
    assert step(cast, "county_cadre", made.id, "check").status_code == 302
    assert step(cast, "county_cadre", made.id, "approve").status_code == 403
    assert step(cast, "city_cadre", made.id, "approve").status_code == 302
    assert step(cast, "city_cadre", made.id, "publish").status_code == 403
    assert step(cast, "province_cadre", made.id, "publish").status_code == 302
    made.refresh_from_db()
    assert made.state == PublicationState.PUBLISHED
    shown = by_client(cast, "anonymous").get(reverse("publication", args=[made.id]))
    text = shown.content.decode()
    assert made.content_hash in text
    assert "核对不上" not in text
    assert made.title in by_client(cast, "anonymous").get(reverse("publications")).content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"title": ""}, "还没有写标题"),
        ({"codes": []}, "还没有选指标"),
        ({"as_of": "2099-01-01"}, "截至日还没到"),
        ({"since": "2099-01-01"}, "起止写反了"),
        ({"union": "ELSEWHERE"}, "选"),
    ],
)
def test_what_does_not_fit_is_told_at_the_form(cast, given, words):
    answer = draft_by_page(cast, **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Publication.objects.exists()


def test_a_draft_is_nobodys_to_read_but_the_office(cast):
    draft_by_page(cast)
    made = Publication.objects.get()
    assert (
        by_client(cast, "anonymous").get(reverse("publication", args=[made.id])).status_code == 404
    )
    elsewhere = by_client(cast, "cadre_of_next_county")
    assert elsewhere.get(reverse("desk-publication", args=[made.id])).status_code == 404
    assert made.title not in elsewhere.get(reverse("desk-publications")).content.decode()


def test_both_pages_say_that_a_correction_came(world, client):
    first = published(world)
    later = NOW + timedelta(hours=1)
    draft = publishing.draft_correction(
        publication_id=first.id,
        reason="拱墅区补录一批名册",
        actor=person(world, "province"),
        now=later,
    )
    second = published(world, explained(world, draft), later=120)
    old = client.get(reverse("publication", args=[first.id])).content.decode()
    new = client.get(reverse("publication", args=[second.id])).content.decode()
    assert "这是旧的一版" in old
    assert reverse("publication", args=[second.id]) in old
    assert "更正的原因" in new
    assert reverse("publication", args=[first.id]) in new
    assert "拱墅区补录一批名册" in old
    assert "拱墅区补录一批名册" in new


@pytest.mark.owner
def test_the_page_says_when_a_number_was_edited_behind_the_guards(world, client):
    done = published(world)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE figures_publicationline DISABLE TRIGGER USER")
        cursor.execute("UPDATE figures_publicationline SET value = value + 1 WHERE position = 1")
        cursor.execute("ALTER TABLE figures_publicationline ENABLE TRIGGER USER")
    text = client.get(reverse("publication", args=[done.id])).content.decode()
    assert "核对不上" in text


def test_pages_take_few_statements(world, client, django_assert_max_num_queries):
    done = published(world)
    with django_assert_max_num_queries(5):
        client.get(reverse("publication", args=[done.id]))
    with django_assert_max_num_queries(2):
        client.get(reverse("publications"))


def test_a_county_is_locked_and_unlocked_on_the_board(cast):
    county = by_client(cast, "county_cadre")
    month = {"month": f"{clock.business_day(cast.now).replace(day=1) - timedelta(days=1):%Y-%m}"}
    address = reverse("desk-lock", args=[cast.union("county").code])
    assert county.post(address, month).status_code == 302
    assert PeriodLock.objects.get().unlocked_at is None
    assert "已锁定" in county.get(reverse("desk-locks"), month).content.decode()
    assert county.post(address, month | {"what": "unlock", "reason": ""}).status_code == 422
    county.post(address, month | {"what": "unlock", "reason": "补录会员"})
    assert PeriodLock.objects.get().unlock_reason == "补录会员"
    assert "解锁过的" in county.get(reverse("desk-locks"), month).content.decode()


def test_two_at_once_by_the_same_person_are_one_approval(world):
    """Two accounts of one worker are one person."""
    draft = drafted(world)
    author = person(world, "province")
    publishing.check_publication(publication_id=draft.id, actor=author, now=NOW)
    top = world.unions["province"]
    grants = (Grant(Role.PROVINCE_CADRE, top.id, top.path),)
    one = Actor(account_id=UUID(int=71), worker_id=5, name="沈", grants=grants)
    other = Actor(account_id=UUID(int=72), worker_id=5, name="沈", grants=grants)
    publishing.approve_publication(publication_id=draft.id, actor=one, now=NOW)
    with pytest.raises(Exception, match="approved_already"):
        publishing.publish_publication(publication_id=draft.id, actor=other, now=NOW)


@pytest.fixture
def three_versions(world):
    """Return three versions of one publication, each corrected by the next."""
    versions = [published(world)]
    for number, reason in ((1, "补录了一批"), (2, "再核对一遍")):
        draft = publishing.draft_correction(
            publication_id=versions[-1].id,
            reason=reason,
            actor=person(world, "province"),
            now=NOW + timedelta(hours=number),
        )
        versions.append(published(world, draft, later=120 * number))
    return versions


def test_any_two_versions_stand_side_by_side_and_one_that_is_not_there_does_not(
    three_versions, client
):
    address = reverse("publication", args=[three_versions[2].id])
    text = client.get(address).content.decode()
    assert "和第 2 版比" in text
    assert 'name="against"' in text
    text = client.get(address, {"against": "1"}).content.decode()
    assert "和第 1 版比" in text
    for asked in ("3", "9", "x"):
        assert client.get(address, {"against": asked}).status_code == 404


def test_a_number_that_one_version_has_not_is_said_so_and_not_taken_for_withheld():
    line = PublicationLine(
        code=LIVE, label="在籍会员", unit="人", region=330105, value=40, rounded_to=10
    )
    withheld = PublicationLine(code=LIVE, label="在籍会员", unit="人", region=330110, value=None)
    (added, gone) = compare([withheld], [line])
    assert (added.is_in_before, added.is_in_after, added.is_changed) == (False, True, True)
    assert (gone.is_in_before, gone.is_in_after, gone.is_changed) == (True, False, True)
    (same,) = compare([withheld], [withheld])
    assert not same.is_changed
