"""What runs by the clock; each is one action with a limit, safe to run twice."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.stations.actions.hours_cells import follow_hours
from nuanxin.stations.actions.opening import refresh_opening
from nuanxin.stations.actions.reporting import settle_what_went_stale
from nuanxin.stations.actions.visits import close_visit_days


@app.periodic(cron="* * * * *")
@app.task(name="stations.follow_states", queueing_lock="stations.follow_states")
def follow_states(timestamp: int) -> None:
    """Every minute: what may no longer be shown is settled again; new stations get their times."""
    now = clock.now()
    settle_what_went_stale(now=now)
    refresh_opening(now=now, since=clock.day_start(clock.business_day(now)))


@app.periodic(cron="5 * * * *")
@app.task(name="stations.close_visit_days", queueing_lock="stations.close_visit_days")
def end_the_day(timestamp: int) -> None:
    """Every hour, so soon after midnight: salts and sketches of what is over are thrown away."""
    close_visit_days(now=clock.now())


@app.periodic(cron="35 * * * *")
@app.task(name="stations.follow_hours", queueing_lock="stations.follow_hours")
def keep_hours(timestamp: int) -> None:
    """Every hour: hours of days that ended, and of days about which something was entered late."""
    now = clock.now()
    while follow_hours(now=now):
        pass
