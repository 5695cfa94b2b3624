"""Five years of random history: every value that was ever published can be derived again.

By default a few histories run; ``NUANXIN_FIVE_YEARS=100`` runs as many and asks more of each.
"""

import os
import random
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nuanxin.figures.queries.changes import explain_change
from nuanxin.figures.queries.measuring import measure
from nuanxin.kernel import clock
from nuanxin.kernel.period import Period
from nuanxin.membership.actions.recounting import recount
from nuanxin.membership.actions.stocks import fold_flows
from tests.figures.five_years import BEGIN, CODES, LEFT, LIVE, NEW, REGIONS, FiveYears

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HISTORIES = int(os.environ.get("NUANXIN_FIVE_YEARS", "2"))
STEPS = 110
ASKED = 12


@settings(
    max_examples=HISTORIES,
    deadline=None,
    database=None,
    derandomize=HISTORIES < 10,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_every_published_value_of_five_years_is_derived_again_and_is_the_plain_count(seed):
    years = FiveYears(random.Random(seed))
    with transaction.atomic():
        years.begin()
        years.live(STEPS)
        try:
            check_published(years)
            check_any_day(years)
            check_changes(years)
            fold_flows(now=years.now)
            check_published(years)
            check_any_day(years)
            assert all(one.agrees for one in recount(today=clock.business_day(years.now)))
        except AssertionError as broken:
            broken.add_note(f"seed {seed}\n" + "\n".join(years.log))
            raise
        transaction.set_rollback(True)


def check_published(years):
    """Every value at its moment of knowledge equals what was published, and the plain count."""
    tree = years.tree()
    for one in years.published:
        assert years.again(one).value == one.value, one
        assert years.truth(one.code, one.asked, one.at, tree) == one.value, one


def check_any_day(years):
    """Any day as it is known now equals the plain count, by region and by union."""
    tree = years.tree()
    today = clock.business_day(years.now)
    for _ in range(ASKED):
        day = BEGIN + timedelta(days=years.chosen.randrange((today - BEGIN).days + 1))
        for place in (
            {"region": years.chosen.choice(REGIONS)},
            {"union_id": years.chosen.choice(list(years.ids.values()))},
        ):
            for code in CODES:
                asked = place | question(code, day, years.chosen)
                value = measure(code, **asked, now=years.now).value
                assert value == years.truth(code, asked, years.now, tree), (code, asked)
        whole = {
            name: measure(LIVE, **place, as_of=day, now=years.now).value
            for name, place in (
                ("region", {"region": 330000}),
                ("union", {"union_id": years.ids["province"]}),
            )
        }
        assert whole["region"] == whole["union"], (day, whole)


def check_changes(years):
    """Between any two days, anywhere, the parts of a change add up."""
    days = (clock.business_day(years.now) - BEGIN).days
    for _ in range(ASKED):
        since, until = (
            BEGIN + timedelta(days=n) for n in sorted(years.chosen.sample(range(days), 2))
        )
        for place in (
            {"region": years.chosen.choice(REGIONS)},
            {"union_id": years.chosen.choice(list(years.ids.values()))},
        ):
            change = explain_change(**place, since=since, until=until, now=years.now)
            assert change.adds_up, (place, change)


def question(code: str, day: date, chosen: random.Random):
    """Return the time that such a figure is asked for."""
    if code in (NEW, LEFT):
        return {"period": Period(day - timedelta(days=chosen.randrange(300)), day)}
    return {"as_of": day}
