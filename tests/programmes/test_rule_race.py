"""Two officials decide on one version at once: one wins, the others are told. Real commits."""

import pytest

from nuanxin.kernel.clock import business_day
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.models import RuleVersion
from nuanxin.programmes.states import VersionState
from tests.programmes.conftest import at_once
from tests.programmes.test_rule_versions import colleague_of, submitted

pytestmark = pytest.mark.slow


def test_of_many_who_decide_at_once_one_wins(racing_town):
    cast = racing_town.cast
    second = colleague_of(cast)
    version = submitted(cast)
    today = business_day(cast.now)

    def decide(number):
        if number % 2:
            act.release_rule(version_id=version.id, valid_from=today, actor=second, now=cast.now)
        else:
            act.send_back_rule(version_id=version.id, reason="不对", actor=second, now=cast.now)
        return "done"

    outcomes = sorted(getattr(one, "code", one) for one in at_once(6, decide))
    assert outcomes == ["done", *["programmes.rule_moved_on"] * 5]
    version.refresh_from_db()
    assert version.state in (VersionState.RELEASED, VersionState.DRAFT)
    assert RuleVersion.objects.count() == 1
