"""What ratios are divided by: entered with a source, corrected by a later entry, loaded whole or not."""

import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from nuanxin.figures.actions.denominators import enter_denominator, enter_denominators
from nuanxin.figures.models import Denominator
from nuanxin.figures.queries.denominators import denominators_of, list_denominators
from nuanxin.figures.rules.denominators import HEADS, Entry, read_table
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.records.models import Event
from tests.figures.conftest import NOW
from tests.figures.world import LAST

pytestmark = pytest.mark.django_db

WORKERS = DenominatorKind.WORKERS
HEAD = ",".join(HEADS)
ROW = "新就业形态劳动者,330105,2025-12-31,12500,人,市统计局测算,2026-03-01,"


def entry(
    region: int = 330105, value: int = 12_500, on: date = date(2025, 12, 31), **more
) -> Entry:
    given = {"source": "市统计局测算", "checked_on": date(2026, 3, 1), "line": 2} | more
    return Entry(kind=WORKERS, region=region, as_of=on, value=value, **given)


def enter(*entries: Entry, now=NOW, actor=SYSTEM):
    return enter_denominators(entries=entries, actor=actor, now=now)


def known(region: int = 330105, on: date = LAST, **more):
    return denominators_of(region, on=on, **more).of(WORKERS, region)


# ---- a table ----------------------------------------------------------------------------------


def test_a_table_is_read_with_heads_in_either_language():
    told = read_table(f"{HEAD}\n{ROW}\n\n", today=LAST)
    assert told == [entry()]
    plain = "kind,region,as_of,value,unit,source,checked_on\n"
    row = 'workers_in_scope,330105,2025-12-31,"12,500",人,市统计局测算,2026-03-01\n'
    assert read_table(plain + row, today=LAST) == told


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("330105", "339999"), "没有代码为“339999”的地区"),
        (("330105", "330103"), "不是在用的区划"),
        (("12500", "12.5"), "大于 0 的整数"),
        (("12500", "0"), "大于 0 的整数"),
        (("人", "家"), "单位是人"),
        (("市统计局测算", ""), "没有写来源"),
        (("2026-03-01", "2025-03-01"), "写反了"),
        (("2026-03-01", "2027-03-01"), "还没到"),
        (("2025-12-31", "去年底"), "没有读懂"),
        (("新就业形态劳动者", "骑手"), "可以写：新就业形态劳动者、应建会用人单位"),
    ],
)
def test_each_wrong_cell_is_told_with_its_line(changed, said):
    wrong = ROW.replace(*changed)
    with pytest.raises(Malformed) as caught:
        read_table(f"{HEAD}\n{ROW.replace('330105', '330106')}\n{wrong}\n", today=LAST)
    assert caught.value.code == "figures.denominators_unreadable"
    assert "第 3 行：" in caught.value.message
    assert said in caught.value.message
    assert "一行也没有装入" in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "少了这几列"),
        ("种类,数值\n", "少了这几列：区划代码、截至、单位、来源、核对日期"),
        (HEAD, "没有一行数"),
        (f"{HEAD}\n{ROW}\n{ROW}", "和第 2 行是同一个种类"),
        (f'{HEAD}\n"{ROW}', "引号没有成对"),
    ],
)
def test_a_table_that_cannot_be_taken_says_why(text, said):
    with pytest.raises(Malformed) as caught:
        read_table(text, today=LAST)
    assert said in caught.value.message


# ---- entering ---------------------------------------------------------------------------------


def test_what_is_entered_is_on_record_and_holds_from_its_day_on():
    assert (enter(entry()).added, Denominator.objects.count()) == (1, 1)
    assert known().value == 12_500
    assert (known().source, known().as_of) == ("市统计局测算", date(2025, 12, 31))
    assert known(on=date(2025, 12, 30)) is None
    assert Event.objects.filter(kind="figures.denominators_entered").count() == 1


def test_the_same_again_changes_nothing():
    enter(entry())
    again = enter(entry())
    assert (again.added, again.corrected, again.known) == (0, 0, 1)
    assert Denominator.objects.count() == 1


