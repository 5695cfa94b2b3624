"""Spans are kept up to date within a minute of what changes them."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.membership.actions.spans import keep_all_spans


@app.periodic(cron="* * * * *")
@app.task(name="membership.keep_spans", queueing_lock="membership.keep_spans")
def keep_spans_up_to_date(timestamp: int) -> None:
    """Look again at those whose contacts or memberships have changed."""
    keep_all_spans(now=clock.now())
