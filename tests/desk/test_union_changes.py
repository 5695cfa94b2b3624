"""Founding, moving, merging, ending a union at the desk: shown first, done once, never by others."""

import pytest
from django.urls import reverse

from nuanxin.membership.models import Membership
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Union

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def shape(union, change):
    return reverse("desk-union-shape", args=[union.code, change])


def edit(union, change):
    return reverse("desk-union-edit", args=[union.code, change])


def seen_on(desk, url):
    return desk.get(url).context["seen"]


def do(desk, url, given, **more):
    """Go through the preview and confirm, as the page does."""
    shown = desk.post(url, given)
    assert shown.status_code == 200, shown.content.decode()
    return desk.post(url, given | {"step": "confirm", "seen": shown.context["seen"], **more})


def a_merger(ground):
    return {
        "other": ground.riders.code,
        "effective_on": str(ground.today),
        "document": "拱工〔2026〕12号",
        "reason": "",
    }


def test_a_cadre_founds_a_union_after_seeing_what_it_means(cast, ground):
    desk = cast.client("county_cadre")
    url = shape(ground.town, "found")
    given = {
        "name": "祥符保洁联合工会",
        "kind": "joint",
        "place": "330105",
        "founded_on": str(ground.today),
        "state": "active",
    }
    shown = desk.post(url, given)
    assert "从这一天计入新建工会数" in shown.content.decode()
    assert not Union.objects.filter(name="祥符保洁联合工会").exists(), "looking founds nothing"
    answer = do(desk, url, given)
    assert answer.status_code == 302
    founded = Union.objects.get(name="祥符保洁联合工会")
    assert founded.parent_id == ground.town.id


def test_a_move_shows_both_parents_and_keeps_the_past(cast, ground):
    desk = cast.client("county_cadre")
    url = shape(ground.riders, "move")
    given = {"other": "和睦街道总工会", "effective_on": str(ground.today)}
    page = desk.post(url, given).content.decode()
    assert "从「祥符街道总工会」改到「和睦街道总工会」下面" in page
    assert ground.row(ground.riders).parent_id == ground.town.id
    do(desk, url, given)
    assert ground.row(ground.riders).parent_id == ground.other_town.id
    before = ground.today.replace(year=ground.today.year - 1)
    assert orgs.parent_of(ground.riders.id, on=before) == ground.town.id


def test_a_correction_answers_the_past_anew_and_keeps_what_was_known(cast, ground):
    desk = cast.client("county_cadre")
    url = shape(ground.riders, "correct")
    given = {
        "other": ground.other_town.code,
        "valid_from": "2023-01-01",
        "valid_to": "2024-01-01",
        "reason": "登记时选错了街道",
    }
    assert do(desk, url, given).status_code == 302
    day = ground.today.replace(year=2023, month=6, day=1)
    assert orgs.parent_of(ground.riders.id, on=day) == ground.other_town.id
    page = desk.get(reverse("desk-union", args=[ground.riders.code]), {"on": "2023-06-01"})
    assert "和睦街道总工会" in page.content.decode()


def test_a_merger_carries_the_members_over_and_needs_their_number_typed(cast, ground):
    desk = cast.client("county_cadre")
    members = ground.put_members(ground.drivers, 3)
    url = shape(ground.drivers, "merge")
    page = desk.post(url, a_merger(ground)).content.decode()
    assert "3 人的会籍转到「祥符骑手联合工会」" in page
    refused = do(desk, url, a_merger(ground), typed="2")
    assert refused.status_code == 422
    assert ground.row(ground.drivers).ended_on is None
    assert do(desk, url, a_merger(ground), typed="3").status_code == 302
    assert ground.row(ground.drivers).merged_into_id == ground.riders.id
    workers = [one.worker_id for one in members]
    live = Membership.objects.filter(worker_id__in=workers, ended_on=None)
    assert set(live.values_list("union_id", flat=True)) == {ground.riders.id}
    old = desk.get(reverse("desk-union", args=[ground.drivers.code])).content.decode()
    assert "起并入「祥符骑手联合工会」" in old


def test_a_merger_without_a_document_is_refused_before_anything_happens(cast, ground):
    desk = cast.client("county_cadre")
    answer = desk.post(shape(ground.drivers, "merge"), a_merger(ground) | {"document": ""})
    assert "还没有写依据的文件" in answer.content.decode()


