"""A service is defined at the desk by two people, offered from its day on, succeeded and ended; offers keep theirs."""

from datetime import date, timedelta

import pytest
import yaml
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.models import Notice
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes.actions import definitions as act
from nuanxin.programmes.actions.certifying import certificate_percent
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.models import DefinitionVersion, Offer
from nuanxin.programmes.queries.definitions import (
    definition_of,
    find_definition,
    list_definitions,
    look_at,
    text_that_counts,
)
from nuanxin.programmes.rules.definition_faults import DefinitionFaulty, faults_of
from nuanxin.programmes.rules.definitions import (
    all_definitions,
    entries_of,
    entry_of,
    read_definition,
    shipped_text,
    write_entry,
)
from nuanxin.programmes.states import VersionState, Way
from nuanxin.records.models import Event
from tests.programmes.test_new_rules import released as rule_released
from tests.programmes.test_rule_versions import colleague_of

HAIRCUT = {
    "code": "haircut", "title": "免费理发", "kind": "gift", "gives": "站点里理一次发",
    "ways": ["first_come", "draw"], "period": "yearly", "conditions": ["是工会会员"],
    "provider": "街道理发店", "cost_bearer": "街道工会", "money_yuan": 20, "places": 30,
    "publicity_days": 0, "certificate_percent": 50, "source": "省总工会 2027 年计划",
    "checked_on": date(2026, 11, 27),
}  # fmt: skip


# ---- the language ------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_definition_that_is_shipped_reads_the_same_from_a_text_of_its_own():
    for one in all_definitions():
        assert read_definition(entry_of(shipped_text(one.code))) == one
    assert shipped_text("nothing") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "空的"),
        ("code: x", "写成一列"),
        ("- a\n- b", "写成一列"),
        ("- {code: a}\n- {code: b}", "现在有 2 项"),
        ("- {code: a, checked_on: 2026-13-45}", "没有这一天"),
        ("- &a {code: [*a]}", "引用"),
        ("- {code: [}", "第 1 行"),
        ("- {code: '" + "x" * 20_000 + "'}", "最多 20,000 个字"),
    ],
)
def test_a_text_that_is_no_definition_says_why(text, told):
    with pytest.raises(DefinitionFaulty) as refused:
        entry_of(text)
    assert told in refused.value.faults[0].sentence


def test_all_faults_are_told_at_once_each_at_its_field():
    found = faults_of(HAIRCUT | {"kind": "party", "places": -1, "source": "", "colour": 1})
    assert [one.name for one in found] == ["colour", "source", "kind", "places"]
    assert all(one.sentence.endswith("。") for one in found)


def test_a_file_with_several_definitions_still_reads():
    assert len(entries_of(write_entry(HAIRCUT) + write_entry(HAIRCUT | {"code": "shave"}))) == 2


# ---- two people ----------------------------------------------------------------------------------


def begun(cast, *, code="haircut", like="", who="province_cadre", union="province"):
    return act.begin_definition(
        code=code, title="免费理发", source="省总工会 2027 年计划", like=like,
        union_id=cast.union(union).id, actor=cast.actor(who), now=cast.now,
    )  # fmt: skip


def written(cast, version, entry, *, who="province_cadre"):
    return act.save_definition(
        version_id=version.id,
        text=write_entry(entry),
        revision=version.revision,
        actor=cast.actor(who),
        now=cast.now,
    )


def submitted(cast, version, entry=HAIRCUT):
    written(cast, version, entry)
    act.submit_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)


def released(cast, version, second, *, days=0, entry=HAIRCUT):
    submitted(cast, version, entry)
    act.release_definition(
        version_id=version.id,
        valid_from=business_day(cast.now) + timedelta(days=days),
        actor=second,
        now=cast.now,
    )
    version.refresh_from_db()
    return version


@pytest.fixture
def second(cast):
    return colleague_of(cast)


def offered(town, code, *, union="county", who="county_cadre", way=Way.FIRST_COME, at=None):
    now = at or town.cast.now
    draft = OfferDraft(code, "理发", way, 5, now, now + timedelta(days=3))
    made = create_offer(
        draft=draft, union_id=town.cast.union(union).id, actor=town.cast.actor(who), now=now
    )
    return Offer.objects.get(id=made.id)


