"""A figure as everybody may have it: what the board withholds, the API withholds too."""

from datetime import date

from nuanxin.figures.queries import get_board, measure, measure_for_everybody
from nuanxin.kernel.period import Period
from nuanxin.membership.states import Channel
from tests.figures.conftest import NOW
from tests.figures.world import LAST, World

LIVE = "membership.live_members_persons"
NEW = "membership.new_members_persons"
PLACES = (330000, 330100, 330105, 330106, 330200, 330212)


def test_every_cell_of_the_board_is_the_same_when_asked_for_alone(world: World) -> None:
    for region in PLACES:
        board = get_board(region=region, as_of=LAST, now=NOW)
        alone = measure_for_everybody(LIVE, region=region, as_of=LAST, now=NOW)
        shown = {one.definition.code: one.value for one in board.figures}
        assert alone.value == shown[LIVE]
        for row in board.channels:
            cell = measure_for_everybody(LIVE, region=region, as_of=LAST, channel=row.key, now=NOW)
            assert cell.value == row.live, (region, row)


def test_a_period_is_withheld_as_the_board_withholds_it(world: World) -> None:
    since = date(2026, 10, 1)
    for region in PLACES:
        board = get_board(region=region, as_of=LAST, since=since, now=NOW)
        shown = {one.definition.code: one.value for one in board.figures}
        alone = measure_for_everybody(NEW, region=region, period=Period(since, LAST), now=NOW)
        assert alone.value == shown[NEW]


def test_the_fingerprint_of_what_is_withheld_does_not_tell_it(world: World) -> None:
    """The rest of a fingerprint is public: with the value in it, nine guesses would find it."""
    small = [
        cell
        for region in PLACES
        for channel in Channel
        for cell in [
            measure(LIVE, region=region, as_of=LAST, channel=channel.code, now=NOW),
        ]
        if 0 < (cell.value or 0) < 10
    ]
    assert small
    for cell in small:
        assert cell.region is not None
        told = measure_for_everybody(
            LIVE, region=cell.region, as_of=LAST, channel=cell.channel, now=NOW
        )
        assert told.value is None
        assert told.digest != cell.digest
        assert told.digest == cell.as_published(None, rounded_to=10).digest


def test_days_before_the_rule_was_written_can_be_asked_for(world: World) -> None:
    """What may be published is decided on the day of publishing, not on the day it is about."""
    early = measure_for_everybody(LIVE, region=330000, as_of=date(2000, 1, 1), now=NOW)
    assert early.value == 0
    assert get_board(as_of=date(2000, 1, 1), now=NOW).as_of == date(2000, 1, 1)
