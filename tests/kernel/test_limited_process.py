"""A child process that opens foreign files ends in one of four ways, and its parent can tell which."""

import pytest

from nuanxin.kernel.limited_process import Ending, run_limited

pytestmark = [pytest.mark.process, pytest.mark.slow]


def _run(task: str, *, wall_seconds: float = 30) -> Ending:
    return run_limited("tests.kernel.limited_child", task.encode(), wall_seconds=wall_seconds)


@pytest.mark.parametrize(
    ("task", "ending"),
    [
        ("nothing", Ending.DONE),
        ("memory", Ending.BROKEN),
        ("fault", Ending.BROKEN),
        ("disk", Ending.NO_SPACE),
    ],
)
def test_how_it_ended_is_told(task: str, ending: Ending) -> None:
    assert _run(task) is ending


def test_it_stops_when_its_processor_time_is_used_up() -> None:
    assert _run("spin") is Ending.TOO_SLOW


def test_it_stops_when_the_parent_has_waited_long_enough() -> None:
    assert _run("spin", wall_seconds=0.1) is Ending.TOO_SLOW


def test_it_inherits_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert _run("environment") is Ending.DONE