@pytest.mark.django_db
@pytest.mark.slow
def test_nothing_is_offered_before_another_released_it_and_everything_after(town, second):
    cast, today = town.cast, business_day(town.cast.now)
    version = begun(cast)
    assert look_at(version.text, on=today, union=_union(cast)).faults[0].name == "gives"
    with pytest.raises(NotFound):
        offered(town, "haircut")
    submitted(cast, version)
    with pytest.raises(NotFound):
        offered(town, "haircut")
    with pytest.raises(Forbidden, match="另一位同事"):
        act.release_definition(
            version_id=version.id, valid_from=today, actor=cast.province_cadre, now=cast.now
        )
    act.release_definition(version_id=version.id, valid_from=today, actor=second, now=cast.now)
    made = offered(town, "haircut")
    assert (made.about, made.money_fen, made.cost_bearer) == ("站点里理一次发", 2_000, "街道工会")
    assert made.definition_id == version.id
    assert made.programme.title == "免费理发"
    publish_offer(offer_id=made.id, actor=cast.county_cadre, now=cast.now)
    assert certificate_percent(made) == 50
    kinds = Event.objects.filter(kind__startswith="programmes.definition").order_by("id")
    assert [one.kind.rsplit("_", 1)[1] for one in kinds] == ["drafted", "submitted", "released"]
    assert Notice.objects.filter(kind="programmes.definition_decided").count() == 1


def _union(cast):
    return get_union(cast.union("province").id)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_later_version_is_for_later_offers_and_older_ones_keep_theirs(town, second):
    cast, today = town.cast, business_day(town.cast.now)
    first = released(cast, begun(cast), second)
    old = offered(town, "haircut")
    next_one = act.succeed_definition(code="haircut", actor=cast.province_cadre, now=cast.now)
    assert next_one.number == 2
    assert next_one.text == first.text
    changed = HAIRCUT | {"money_yuan": 30, "certificate_percent": 80}
    released(cast, next_one, second, days=10, entry=changed)
    first.refresh_from_db()
    assert first.valid_to == today + timedelta(days=9)
    assert find_definition("haircut", today).number == 1
    assert find_definition("haircut", today + timedelta(days=10)).number == 2
    new = offered(town, "haircut", at=cast.now + timedelta(days=10))
    assert (old.money_fen, new.money_fen) == (2_000, 3_000)
    assert definition_of(old.id).certificate_percent == 50
    assert definition_of(new.id).certificate_percent == 80


@pytest.mark.django_db
@pytest.mark.slow
def test_what_is_ended_is_no_longer_offered_and_its_offers_stay(town, second):
    cast, today = town.cast, business_day(town.cast.now)
    released(cast, begun(cast), second)
    old = offered(town, "haircut")
    ending = act.succeed_definition(code="haircut", actor=cast.province_cadre, now=cast.now)
    released(cast, ending, second, days=1, entry=HAIRCUT | {"offered_until": today})
    with pytest.raises(Conflict, match=f"办到 {today} 为止"):
        offered(town, "haircut", at=cast.now + timedelta(days=1))
    old.refresh_from_db()
    publish_offer(offer_id=old.id, actor=cast.county_cadre, now=cast.now)
    assert definition_of(old.id).title == "免费理发"


@pytest.mark.django_db
@pytest.mark.slow
def test_a_shipped_one_is_succeeded_by_the_province_alone_and_its_offers_stay_as_they_were(
    town, second
):
    cast, today = town.cast, business_day(town.cast.now)
    old = offered(town, "health_exam", way=Way.FIRST_COME)
    assert old.definition_id is None
    with pytest.raises(NotFound):
        act.succeed_definition(code="health_exam", actor=cast.county_cadre, now=cast.now)
    version = act.succeed_definition(code="health_exam", actor=cast.province_cadre, now=cast.now)
    entry = entry_of(version.text)
    assert entry["title"] == "免费体检"
    with pytest.raises(Conflict, match="一字不差"):
        act.submit_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    released(cast, version, second, entry=entry | {"money_yuan": 600})
    listed = {one.definition.code: one for one in list_definitions(today)}
    assert listed["health_exam"].definition.money_fen == 60_000
    assert len(listed) == len(all_definitions())
    assert offered(town, "health_exam").money_fen == 60_000
    assert definition_of(old.id).money_fen == 50_000