def test_a_dissolution_leaves_the_members_with_the_upper_union(cast, ground):
    desk = cast.client("county_cadre")
    ground.put_members(ground.drivers, 2)
    given = {
        "dissolution_ground": "upper_approved",
        "effective_on": str(ground.today),
        "document": "拱工〔2026〕13号",
    }
    url = shape(ground.drivers, "dissolve")
    page = desk.post(url, given).content.decode()
    assert "2 人的会籍先由「祥符街道总工会」保留" in page
    assert do(desk, url, given, typed="2").status_code == 302
    kept = Membership.objects.filter(union_id=ground.town.id, ended_on=None, state=2)
    assert kept.count() == 2


def test_a_split_takes_along_only_the_children_that_are_ticked(cast, ground):
    desk = cast.client("county_cadre")
    given = {
        "name": "祥符新街街道总工会",
        "children": [str(ground.drivers.id)],
        "effective_on": str(ground.today),
        "document": "拱工〔2026〕14号",
    }
    assert do(desk, shape(ground.town, "split"), given).status_code == 302
    part = Union.objects.get(name="祥符新街街道总工会")
    assert ground.row(ground.drivers).parent_id == part.id
    assert ground.row(ground.riders).parent_id == ground.town.id


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(cast, ground):
    desk = cast.client("county_cadre")
    url = edit(ground.riders, "contact")
    seen = seen_on(desk, url)
    given = {"address": "祥符路 1 号", "contact_name": "办公室", "contact_phone": "0571-1234"}
    other = cast.client("county_colleague")
    assert other.post(url, given | {"seen": seen_on(other, url)}).status_code == 302
    late = desk.post(url, given | {"address": "祥符路 2 号", "seen": seen})
    assert late.status_code == 409
    assert "别的同事先改了" in late.content.decode()
    assert ground.row(ground.riders).address == "祥符路 1 号"


def test_a_name_that_fits_several_unions_asks_for_the_code(cast, ground):
    desk = cast.client("county_cadre")
    given = {"other": "街道", "effective_on": str(ground.today)}
    answer = desk.post(shape(ground.riders, "move"), given)
    assert answer.status_code == 422
    assert "不止一家" in answer.content.decode()


def test_the_upper_union_decides_about_a_union_itself(cast, ground):
    desk = cast.client("county_cadre")
    county = cast.union("county")
    assert desk.get(shape(county, "move")).status_code == 409
    menu = desk.get(reverse("desk-union", args=[county.code])).context["menu"]
    assert [one["label"] for one in menu if one["label"] in ("撤销", "调整隶属")] == []
    assert "建一家下级工会" in [one["label"] for one in menu]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("county_cadre", 200),
        ("cadre_of_next_county", 404),
        ("officer_chen", 403),
        ("auditor", 403),
    ],
)
def test_only_those_above_may_merge(cast, ground, who, status):
    answer = cast.client(who).post(shape(ground.drivers, "merge"), a_merger(ground))
    assert answer.status_code == status
    assert ground.row(ground.drivers).ended_on is None


def test_another_county_cannot_be_named_as_the_target(cast, ground):
    desk = cast.client("county_cadre")
    answer = desk.post(
        shape(ground.drivers, "merge"), a_merger(ground) | {"other": cast.union("carers").code}
    )
    assert answer.status_code == 422
    assert "您管的范围里没有这个工会" in answer.content.decode()


def test_an_employer_is_registered_covered_given_an_outlet_and_let_go(cast, ground):
    desk = cast.client("county_cadre")
    url = edit(ground.riders, "cover")
    given = {"employer": "新送达有限公司", "effective_on": "2024-01-01"}
    assert "还没有登记过这家单位" in desk.post(
        url, given | {"seen": seen_on(desk, url)}
    ).content.decode()  # fmt: skip
    known = given | {"is_new": "on", "seen": seen_on(desk, url)}
    assert desk.post(url, known).status_code == 302
    url = edit(ground.riders, "outlet")
    outlet = {"employer": "新送达有限公司", "name": "宁波一站", "where": "鄞州区"}
    assert desk.post(url, outlet | {"seen": seen_on(desk, url)}).status_code == 302
    page = desk.get(reverse("desk-union-outlets", args=[ground.riders.code])).content.decode()
    assert "宁波一站" in page
    assert "宁波市鄞州区" in page
    (covered,) = orgs.list_coverage(ground.riders.id)
    employer = reverse("desk-employer", args=[ground.riders.code, covered.employer_id])
    assert "新送达有限公司" in desk.get(employer).content.decode()
    url = edit(ground.riders, "uncover")
    gone = {"employer": "新送达有限公司", "effective_on": str(ground.today)}
    assert desk.post(url, gone | {"seen": seen_on(desk, url)}).status_code == 302
    assert desk.get(employer).status_code == 404
