"""Folding of closed months; figures are right without it, and quicker after it."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.membership.actions.stocks import fold_flows


@app.periodic(cron="25 1 * * *")
@app.task(name="membership.fold_flows", queueing_lock="membership.fold_flows")
def fold_closed_months(timestamp: int) -> None:
    """Fold what has closed, and what arrived late for closed months."""
    fold_flows(now=clock.now())
