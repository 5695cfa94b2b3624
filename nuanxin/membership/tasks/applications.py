"""What runs by the clock; each is one action with a limit, safe to run twice."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions.inviting import send_invitations
from nuanxin.membership.actions.transfer import expire_transfers
from nuanxin.membership.actions.upkeep import (
    ask_to_found_unions,
    escalate_overdue,
    expire_invitations,
)


@app.periodic(cron="* * * * *")
@app.task(name="membership.send_invitations", queueing_lock="membership.send_invitations")
def send_invitations_due(timestamp: int) -> None:
    """Tell invited people, a few thousand a minute."""
    send_invitations(actor=SYSTEM, now=clock.now())


@app.periodic(cron="5 0 * * *")
@app.task(name="membership.expire", queueing_lock="membership.expire")
def expire_what_nobody_answered(timestamp: int) -> None:
    """Close invitations, returns and transfer proposals whose last day is over."""
    while expire_invitations(actor=SYSTEM, now=clock.now()):
        pass
    while expire_transfers(actor=SYSTEM, now=clock.now()):
        pass


@app.periodic(cron="15 8 * * *")
@app.task(name="membership.escalate", queueing_lock="membership.escalate")
def escalate_overdue_reviews(timestamp: int) -> None:
    """Tell upper unions about reviews that are overdue."""
    while escalate_overdue(actor=SYSTEM, now=clock.now()):
        pass


@app.periodic(cron="45 4 * * *")
@app.task(name="membership.found_unions", queueing_lock="membership.found_unions")
def ask_counties_to_found_unions(timestamp: int) -> None:
    """Look for employers whose people have gathered in backstop unions."""
    ask_to_found_unions(actor=SYSTEM, now=clock.now())