@pytest.mark.django_db
@pytest.mark.slow
def test_a_service_of_a_county_is_offered_there_and_nowhere_else(town):
    cast = town.cast
    colleague = colleague_of(cast, of="county_cadre")
    version = begun(cast, who="county_cadre", union="county")
    written(cast, version, HAIRCUT, who="county_cadre")
    act.submit_definition(version_id=version.id, actor=cast.county_cadre, now=cast.now)
    today = business_day(cast.now)
    act.release_definition(version_id=version.id, valid_from=today, actor=colleague, now=cast.now)
    assert offered(town, "haircut").definition_id == version.id
    with pytest.raises(NotFound):
        offered(town, "haircut", union="next_county", who="cadre_of_next_county")


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "union", "refusal"),
    [
        ("county_cadre", "province", NotFound),
        ("county_cadre", "next_county", NotFound),
        ("province_cadre", "couriers", Malformed),
        ("rider_ye", "county", Forbidden),
    ],
)
def test_who_may_not_define_there_begins_nothing(cast, who, union, refusal):
    with pytest.raises(refusal):
        begun(cast, who=who, union=union)
    assert not DefinitionVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.slow
def test_a_copy_has_all_but_its_name_its_season_and_its_end(cast):
    version = begun(cast, like="season_exam")
    entry = entry_of(version.text)
    like = next(one for one in all_definitions() if one.code == "season_exam")
    assert entry["title"] == "免费理发"
    assert read_definition(entry).evidence == like.evidence
    assert {"season", "offered_until"}.isdisjoint(entry)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("code", ["health_exam", "new", "versions"])
def test_a_code_that_is_taken_is_told(cast, code):
    with pytest.raises(Conflict, match="换一个代码"):
        begun(cast, code=code)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"rule": "nothing"}, "没有叫 nothing 的条件"),
        ({"gives": ""}, "缺“给什么”"),
        ({"code": "shave"}, "code 要写 haircut"),
        (
            {
                "forfeit": [
                    {
                        "code": "left", "label": "退会", "months": 12, "follows": "forfeited",
                        "source": "计划", "kept_while": [{"label": "会员", "fact": "people.shoe", "is": 1}],
                    }
                ]
            },
            "退会：",
        ),
    ],
)  # fmt: skip
def test_a_text_with_a_fault_is_kept_and_not_sent_for_review(cast, more, told):
    version = begun(cast)
    written(cast, version, HAIRCUT | more)
    with pytest.raises(Conflict, match=told):
        act.submit_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


@pytest.mark.django_db
@pytest.mark.slow
def test_a_rule_of_below_is_no_rule_of_a_service_above(cast):
    rule_released(cast, who="city_cadre", union="city")
    today = business_day(cast.now)
    text = write_entry(HAIRCUT | {"rule": "summer_gift"})
    assert not look_at(text, on=today, union=get_union(cast.union("county").id)).faults
    (fault,) = look_at(text, on=today, union=_union(cast)).faults
    assert (fault.name, "别的地方定的" in fault.sentence) == ("rule", True)


@pytest.mark.django_db
@pytest.mark.slow
def test_without_words_of_its_own_an_offer_says_those_of_the_rule(town, second):
    entry = {name: value for name, value in HAIRCUT.items() if name != "conditions"}
    released(town.cast, begun(town.cast), second, entry=entry | {"rule": "health_exam"})
    made = offered(town, "haircut")
    assert made.rule_code == "health_exam"
    assert any("会员" in words for words in made.conditions)


@pytest.mark.django_db
@pytest.mark.slow
def test_two_at_one_draft_do_not_write_over_each_other(cast):
    version = begun(cast)
    written(cast, version, HAIRCUT)
    with pytest.raises(Conflict, match="刚才在别处改过"):
        written(cast, version, HAIRCUT | {"title": "理发"})


