"""Grades by the standard of the place: the cases that union staff read and write."""

from pathlib import Path

import pytest
import yaml

from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.grades import StationFacts, grade

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "grades.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["情况"] for case in CASES])
def test_a_station_has_the_grade_that_staff_would_give_it(case):
    said = case["登记"]
    facts = StationFacts(
        facilities=said["设施"],
        area_m2=said.get("面积"),
        capacity_persons=said.get("座位"),
        has_sign=said.get("标识"),
        has_rules=said.get("制度"),
        on_a_map=said.get("上地图"),
    )
    ladder = grade(
        facts, adcode=case["地方"], on=case["哪天"], labels=facility_labels(case["哪天"])
    )
    assert (ladder.reached and ladder.reached.key) == case["到了"]
    assert (ladder.following and ladder.following.key) == case["下一级"]
    missing = ladder.following.missing if ladder.following else ()
    unknown = ladder.following.unknown if ladder.following else ()
    assert {item.key for item in missing} == set(case["差"])
    assert {item.key for item in unknown} == set(case["没登记"])


def test_what_is_broken_is_said_to_be_broken():
    from datetime import date

    on = date(2026, 11, 1)
    facts = StationFacts(facilities={"charge": False})
    ladder = grade(facts, adcode="000000", on=on, labels=facility_labels(on))
    assert {item.key: item.why for item in ladder.following.missing}["charge"] == "手机充电坏了"
