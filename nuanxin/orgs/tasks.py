"""Jobs of 组织: the nightly look at terms of office."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.orgs import actions


@app.periodic(cron="7 16 * * *")  # 00:07 in Shanghai
@app.task(queueing_lock="orgs.expire_terms")
def expire_terms(timestamp: int) -> None:
    """Mark the unions whose term ended yesterday."""
    actions.expire_terms(actor=SYSTEM, now=clock.now())
