"""Jobs of 人员."""

from datetime import timedelta

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.people import actions

_OVERLAP = timedelta(hours=26)


@app.periodic(cron="41 2 * * *")
@app.task(queueing_lock="people.find_duplicates")
def find_duplicates(timestamp: int) -> None:
    """Look at yesterday's records every night, and at all of them on Sundays."""
    now = clock.now()
    is_sunday = clock.business_day(now).isoweekday() == 7
    actions.find_duplicates(None if is_sunday else now - _OVERLAP, now=now)