def test_a_different_number_of_the_same_day_wants_a_reason_and_keeps_the_old():
    enter(entry())
    later = NOW + timedelta(hours=1)
    with pytest.raises(Conflict) as caught:
        enter_denominator(entry=entry(value=13_000), actor=SYSTEM, now=later)
    assert caught.value.code == "figures.denominator_known"
    done = enter(entry(value=13_000, reason="漏了外卖站点"), now=later)
    assert (done.corrected, known().value) == (1, 13_000)
    assert known(known_at=NOW + timedelta(minutes=1)).value == 12_500
    third = enter(entry(value=12_900, reason="又核了一遍"), now=later + timedelta(hours=1))
    assert (third.corrected, known().value) == (1, 12_900)
    page = list_denominators(region=330100)
    assert [row.is_corrected for row in page.items] == [False, True, True]


def test_one_wrong_row_and_nothing_is_loaded():
    enter(entry())
    with pytest.raises(Malformed) as caught:
        enter(entry(330106, line=2), entry(value=9, line=3))
    assert "第 3 行：2025-12-31 已有 12,500（市统计局测算）" in caught.value.message
    assert Denominator.objects.count() == 1


def test_who_holds_a_county_enters_that_county_only(world, holder):
    county = holder("gongshu")
    enter_denominator(entry=entry(330105), actor=county, now=NOW)
    with pytest.raises(NotFound):
        enter_denominator(entry=entry(330106), actor=county, now=NOW)
    with pytest.raises(Malformed) as caught:
        enter(entry(330106, line=7), actor=county)
    assert "第 7 行：杭州市西湖区不归您录入" in caught.value.message


def test_the_database_keeps_every_entry():
    enter(entry())
    for change in (
        lambda: Denominator.objects.update(value=1),
        lambda: Denominator.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    standing = Denominator.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Denominator.objects.create(
            kind=WORKERS,
            region=330106,
            as_of=standing.as_of,
            value=5,
            source="别处",
            checked_on=standing.checked_on,
            corrects=standing,
            reason="张冠李戴",
            entered_at=NOW,
            entered_by_name="陈立春",
        )


# ---- which one holds --------------------------------------------------------------------------


def test_the_latest_day_not_after_the_one_asked_for_holds():
    enter(
        entry(on=date(2024, 12, 31), value=11_000),
        entry(),
        entry(on=date(2026, 6, 30), value=14_000, checked_on=LAST),
    )
    assert known().value == 14_000
    assert known(on=date(2026, 6, 29)).value == 12_500
    assert known(on=date(2025, 6, 29)).value == 11_000


def test_what_is_older_than_the_rule_allows_does_not_hold():
    enter(entry(on=date(2024, 10, 20), value=11_000))
    assert known(on=date(2026, 10, 20)).value == 11_000
    assert known(on=date(2026, 10, 21)) is None


def test_a_city_is_the_sum_of_its_counties_only_when_all_have_one():
    counties = [int(one.code) for one in regions.counties(LAST, "330100")]
    enter(*(entry(county, 1_000, line=n) for n, county in enumerate(counties[:-1])))
    assert known(330100) is None
    held = denominators_of(330100, on=LAST)
    words = held.missing_words(WORKERS, 330100, "入会率")
    assert "没有杭州市的“新就业形态劳动者”数" in words
    assert regions.region(str(counties[-1])).name in words
    assert "load-denominators" in words

    enter(entry(counties[-1], 500, source="区人社局"))
    summed = known(330100)
    assert (summed.value, summed.parts) == (1_000 * (len(counties) - 1) + 500, len(counties))
    assert summed.source_words == f"{len(counties)} 个县（市、区）之和：市统计局测算、区人社局"
    assert known(330000) is None

    enter(entry(330100, 99_000))
    assert (known(330100).value, known(330100).parts) == (99_000, 0)


def test_the_command_loads_a_table(tmp_path, capsys, monkeypatch):
    from contextlib import nullcontext

    from config import cli
    from config.commands import figures_denominators
    from nuanxin.kernel import clock

    monkeypatch.setattr(figures_denominators, "opened", lambda *a, **k: nullcontext())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    table = tmp_path / "denominators.csv"
    table.write_bytes(f"\ufeff{HEAD}\n{ROW}\n".encode())
    asked = ["figures", "load-denominators", str(table), "--json", "--data", str(tmp_path)]
    assert cli.main(asked) == 0
    assert json.loads(capsys.readouterr().out) == {"added": 1, "corrected": 0, "known": 0}
    assert known().value == 12_500
