"""What runs by the clock; each is one action with a limit, safe to run twice."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.programmes.actions.claims import pass_on_what_expired, release_directed_places


@app.periodic(cron="* * * * *")
@app.task(name="programmes.pass_on", queueing_lock="programmes.pass_on")
def pass_on(timestamp: int) -> None:
    """Give on what nobody confirmed in time, and directed places whose day has come."""
    now = clock.now()
    pass_on_what_expired(now=now)
    release_directed_places(now=now)
