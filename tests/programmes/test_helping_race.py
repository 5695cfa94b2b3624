"""Several taps on undo at once: one undoes."""

import pytest

from nuanxin.kernel.errors import Conflict
from nuanxin.programmes.models import HelpAct
from nuanxin.programmes.states import ClaimState, HelpKind
from nuanxin.records.models import Event
from tests.programmes.conftest import at_once
from tests.programmes.test_helping import Hall

pytestmark = pytest.mark.slow


def test_of_many_taps_at_once_one_undoes(racing_town):
    hall = Hall(racing_town)
    offer = racing_town.offer(places=1)
    act = hall.do(hall.by_card(), HelpKind.APPLY, offer.code)
    outcomes = at_once(8, lambda _: hall.undo(act))
    undone = [one for one in outcomes if isinstance(one, HelpAct)]
    refused = [one for one in outcomes if isinstance(one, Conflict)]
    assert (len(undone), len(refused)) == (1, 7)
    assert {one.code for one in refused} == {"undone"}
    assert Event.objects.filter(kind="programmes.help_undone").count() == 1
    assert hall.state(offer.code) is ClaimState.WITHDRAWN
