"""A dissolution below waits until somebody above has taken notice; nobody else may."""

import pytest
from django.urls import reverse

from nuanxin.kernel.actor import SYSTEM
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.models import UnionChange
from nuanxin.orgs.states import DissolutionGround

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "/desk/dissolutions/"


@pytest.fixture
def dissolved(ground):
    """The drivers' union has been dissolved today."""
    orgs.dissolve_union(
        union_id=ground.drivers.id,
        effective_on=ground.today,
        dissolution_ground=DissolutionGround.UPPER_APPROVED,
        document="拱工〔2026〕13号",
        actor=SYSTEM,
        now=ground.now,
    )
    return ground.drivers


def acknowledge(cast, who, union):
    return cast.client(who).post(reverse("desk-dissolution", args=[union.code]))


def reported(union):
    return UnionChange.objects.filter(union_id=union.id, kind="reported").count()


def test_it_waits_in_the_to_do_list_until_it_is_acknowledged(cast, dissolved):
    desk = cast.client("county_cadre")
    assert "1 家工会撤销了，等上级记下" in desk.get(reverse("desk-home")).content.decode()
    page = desk.get(LIST).content.decode()
    assert "祥符司机联合工会" in page
    assert "拱工〔2026〕13号" in page
    answer = acknowledge(cast, "county_cadre", dissolved)
    assert answer.status_code == 302
    assert "没有等着记下的撤销" in desk.get(answer.url).content.decode()
    assert "撤销了，等上级记下" not in desk.get(reverse("desk-home")).content.decode()
    assert reported(dissolved) == 1


def test_a_second_click_notes_nothing_more(cast, dissolved):
    acknowledge(cast, "county_cadre", dissolved)
    again = acknowledge(cast, "county_colleague", dissolved)
    assert again.status_code == 409
    assert "已经有人记下了" in again.content.decode()
    assert reported(dissolved) == 1


def test_a_union_that_lives_has_nothing_to_report(cast, ground):
    answer = acknowledge(cast, "county_cadre", ground.riders)
    assert answer.status_code == 409
    assert "没有撤销，不用报告" in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("county_cadre", 302),
        ("city_cadre", 302),
        ("cadre_of_next_county", 404),
        ("officer_chen", 403),
        ("auditor", 403),
    ],
)
def test_only_those_above_may_acknowledge(cast, dissolved, who, status):
    assert acknowledge(cast, who, dissolved).status_code == status
    assert reported(dissolved) == (status == 302)


def test_another_county_does_not_see_it_in_its_list(cast, dissolved):
    page = cast.client("cadre_of_next_county").get(LIST).content.decode()
    assert "祥符司机联合工会" not in page


def test_the_list_goes_on_page_by_page_at_the_same_cost(
    cast, dissolved, ground, django_assert_max_num_queries
):
    for number in range(60):
        union = ground.found(f"试办{number:02}联合工会", ground.town.id)
        UnionChange.objects.create(
            union_id=union.id, kind="dissolved", effective_on=ground.today, recorded_at=ground.now
        )
    desk = cast.client("county_cadre")
    with django_assert_max_num_queries(14):
        first = desk.get(LIST)
    assert "61 家撤销的工会等着记下" in first.content.decode()
    assert len(first.context["rows"]) == 50
    assert len(desk.get(LIST + first.context["next_url"]).context["rows"]) == 11
