"""Nightly work of 权限."""

from procrastinate.contrib.django import app

from nuanxin.access import actions
from nuanxin.kernel import clock


@app.periodic(cron="23 19 * * *")  # 03:23 in Shanghai
@app.task(queueing_lock="access.sweep")
def sweep(timestamp: int) -> None:
    """Delete ended sessions and old codes, tries and tickets; safe to run twice."""
    actions.sweep_access(now=clock.now())
