"""A command's ``--data`` holds for that command: who calls it in his own process keeps his own folder."""

import os

import pytest

from config.cli import main
from config.opening import using_data_folder
from config.places import places


@pytest.mark.parametrize("before", ["/somewhere/else", None])
def test_the_folder_of_a_command_ends_with_it(tmp_path, monkeypatch, before):
    if before is None:
        monkeypatch.delenv("NUANXIN_DATA")
    else:
        monkeypatch.setenv("NUANXIN_DATA", before)
    with using_data_folder(places(tmp_path)):
        assert os.environ["NUANXIN_DATA"] == str(tmp_path)
    assert os.environ.get("NUANXIN_DATA") == before


def test_it_ends_when_the_command_fails_too(tmp_path):
    before = os.environ["NUANXIN_DATA"]
    with pytest.raises(ZeroDivisionError), using_data_folder(places(tmp_path)):
        raise ZeroDivisionError
    assert os.environ["NUANXIN_DATA"] == before


@pytest.mark.slow
def test_a_rule_of_that_folder_is_listed_and_nothing_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    before = os.environ["NUANXIN_DATA"]
    rules = tmp_path / "programmes" / "rules"
    rules.mkdir(parents=True)
    text = main_rule().replace("code: health_exam", "code: own_exam")
    (rules / "own_exam.yaml").write_text(text, encoding="utf-8")
    assert main(["--data", str(tmp_path), "eligibility", "list", "--json"]) == 0
    assert "own_exam" in capsys.readouterr().out
    assert os.environ["NUANXIN_DATA"] == before


def main_rule():
    from nuanxin.programmes.rules.conditions import rule_text

    return rule_text("health_exam")
