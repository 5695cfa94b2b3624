"""Jobs of lists of stations: reading one, letting a confirmed one take effect."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.stations.actions import importing
from nuanxin.stations.queries.imports import list_interrupted_imports
from nuanxin.stations.states import ImportState

_AGAIN = RetryStrategy(max_attempts=6, exponential_wait=3)


@app.task(name="stations.read_import", retry=_AGAIN)
def read_import(listing_id: int) -> None:
    """Read and judge a dropped list."""
    importing.read_import(listing_id=listing_id, now=clock.now())


@app.task(name="stations.run_import", retry=_AGAIN)
def run_import(listing_id: int) -> None:
    """Let a confirmed list take effect, or go on with it."""
    importing.run_import(listing_id=listing_id, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="stations.resume_imports", queueing_lock="stations.resume_imports")
def resume_imports(timestamp: int) -> None:
    """Take up lists whose job was lost: a killed worker, a restarted database."""
    for listing_id, state in list_interrupted_imports(clock.now()):
        job = read_import if state == ImportState.READING else run_import
        job.configure(queueing_lock=f"stations.import.{listing_id}").defer(listing_id=listing_id)
