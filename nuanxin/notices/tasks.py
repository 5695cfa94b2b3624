"""Jobs of 通知: what waits is sent every few seconds."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.notices import actions


@app.periodic(cron="* * * * * */5")
@app.task(name="notices.deliver", queueing_lock="notices.deliver")
def deliver(timestamp: int) -> None:
    """Send what waits."""
    while actions.deliver_waiting(now=clock.now()):
        continue
