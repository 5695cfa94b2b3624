"""Jobs of tables of outlets and unions: reading one, letting a confirmed one take effect."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.membership.actions import listings
from nuanxin.membership.queries.listings import list_interrupted_listings
from nuanxin.membership.states import BatchState

_AGAIN = RetryStrategy(max_attempts=6, exponential_wait=3)


@app.task(name="membership.read_listing", retry=_AGAIN)
def read_listing(listing_id: int) -> None:
    """Read and judge a dropped table."""
    listings.read_listing_file(listing_id=listing_id, now=clock.now())


@app.task(name="membership.run_listing", retry=_AGAIN)
def run_listing(listing_id: int) -> None:
    """Let a confirmed table take effect, or go on with it."""
    listings.run_listing(listing_id=listing_id, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="membership.resume_listings", queueing_lock="membership.resume_listings")
def resume_listings(timestamp: int) -> None:
    """Take up tables whose job was lost: a killed worker, a restarted database."""
    for listing_id, state in list_interrupted_listings(clock.now()):
        job = read_listing if state == BatchState.READING else run_listing
        job.configure(queueing_lock=f"membership.listing.{listing_id}").defer(listing_id=listing_id)
