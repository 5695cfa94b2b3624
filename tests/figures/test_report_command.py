"""``nuanxin figures report``: what scripts build on."""

import json
from contextlib import nullcontext

import pytest

from config import cli
from config.commands import figures_report as command
from nuanxin.kernel import clock
from tests.figures.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

GOOD = "---\n标题: 试\n时间段: 2026H1\n---\n新建{{ orgs.new_unions | unit }}。\n"
BAD = "一行\n{{ orgs.onions }}，{{ orgs.unions as_of=2030-01-01 }}\n"


@pytest.fixture
def run(world, monkeypatch, capsys, tmp_path):
    """Return a function that makes a report by the command line over the test's own database."""
    monkeypatch.setattr(command, "opened", lambda where: nullcontext())
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def call(text: str | None, *arguments: str) -> tuple[int, str]:
        if text is not None:
            (tmp_path / "report.md").write_text(text, encoding="utf-8")
            arguments = (str(tmp_path / "report.md"), *arguments)
        status = cli.main(["figures", "report", *arguments])
        return status, capsys.readouterr().out

    return call


@pytest.mark.parametrize(("kind", "start"), [("html", b"<!DOC"), ("docx", b"PK"), ("pdf", b"%PDF")])
def test_a_good_report_is_written(run, tmp_path, kind, start):
    target = tmp_path / f"out.{kind}"
    status, said = run(GOOD, "--format", kind, "--to", str(target))
    assert status == 0
    assert target.read_bytes().startswith(start)
    assert "全篇指纹" in said


def test_a_bad_report_is_not_written_and_every_fault_has_its_place(run, tmp_path):
    target = tmp_path / "out.html"
    status, said = run(BAD, "--to", str(target))
    assert status == 1
    assert not target.exists()
    assert said.splitlines()[0].startswith("2:1  没有代码为 orgs.onions")
    assert "2:19  2030-01-01 还没到" in said
    assert "有 2 处要改" in said


def test_json_tells_faults_and_numbers(run, tmp_path):
    status, said = run(BAD, "--json")
    told = json.loads(said)
    assert status == 1
    assert told["made"] is False
    assert [(one["line"], one["code"]) for one in told["faults"]] == [
        (2, "figures.unknown"),
        (2, "figures.report_future"),
    ]
    status, said = run(GOOD, "--json")
    told = json.loads(said)
    assert status == 0
    assert told["numbers"][0]["question"] == {
        "region": "330000",
        "as_of": "2026-06-30",
        "period": "2026-01-01..2026-06-30",
    }


def test_a_template_with_another_place_and_time(run, tmp_path):
    target = tmp_path / "out.html"
    arguments = ["--template", "five-years", "--region", "3301", "--period", "2024-01..2026-09"]
    status, _ = run(None, *arguments, "--to", str(target))
    assert status == 0
    assert "杭州市，2024年1月至2026年9月" in target.read_text(encoding="utf-8")


def test_what_cannot_be_opened_or_is_not_there_is_told(run, capsys):
    assert run(None, "--template", "none")[0] == 1
    assert run(None, "/no/such/report.md")[0] == 1


def test_wrong_usage_ends_with_two(run):
    with pytest.raises(SystemExit) as ended:
        run(GOOD, "--format", "odt")
    assert ended.value.code == 2
