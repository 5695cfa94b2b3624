"""``nuanxin figures``: what scripts build on."""

import json
from contextlib import nullcontext
from datetime import date, timedelta

import pytest

from config import cli
from config.commands import figures as command
from config.commands import figures_recount
from nuanxin.kernel import clock
from nuanxin.membership.models import MemberFlow, MemberStock
from nuanxin.membership.states import FlowKind
from tests.figures.conftest import NOW

pytestmark = pytest.mark.django_db

LIVE = "membership.live_members_persons"


@pytest.fixture
def run(world, monkeypatch, capsys):
    """Return a function that runs the command line over the test's own database."""
    monkeypatch.setattr(command, "opened", lambda where: nullcontext())
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["figures", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_show_prints_the_contract(run):
    status, out, _ = run("show", LIVE, "--region", "330105", "--as-of", "2026-10-01", "--json")
    told = json.loads(out)
    assert status == 0
    assert told | {"value": 0} == told | {
        "code": LIVE,
        "label": "在籍会员",
        "unit": "人",
        "region": "330105",
        "as_of": "2026-10-01",
        "period": None,
        "value": 0,
    }
    assert told["value"] > 0


def test_without_more_it_is_the_province_today(run):
    told = json.loads(run("show", "orgs.unions", "--json")[1])
    assert (told["region"], told["as_of"], told["unit"]) == ("330000", "2026-10-20", "家")


def test_for_people_it_is_a_sentence(run):
    status, out, _ = run("show", LIVE)
    assert status == 0
    assert out.startswith("浙江省在籍会员：")
    assert "口径第 1 版" in out


def test_list_names_every_figure(run):
    codes = {one["code"] for one in json.loads(run("list", "--json")[1])}
    assert {LIVE, "orgs.new_unions"} <= codes
    assert LIVE in run("list")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("membership.nothing",),
        (LIVE, "--region", "999999"),
        (LIVE, "--region", "杭州"),
        (LIVE, "--region", "330105006"),
        (LIVE, "--as-of", "2030-01-01"),
    ],
)
def test_what_is_not_there_is_refused_with_a_sentence(run, arguments):
    status, out, told = run("show", *arguments)
    assert (status, out) == (1, "")
    assert "。" in told


def test_a_day_that_is_none_is_wrong_usage(run):
    with pytest.raises(SystemExit) as ended:
        run("show", LIVE, "--as-of", "gestern")
    assert ended.value.code == 2


def test_recount_proves_upkeep_and_names_what_differs(run, monkeypatch):
    monkeypatch.setattr(figures_recount, "opened", lambda where: nullcontext())
    status, out, _ = run("recount", "--day", "2026-03-14", "--day", "2026-10-01", "--json")
    assert (status, json.loads(out)["agrees"]) == (0, True)
    status, out, _ = run("recount", "--from", "2026-01", "--to", "2026-08")
    assert "各地月末累计" in out
    MemberStock.objects.filter(month__gte=date(2026, 2, 1), region=330105).update(joined=77)
    status, out, _ = run("recount", "--day", "2026-03-14")
    assert status == 1
    assert "2026-03-14/330105/" in out


@pytest.mark.parametrize("typed", [["--from", "去年"], ["--day", "2026-02-30"]])
def test_recount_says_how_a_month_and_a_day_are_written(run, typed):
    with pytest.raises(SystemExit) as ended:
        run("recount", *typed)
    assert ended.value.code == 2


def test_show_as_known_on_a_day_leaves_out_what_was_entered_later(run, world):
    def shown(*more):
        _, out, _ = run("show", LIVE, "--region", "330105", "--as-of", "2026-09-01", *more)
        return out

    before = json.loads(shown("--json"))["value"]
    MemberFlow.objects.create(
        day=date(2026, 8, 1), union_id=world.unions["joint_gongshu_1"].id, county=330105,
        occupation=4, channel=1, kind=FlowKind.JOINED, persons=3,
        recorded_at=NOW - timedelta(days=2),
    )  # fmt: skip
    told = json.loads(shown("--known-on", "2026-10-01", "--json"))
    assert (told["value"], told["value_known_now"]) == (before, before + 3)
    assert (told["known_on"], told["as_of"]) == ("2026-10-01", "2026-09-01")
    said = shown("--known-on", "2026-10-01")
    assert "按 2026-10-01 结束时所知" in said
    assert f"按现在所知是 {before + 3:,} 人，多了 3 人" in said
    assert "还是这个数" in shown("--known-on", "2026-10-19")


def test_a_day_that_is_not_over_is_not_known_yet(run):
    status, _, err = run("show", LIVE, "--known-on", "2026-10-20")
    assert status != 0
    assert "已经过完的一天" in err


NEW = "membership.new_members_persons"


@pytest.mark.slow
def test_a_period_is_asked_for_in_three_ways_and_counts_its_own_days(run):
    def value(*when):
        status, out, err = run("show", NEW, "--region", "330105", "--json", *when)
        assert status == 0, err
        return json.loads(out)["value"]

    march = value("--period", "2026-03")
    assert march == value("--from", "2026-03-01", "--to", "2026-03-31")
    assert march == value("--period", "2026-03-01..2026-03-31")
    whole = value("--from", "2026-01-01")
    assert whole == value("--period", "2026-01-01..2026-10-20")
    assert whole > march
    assert run("show", NEW, "--period", "2026-03")[1].splitlines()[-1].startswith("2026年3月，")


@pytest.mark.slow
def test_hours_and_visitors_are_told_of_a_period_and_say_so_without(run):
    said = run("show", "stations.promised_hours")[2]
    assert "请写上从哪天到哪天" in said
    assert run("show", "stations.promised_hours", "--period", "2026-03")[0] == 0
    assert (
        "没有“到驿站的不同的人"
        in run("show", "stations.visitors_persons", "--period", "2026-03")[2]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--period", "2026-03", "--from", "2026-03-01"), "只用一种"),
        (("--period", "2026-03", "--as-of", "2026-03-31"), "--as-of 不用再写"),
        (("--to", "2026-03-31"), "从哪天起"),
        (("--from", "2026-04-01", "--to", "2026-03-01"), "起止写反了"),
        (("--period", "开春"), "没有读懂这个时间段"),
        (("--period", "2027-01"), "还没到"),
    ],
)
def test_a_period_that_cannot_be_counted_is_refused_with_what_to_type(run, typed, told):
    status, out, err = run("show", NEW, *typed)
    assert (status, out) == (1, "")
    assert told in err


@pytest.mark.slow
def test_a_figure_of_a_day_has_no_period(run):
    status, _, err = run("show", LIVE, "--period", "2026-03")
    assert status == 1
    assert "--as-of" in err
