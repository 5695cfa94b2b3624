"""At a ceremony people sign on paper: the officer looks for them, ticks many, sees them, confirms."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.membership.models import Ceremony, JoinApplication
from nuanxin.membership.states import JoinState
from nuanxin.people.models import Consent, Worker
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def invite(cast, name, tail="6027", union="couriers"):
    worker = Worker.objects.create(name=name, phone_hint=f"138{tail}", created_at=clock.now())
    return JoinApplication.objects.create(
        worker=worker, union=cast.union(union), channel=3, state=1, occupation=3,
        place_stated="大关站", created_at=clock.now(),
        expires_on=clock.business_day(clock.now()) + timedelta(days=20),
    )  # fmt: skip


@pytest.fixture
def ceremony(cast):
    return Ceremony.objects.create(
        union=cast.union("couriers"),
        title="骑手入会日",
        code="123456",
        held_on=clock.business_day(cast.now),
        created_at=cast.now,
    )


@pytest.fixture
def desk(cast):
    return cast.client("officer_chen")


def page_of(ceremony, what="signed"):
    return reverse(f"desk-ceremony-{what}", args=[ceremony.id])


def sign(desk, ceremony, people, note="签名册第 3 页"):
    return desk.post(
        page_of(ceremony),
        {"id": [one.id for one in people], "note": note, "step": "confirm"},
    )


def states(people):
    return [JoinApplication.objects.get(id=one.id).state for one in people]


def test_many_are_ticked_seen_once_more_and_confirmed(cast, desk, ceremony):
    people = [invite(cast, name) for name in ("周小船", "吴大桥", "郑小路")]
    assert "3 人还没签" in desk.get(page_of(ceremony)).content.decode()
    shown = desk.post(page_of(ceremony), {"id": [one.id for one in people[:2]]}).content.decode()
    assert "这 2 人在现场签了名？" in shown
    assert "吴大桥" in shown
    assert "郑小路" not in shown
    assert states(people) == [JoinState.INVITED] * 3, "looking confirms nobody"
    answer = sign(desk, ceremony, people[:2])
    assert answer.status_code == 302
    page = desk.get(answer.url).content.decode()
    assert "2 人在现场签了名" in page
    assert "已经记下 2 人" in page
    assert "1 人还没签" in page
    assert states(people) == [JoinState.SUBMITTED, JoinState.SUBMITTED, JoinState.INVITED]
    assert Consent.objects.filter(worker=people[0].worker, granted_via="signature").count() == 2
    event = Event.objects.filter(kind="membership.invitation_confirmed").first()
    assert event.data["note"] == "签名册第 3 页"


def test_people_are_found_by_name_and_by_the_end_of_the_phone(cast, desk, ceremony):
    invite(cast, "周小船", "6027")
    invite(cast, "吴大桥", "7788")
    for words, name in (("小船", "周小船"), ("7788", "吴大桥")):
        rows = desk.get(page_of(ceremony), {"q": words}).context["rows"]
        assert [row["name"] for row in rows] == [name]
    assert "没有找到" in desk.get(page_of(ceremony), {"q": "没有人"}).content.decode()


def test_nothing_is_entered_without_people_or_without_where_the_paper_is(cast, desk, ceremony):
    people = [invite(cast, "周小船")]
    nobody = desk.post(page_of(ceremony), {})
    assert nobody.status_code == 422
    assert "还没有勾选" in nobody.content.decode()
    no_paper = sign(desk, ceremony, people, note=" ")
    assert no_paper.status_code == 422
    assert "签名单放在哪里" in no_paper.content.decode()
    assert "周小船" in no_paper.content.decode(), "who was ticked is kept"
    assert states(people) == [JoinState.INVITED]


def test_who_confirmed_meanwhile_is_left_alone(cast, desk, ceremony):
    people = [invite(cast, "周小船"), invite(cast, "吴大桥")]
    sign(desk, ceremony, people[:1])
    assert sign(desk, ceremony, people).url.endswith("done=1")
    late = desk.post(page_of(ceremony), {"id": [people[0].id]})
    assert "刚刚都确认过了" in late.content.decode()


def test_before_the_day_nobody_has_signed(cast, desk, ceremony):
    people = [invite(cast, "周小船")]
    later = ceremony.held_on + timedelta(days=3)
    Ceremony.objects.filter(id=ceremony.id).update(held_on=later)
    assert "那天起才能记" in desk.get(page_of(ceremony)).content.decode()
    answer = sign(desk, ceremony, people)
    assert answer.status_code == 409
    assert states(people) == [JoinState.INVITED]


def test_somebody_of_another_union_cannot_be_slipped_in(cast, desk, ceremony):
    foreign = invite(cast, "别家的", union="carers")
    assert "别家的" not in desk.get(page_of(ceremony)).content.decode()
    assert sign(desk, ceremony, [foreign]).status_code == 404
    assert states([foreign]) == [JoinState.INVITED]


def test_the_list_to_be_signed_holds_everybody_and_no_whole_number(cast, desk, ceremony):
    invite(cast, "周小船")
    invite(cast, "吴大桥", "7788")
    page = desk.get(page_of(ceremony, "sheet")).content.decode()
    assert "周小船" in page
    assert "138****7788" in page
    assert "本人签名" in page


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer_chen", 302),
        ("county_cadre", 302),
        ("cadre_of_next_county", 404),
        ("enterprise_officer", 404),
        ("auditor", 403),
        ("city_cadre", 403),
    ],
)
def test_only_who_may_invite_may_enter_who_signed(cast, ceremony, who, status):
    people = [invite(cast, "周小船")]
    client = cast.client(who)
    assert sign(client, ceremony, people).status_code == status
    assert client.get(page_of(ceremony, "sheet")).status_code == (200 if status == 302 else status)
    assert (states(people) == [JoinState.SUBMITTED]) == (status == 302)


def test_a_long_list_costs_as_much_as_a_short_one(
    cast, desk, ceremony, django_assert_max_num_queries
):
    for number in range(60):
        invite(cast, f"样员{number:02}")
    with django_assert_max_num_queries(9):
        page = desk.get(page_of(ceremony))
    assert len(page.context["rows"]) == 50
    rest = desk.get(page_of(ceremony) + page.context["next_url"])
    assert len(rest.context["rows"]) == 10
