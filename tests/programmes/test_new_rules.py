"""A rule that nobody has shipped is begun at the desk, tried, released by another, and used."""

from datetime import timedelta

import pytest

from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.actions.previewing import ask_for_preview, carry_out_preview
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import AwardBasis, Offer, RulePreview, RuleVersion
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.queries.rule_versions import find_text, find_texts, text_in_force
from nuanxin.programmes.rules.conditions import rule_codes
from nuanxin.programmes.rules.new_rules import NewRule, new_rule_text
from nuanxin.programmes.states import VersionState, Way
from tests.programmes.test_rule_versions import colleague_of

GIFT = NewRule("summer_gift", "夏季送清凉：冰袖和水杯", "省总工会 2027 年“送清凉”方案")


def begun(cast, *, new=GIFT, like="", who="province_cadre", union="province"):
    return act.begin_rule(
        new=new, like=like, union_id=cast.union(union).id, actor=cast.actor(who), now=cast.now
    )


def tried(cast, version):
    asked = ask_for_preview(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    carry_out_preview(preview_id=asked.id, now=cast.now)
    return RulePreview.objects.get(id=asked.id).result


def released(cast, *, days=0, **how):
    version = begun(cast, **how)
    act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    tried(cast, version)
    act.release_rule(
        version_id=version.id,
        valid_from=business_day(cast.now) + timedelta(days=days),
        actor=colleague_of(cast),
        now=cast.now,
    )
    version.refresh_from_db()
    return version


def draft_of(town, **more):
    now = town.cast.now
    return OfferDraft(
        "season_gift", "送清凉", Way.FIRST_COME, 5, now, now + timedelta(days=3), **more
    )


def offered(town, **more):
    cast = town.cast
    made = create_offer(
        draft=draft_of(town, **more), union_id=cast.union("county").id, actor=cast.county_cadre, now=cast.now
    )  # fmt: skip
    publish_offer(offer_id=made.id, actor=cast.county_cadre, now=cast.now)
    return Offer.objects.get(id=made.id)


@pytest.mark.parametrize("like", ["", *rule_codes()])
def test_every_rule_is_a_beginning_with_a_head_of_its_own(like):
    from datetime import date

    from nuanxin.programmes.rules.conditions import rule_text

    on = date(2026, 11, 27)
    text = new_rule_text(GIFT, like=rule_text(like) if like else "", jurisdiction="330000", on=on)
    rule = read_rule(text, CATALOGUE)
    assert (rule.code, rule.title, rule.document) == (GIFT.code, GIFT.title, GIFT.document)
    assert (rule.jurisdiction, rule.valid_from, rule.valid_to) == ("330000", on, None)
    if like:
        known = read_rule(rule_text(like), CATALOGUE)
        assert len(rule.conditions) == len(known.conditions)


@pytest.mark.parametrize(
    "code", ["Gift", "1gift", "a", "送清凉", "new", "versions", "a b", "x" * 61]
)
def test_a_code_that_is_none_is_told(code):
    from datetime import date

    with pytest.raises(Malformed, match="代码"):
        new_rule_text(
            NewRule(code, "名", "文"), like="", jurisdiction="330000", on=date(2026, 11, 27)
        )


@pytest.mark.django_db
@pytest.mark.slow
def test_it_counts_for_nobody_until_another_releases_it(town):
    cast = town.cast
    today = business_day(cast.now)
    version = begun(cast)
    assert (version.number, version.state) == (1, VersionState.DRAFT)
    assert find_text("summer_gift", today) is None
    with pytest.raises(NotFound):
        text_in_force("summer_gift", today)
    with pytest.raises(Malformed, match="还没有开始用"):
        offered(town, rule="summer_gift")


@pytest.mark.django_db
@pytest.mark.slow
def test_its_trial_says_who_would_fit_where_nobody_did(town):
    riders = town.riders(3)
    result = tried(town.cast, begun(town.cast))
    assert result["before"]["yes"] == 0
    assert result["after"]["yes"] == result["gained"] >= len(riders)
    assert result["lost"] == 0


@pytest.mark.django_db
@pytest.mark.slow
def test_released_it_is_explained_found_at_night_and_used_by_an_offer(town):
    (rider,) = town.riders(1)
    released(town.cast)
    today = business_day(town.cast.now)
    told = explain_person("summer_gift", worker_id=rider.worker_id, on=today)
    assert told.answer is Answer.YES
    assert "summer_gift" in find_texts(None, today)
    offer = offered(town, rule="summer_gift")
    assert (offer.rule_code, offer.conditions) == ("summer_gift", ["是工会会员"])
    apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    kept = AwardBasis.objects.get()
    assert (kept.code, kept.digest) == ("summer_gift", text_in_force("summer_gift", today).digest)


@pytest.mark.django_db
@pytest.mark.slow
def test_from_a_later_day_on_it_is_listed_but_not_used(town):
    released(town.cast, days=10)
    today = business_day(town.cast.now)
    assert find_text("summer_gift", today) is None
    assert find_text("summer_gift", today + timedelta(days=10)).number == 1
    page = town.cast.client("county_cadre").get("/desk/rules/").content.decode()
    assert "夏季送清凉" in page
    assert "还没开始用" in page
    assert town.cast.client("county_cadre").get("/desk/rules/summer_gift/").status_code == 200


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("code", ["recuperation", "summer_gift"])
def test_a_code_is_taken_once(cast, code):
    begun(cast)
    with pytest.raises(Conflict, match="换一个代码"):
        begun(cast, new=NewRule(code, "又一条", "文件"))
    version = RuleVersion.objects.get()
    act.discard_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    if code == "summer_gift":
        assert begun(cast).number == 2, "what was given up is free again"


@pytest.mark.django_db
@pytest.mark.slow
def test_a_city_writes_for_itself_and_elsewhere_it_is_not_used(town):
    cast = town.cast
    assert begun(cast, who="city_cadre", union="city").text.count('jurisdiction: "330100"') == 1
    with pytest.raises(NotFound):
        begun(cast, who="city_cadre", union="province", new=NewRule("other_gift", "名", "文"))
    with pytest.raises(Malformed, match="不能自己定"):
        begun(cast, union="couriers", new=NewRule("third_gift", "名", "文"))


@pytest.mark.django_db
@pytest.mark.slow
def test_it_is_begun_written_and_chosen_on_the_pages(town):
    cast = town.cast
    desk = cast.client("province_cadre")
    assert "新写一条" in desk.get("/desk/rules/").content.decode()
    assert "新写一条" not in cast.client("county_cadre").get("/desk/rules/").content.decode()
    given = {
        "title": GIFT.title, "code": GIFT.code, "document": GIFT.document,
        "union": cast.union("province").code, "like": "season_gift",
    }  # fmt: skip
    assert desk.post("/desk/rules/new/", given | {"title": ""}).status_code == 422
    answer = desk.post("/desk/rules/new/", given)
    version = RuleVersion.objects.get()
    address = f"/desk/rules/versions/{version.id}/"
    assert answer["Location"] == address
    assert "新写的一条" in desk.get(address).content.decode()
    assert desk.get("/desk/rules/summer_gift/")["Location"] == address
    assert GIFT.title in desk.get("/desk/rules/").content.decode()
    county = cast.client("county_cadre")
    assert county.get("/desk/rules/summer_gift/").status_code == 403
    assert GIFT.title not in county.get("/desk/rules/").content.decode(), "a draft is for writers"
    taken = desk.post("/desk/rules/new/", given)
    assert taken.status_code == 409
    assert "换一个代码" in taken.content.decode()


@pytest.mark.django_db
@pytest.mark.slow
def test_the_form_of_an_offer_lists_it_once_it_counts(town):
    county = town.cast.client("county_cadre")
    address = "/desk/programmes/new/fill/?of=season_gift"
    assert "谁可以报" not in county.get(address).content.decode()
    released(town.cast)
    page = county.get(address).content.decode()
    assert "谁可以报" in page
    assert GIFT.title in page
