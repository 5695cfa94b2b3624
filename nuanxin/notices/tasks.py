"""Jobs of 通知: what waits is sent every few seconds."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.notices import actions


@app.periodic(cron="* * * * * */5")
@app.task(name="notices.deliver", queueing_lock="notices.deliver")
def deliver(timestamp: int) -> None:
    """Send what waits: text messages, then webhooks."""
    while actions.deliver_waiting(now=clock.now()):
        continue
    while actions.deliver_webhooks(now=clock.now()):
        continue


@app.task(name="notices.deliver_one")
def deliver_one(message_id: int) -> None:
    """Send one message that somebody waits for."""
    actions.deliver_waiting(now=clock.now(), only=message_id)


@app.periodic(cron="7 4 * * *")
@app.task(name="notices.forget", queueing_lock="notices.forget")
def forget(timestamp: int) -> None:
    """Delete what has been told and need not be kept."""
    while actions.forget_old(now=clock.now()):
        continue
