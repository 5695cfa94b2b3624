"""The command line's contract: exit status, where what is printed goes, progress."""

import io
from pathlib import Path

import pytest

from config import cli
from config.progress import Progress
from nuanxin.kernel.errors import Conflict


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Let the command ``doctor`` do what the test says, on a folder of its own."""

    def install(run) -> int:
        monkeypatch.setattr("config.commands.doctor.run", run)
        return cli.main(["doctor", "--data", str(tmp_path)])

    return install


def test_done_is_0(doctor) -> None:
    assert doctor(lambda options: 0) == 0


def test_a_refusal_is_1_and_a_sentence_with_its_code_on_stderr(doctor, capsys) -> None:
    def refuse(options):
        raise Conflict("some.code", "这件事做不了，请先做那件。")

    assert doctor(refuse) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "这件事做不了，请先做那件。（some.code）\n"


def test_a_defect_is_1_and_its_account_goes_to_a_file(doctor, capsys, tmp_path: Path) -> None:
    def fail(options):
        raise RuntimeError("what only the account may hold")

    assert doctor(fail) == 1
    assert "what only" not in capsys.readouterr().err
    assert "what only" in (tmp_path / "log" / "defects.log").read_text()


@pytest.mark.parametrize(
    "wrong", [[], ["no-such"], ["demo", "--scale", "huge"], ["import-roster", "file.xlsx"]]
)
def test_wrong_usage_is_2(wrong: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(wrong)
    assert end.value.code == 2


def test_the_data_folder_may_stand_before_or_behind_the_command() -> None:
    parser = cli.build_parser()
    for arguments in (["--data", "/d", "doctor"], ["doctor", "--data", "/d"]):
        assert parser.parse_args(arguments).data == "/d"
    assert parser.parse_args(["figures", "list"]).data is None


def test_progress_is_plain_lines_where_nobody_looks() -> None:
    stream = io.StringIO()
    with Progress("导入", total=2000, unit="行", stream=stream) as progress:
        progress.advance(1500)
        progress.advance(500)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "导入：开始"
    assert lines[-1].startswith("导入：完成 2,000 / 2,000 行")


def test_progress_is_a_bar_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with Progress("导入", total=10, stream=stream) as progress:
        progress.move_to(10)
    assert "█" * 30 in stream.getvalue()
