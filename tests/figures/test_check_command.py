"""``nuanxin figures check``: what scripts build on, with and without figures behind it."""

import json
from contextlib import nullcontext

import pytest

from config import cli
from config.commands import figures as command
from nuanxin.kernel import clock
from tests.figures.conftest import NOW

KEYS = ["text", "line", "column", "value", "unit", "what", "period", "verdict", "against"]
CLASHING = "去年，全市建成爱心驿站365个。\n市总工会介绍，去年建成爱心驿站356个。\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that checks a text by the command line in a folder without a database."""
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path / "none"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def call(text, *arguments, table=None):
        (tmp_path / "draft.txt").write_text(text, encoding="utf-8")
        if table is not None:
            (tmp_path / "known.csv").write_text(table, encoding="utf-8")
            arguments = ("--against", str(tmp_path / "known.csv"), *arguments)
        status = cli.main(["figures", "check", str(tmp_path / "draft.txt"), *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    yield call
    assert not (tmp_path / "none").exists(), "a check makes no data folder"


def test_the_json_has_exactly_the_promised_shape(run):
    status, out, _ = run("新发展会员117.5万人，名额的10%。", "--json")
    told = json.loads(out)
    assert list(told) == ["claims"]
    assert [list(claim) for claim in told["claims"]] == [KEYS, KEYS]
    assert [(c["text"], c["value"], c["unit"]) for c in told["claims"]] == [
        ("117.5万人", 1175000, "人"),
        ("10%", 10, "%"),
    ]
    assert status == 0


def test_without_anything_behind_it_a_draft_still_contradicts_itself(run):
    status, out, _ = run(CLASHING, "--json")
    first, second = json.loads(out)["claims"]
    assert (first["verdict"], second["verdict"], status) == ("contradicts", "contradicts", 1)
    assert (first["against"][0]["line"], first["against"][0]["value"]) == (2, 356)


def test_for_people_it_says_where_and_what_to_do(run):
    status, out, _ = run(CLASHING)
    assert status == 1
    assert out.startswith("找到 2 处数字：0 处一致，2 处要看")
    assert "第 1 行第 12 列  与另一处矛盾" in out
    assert "建成爱心驿站，365个还是356个" in out


def test_a_table_of_known_values_is_what_it_is_held_against(run):
    table = "code,label,value,unit,period\nm,新发展会员,1175000,人,\nu,新建工会,6777,家,\n"
    status, out, _ = run("新建工会6787家，新发展会员117.5万人。", "--json", table=table)
    assert [c["verdict"] for c in json.loads(out)["claims"]] == ["differs", "agrees"]
    assert status == 1
    assert run("新建工会6777家。", table=table)[0] == 0


def test_what_cannot_be_opened_is_refused_with_a_sentence(run, capsys):
    assert run("")[0] == 1
    assert cli.main(["figures", "check", "nowhere.txt"]) == 1
    assert "figures.no_such_file" in capsys.readouterr().err


def test_wrong_usage_ends_with_two(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["figures", "check"])
    assert ended.value.code == 2


@pytest.mark.django_db
def test_with_figures_behind_it_each_number_is_measured_for_its_time(
    world, run, monkeypatch, tmp_path
):
    from nuanxin.figures.queries import measure
    from nuanxin.figures.rules.small_numbers import published

    monkeypatch.setattr(command, "opened", lambda where, **_: nullcontext())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    live = measure("membership.live_members_persons", now=NOW).value
    year = measure("membership.new_members_persons", period=_year(2025), now=NOW).value
    text = f"全省在籍会员{live}人。2025年新发展会员{year + 40}人。"
    _, out, _ = run(text, "--registry", "--json")
    verdicts = [c["verdict"] for c in json.loads(out)["claims"]]
    assert verdicts == ["agrees", "differs"]
    (said,) = json.loads(out)["claims"][1]["against"]
    assert (said["kind"], said["value"], said["period"]) == (
        "figure",
        published(year, least=10),
        "2025年",
    )


@pytest.mark.django_db
def test_a_number_without_its_time_is_asked_for_it(world, run, monkeypatch):
    monkeypatch.setattr(command, "opened", lambda where, **_: nullcontext())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    _, out, _ = run("全省新发展会员88888人。", "--registry", "--json")
    assert json.loads(out)["claims"][0]["verdict"] == "period_missing"


def _year(year):
    from nuanxin.kernel.period import Year

    return Year(year).period
