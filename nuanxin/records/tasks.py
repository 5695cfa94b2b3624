"""Jobs of 留痕: sealing every hour and more often while much is written, sweeping by night."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.records import actions


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="records.seal_events")
def seal_events(timestamp: int) -> None:
    """Seal what was written since the last time."""
    actions.seal_events(clock.now(), patience_seconds=30.0)


@app.periodic(cron="23 3 * * *")
@app.task(queueing_lock="records.sweep")
def sweep(timestamp: int) -> None:
    """Remove files that nobody owns and answers that nobody will ask for any more."""
    actions.sweep_orphans(clock.now())
    while actions.forget_old_requests(clock.now()):
        continue
