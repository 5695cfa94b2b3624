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
from nuanxin.figures.queries.registry import get_figure
from nuanxin.kernel import clock
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.actions.recounting import recount
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.figures.rows import WITH_ROWS
from tests.figures.five_years import BEGIN, CODES, LEFT, LIVE, NEW, REGIONS, FiveYears

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HISTORIES = int(os.environ.get("NUANXIN_FIVE_YEARS", "2"))
STEPS = 110
ASKED = 12 if HISTORIES >= 10 else 5


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
            check_rows(years)
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


def check_rows(years):
    """The rows behind a figure come to its value, as known now and on any day before."""
    days = (clock.business_day(years.now) - BEGIN).days
    for code in sorted(WITH_ROWS):
        for known_on in (None, BEGIN + timedelta(days=years.chosen.randrange(days))):
            union = years.chosen.choice(list(years.ids.values()))
            day = BEGIN + timedelta(days=years.chosen.randrange(days))
            known = clock.day_end(known_on) if known_on else None
            period = None
            if get_figure(code).period_kind is not PeriodKind.AS_OF:
                period = Period(day - timedelta(days=years.chosen.randrange(600)), day)
            when = {"period": period} if period else {"as_of": day}
            value = measure(code, union_id=union, known_at=known, now=years.now, **when).value
            counted = years.rows(code, union, day, period, known)
            assert counted == value, (code, union, when, known_on)


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
            known = years.now - timedelta(days=years.chosen.randrange(days))
            for known_until in (None, known):
                change = explain_change(
                    **place, since=since, until=until, known_until=known_until, now=years.now
                )
                assert change.adds_up, (place, change)


def question(code: str, day: date, chosen: random.Random):
    """Return the time that such a figure is asked for."""
    if code in (NEW, LEFT):
        return {"period": Period(day - timedelta(days=chosen.randrange(300)), day)}
    return {"as_of": day}
