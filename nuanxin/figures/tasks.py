"""Jobs of 数读: closed months are folded by night, and what was folded is counted again."""

import structlog
from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.membership.actions import spots, stocks

_log = structlog.get_logger(__name__)


@app.periodic(cron="11 2 * * *")
@app.task(queueing_lock="figures.fold")
def fold(timestamp: int) -> None:
    """Fold the flows of closed months, then recount the last month and tell when it differs.

    Harmless to do twice; a figure read in between is right, only slower.
    """
    now = clock.now()
    done = stocks.fold_flows(now=now)
    recount = stocks.recount_month(done.last_month)
    today = clock.business_day(now)
    wrong_spots = spots.recount(today.replace(day=1), today=today)
    _log.info(
        "figures.folded",
        month=done.last_month.isoformat(),
        flows=done.flows,
        cells=recount.cells,
        agrees=recount.agrees and not wrong_spots,
    )
    if wrong_spots or not recount.agrees:
        raise StocksDiffer(done.last_month.isoformat(), recount)


class StocksDiffer(RuntimeError):
    """The kept stocks are not what a count of all flows gives: somebody must look."""
