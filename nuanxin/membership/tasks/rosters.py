"""Jobs of rosters: reading a dropped file, letting a confirmed one take effect.

A job that was killed is tried again; the actions know how far they had come.
"""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import roster_reading, rosters
from nuanxin.membership.queries.rosters import list_interrupted_batches
from nuanxin.membership.states import BatchState

_AGAIN = RetryStrategy(max_attempts=6, exponential_wait=3)


@app.task(name="membership.read_roster", retry=_AGAIN)
def read_roster(batch_id: int) -> None:
    """Read and judge a dropped file."""
    roster_reading.read_batch(batch_id=batch_id, now=clock.now())


@app.task(name="membership.run_roster", retry=_AGAIN)
def run_roster(batch_id: int) -> None:
    """Let a confirmed roster take effect, or go on with it."""
    rosters.run_batch(batch_id=batch_id, actor=SYSTEM, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="membership.resume_rosters", queueing_lock="membership.resume_rosters")
def resume_rosters(timestamp: int) -> None:
    """Take up batches whose job was lost: a killed worker, a restarted database."""
    for batch_id, state in list_interrupted_batches(clock.now()):
        job = read_roster if state == BatchState.READING else run_roster
        job.configure(queueing_lock=f"membership.roster.{batch_id}").defer(batch_id=batch_id)