@pytest.mark.django_db
@pytest.mark.slow
def test_it_is_sent_back_with_a_reason_and_taken_back_and_given_up(cast, second):
    version = begun(cast)
    submitted(cast, version)
    with pytest.raises(Malformed, match="为什么退回"):
        act.send_back_definition(version_id=version.id, reason=" ", actor=second, now=cast.now)
    act.send_back_definition(version_id=version.id, reason="谁出钱？", actor=second, now=cast.now)
    version.refresh_from_db()
    assert (version.state, version.reason) == (VersionState.DRAFT, "谁出钱？")
    act.submit_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    act.take_back_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    act.discard_definition(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    assert begun(cast).number == 2


@pytest.mark.django_db
@pytest.mark.slow
def test_a_release_is_taken_back_before_its_day_and_the_one_before_goes_on(cast, second):
    today = business_day(cast.now)
    first = released(cast, begun(cast), second)
    later = act.succeed_definition(code="haircut", actor=cast.province_cadre, now=cast.now)
    released(cast, later, second, days=5, entry=HAIRCUT | {"money_yuan": 30})
    act.revoke_definition(version_id=later.id, reason="文件没批", actor=second, now=cast.now)
    first.refresh_from_db()
    assert first.valid_to is None
    assert find_definition("haircut", today + timedelta(days=6)).number == 1
    with pytest.raises(Conflict, match="已经在用"):
        act.revoke_definition(version_id=first.id, reason="不要了", actor=second, now=cast.now)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_database_keeps_what_was_released_and_by_whom(cast, second):
    version = released(cast, begun(cast), second)
    for change in (
        {"text": "- {}"},
        {"released_by": version.drafted_by},
        {"union_id": cast.union("county").id},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            DefinitionVersion.objects.filter(id=version.id).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM programmes_definitionversion WHERE id = %s", [version.id])
    draft = act.succeed_definition(code="haircut", actor=cast.province_cadre, now=cast.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        DefinitionVersion.objects.filter(id=draft.id).update(
            state=3, released_by=draft.drafted_by, released_at=cast.now, valid_from=cast.now.date()
        )


# ---- taking in and giving out --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.slow
def test_what_was_given_out_can_be_taken_in_elsewhere(cast, second):
    released(cast, begun(cast), second)
    text = text_that_counts("haircut", business_day(cast.now))
    assert yaml.safe_load(text)[0] == HAIRCUT
    other = text.replace("haircut", "haircut_two")
    taken = act.take_in_definition(
        text=other, union_id=cast.union("county").id, actor=cast.county_cadre, now=cast.now
    )
    assert (taken.code, taken.union_id, taken.number) == (
        "haircut_two", cast.union("county").id, 1,
    )  # fmt: skip
    assert taken.text == other


@pytest.mark.django_db
@pytest.mark.slow
def test_a_text_of_a_known_service_becomes_its_next_version_where_it_belongs(cast, second):
    released(cast, begun(cast), second)
    text = write_entry(HAIRCUT | {"money_yuan": 25})
    county = cast.union("county").id
    with pytest.raises(NotFound):
        act.take_in_definition(text=text, union_id=county, actor=cast.county_cadre, now=cast.now)
    taken = act.take_in_definition(
        text=text, union_id=county, actor=cast.province_cadre, now=cast.now
    )
    assert (taken.number, taken.union_id) == (2, cast.union("province").id)
    with pytest.raises(Conflict, match="有一版正在改"):
        act.take_in_definition(text=text, union_id=county, actor=cast.province_cadre, now=cast.now)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"),
    [("- {code: [}", "第 1 行"), ("- {title: 理发}", "缺“代码”"), ("- {code: A}", "代码用小写")],
)
def test_a_text_that_cannot_be_taken_in_says_why(cast, text, told):
    with pytest.raises(Malformed, match=told):
        act.take_in_definition(
            text=text, union_id=cast.union("county").id, actor=cast.county_cadre, now=cast.now
        )
