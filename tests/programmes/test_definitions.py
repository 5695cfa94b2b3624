"""Definitions are data: those shipped hold, one more needs a file and nothing else."""

from datetime import date, timedelta

import pytest

from nuanxin.programmes.actions.offers import OfferDraft, create_offer
from nuanxin.programmes.rules.conditions import rule_codes
from nuanxin.programmes.rules.definition_faults import faults_of
from nuanxin.programmes.rules.definitions import (
    all_definitions,
    definition,
    entry_of,
    read_definition,
    shipped_text,
)
from nuanxin.programmes.rules.provider_kinds import kind_label, kinds_on
from nuanxin.programmes.states import Kind, Way

ONE_MORE = """
- code: haircut
  title: 免费理发
  kind: gift
  gives: 站点里理一次发
  ways: [slot, first_come]
  conditions: [是工会会员]
  source: 街道工会 2027 年计划
  checked_on: 2026-11-27
"""


def test_every_service_of_the_season_and_of_the_year_is_there():
    season = {one.kind for one in all_definitions() if one.season}
    assert season == {
        Kind.EXAM, Kind.RECUPERATION, Kind.PHYSICAL, Kind.INSURANCE, Kind.TRAINING, Kind.CONTEST,
        Kind.DEGREE, Kind.CAMP, Kind.GIFT,
    }  # fmt: skip
    assert {one.kind for one in all_definitions()} == set(Kind)


def test_every_rule_that_a_definition_names_is_there():
    assert {one.rule for one in all_definitions()} <= {*rule_codes()}


@pytest.mark.django_db
@pytest.mark.slow
def test_one_more_programme_is_a_file_and_no_code(town, tmp_path, monkeypatch):
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path))
    (tmp_path / "programmes").mkdir()
    (tmp_path / "programmes" / "haircut.yaml").write_text(ONE_MORE, encoding="utf-8")
    found = definition("haircut")
    assert found is not None
    assert found.ways == (Way.SLOT, Way.FIRST_COME)
    now = town.cast.now
    offer = create_offer(
        draft=OfferDraft("haircut", "免费理发", Way.FIRST_COME, 5, now, now + timedelta(days=3)),
        union_id=town.cast.unions["county"].id,
        actor=town.cast.county_cadre,
        now=now,
    )
    assert offer.seat_set.count() == 5
    assert (
        "免费理发" in town.cast.client("county_cadre").get("/desk/programmes/new/").content.decode()
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "party"}, "kind: 种类选一种"),
        ({"ways": ["auction"]}, "ways: 名额怎么给"),
        ({"ways": []}, "ways: 名额怎么给"),
        ({"colour": "red"}, "colour: 不认识"),
        ({"source": ""}, "source: 缺“依据哪份文件”"),
        ({"checked_on": "soon"}, "checked_on: 写上哪天"),
        ({"directed": ["astronaut"]}, "astronaut"),
        ({"places": True}, "places: “通常多少名额”填 0 到"),
        ({"ways": [["draw"]]}, "ways: 名额怎么给"),
        ({"kind": ["gift"]}, "kind: 种类选一种"),
        ({"code": "Hair cut"}, "code: 代码用小写"),
        ({"period": "weekly"}, "period: 多久一期"),
        ({"offered_until": "soon"}, "offered_until: 办到哪天"),
        ({"conditions": "是工会会员"}, "conditions: “谁能报”一行写一条"),
        ({"provider": "店" * 81}, "最多 80 个字，现在 81 个"),
        ({"forfeit": [{"code": "left"}]}, "forfeit: left：缺 label"),
        ({"places": -1}, "places: “通常多少名额”填 0 到"),
    ],
)
def test_a_definition_with_a_fault_says_which(wrong, told):
    import yaml

    (entry,) = yaml.safe_load(ONE_MORE)
    with pytest.raises(ValueError, match=told):
        read_definition(entry | wrong)


def test_who_provides_is_of_a_kind_of_the_list_that_counts_on_the_day():
    assert kinds_on(date(2026, 11, 28))["clinic"] == "医院、体检机构"
    assert kind_label("nobody") == ""
    entry = entry_of(shipped_text("health_exam"))
    told = [one.sentence for one in faults_of(entry | {"provider_kind": "nobody"})]
    assert told == ["没有“nobody”这一类，从列表里选；都不是，选“其他”。"]
    told = [one.name for one in faults_of(entry | {"provider_kind": "other", "provider": " "})]
    assert told == ["provider"]
    unnamed = entry | {"provider": ""}
    assert read_definition(unnamed).provider == "医院、体检机构"


def test_every_service_that_is_shipped_says_the_kind_of_its_provider():
    assert [one.code for one in all_definitions() if one.provider and not one.provider_kind] == []
