"""Families of a demonstration: one may ask for places together, one has asked."""

from contextlib import suppress
from datetime import datetime

from config.demo import accounts, programmes
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict
from nuanxin.people.models import Household, HouseholdMember
from nuanxin.programmes.actions.parties import apply_together
from nuanxin.programmes.models import Offer
from nuanxin.programmes.states import OfferState, Way


def live_together(
    built: BuiltWorld, sign_ins: list[SignIn], *, offers: list[int], now: datetime
) -> None:
    """Register a household of somebody who can sign in, and one whose two people asked for places."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    members = programmes.members_below(built, cadre)
    known = {one.worker_id for one in sign_ins if one.worker_id}
    shown = [one for one in members if one.worker_id in known][:1]
    others = [one for one in members if one.worker_id not in known][-4:]
    if not shown or len(others) < 4:
        return
    _household([*shown, *others[:2]], now)
    _household(others[2:], now)
    offer = Offer.objects.filter(id__in=offers, way=Way.FIRST_COME, state=OfferState.OPEN).first()
    if offer is not None and others[3].worker_id is not None:
        with suppress(Conflict):  # whom the rule says no to does not get on the list
            apply_together(
                code=offer.code, with_workers=[others[3].worker_id], actor=others[2], now=now
            )


def _household(people: list[Actor], now: datetime) -> None:
    home = Household.objects.create(name="一家", recorded_at=now)
    HouseholdMember.objects.bulk_create(
        HouseholdMember(household=home, worker_id=one.worker_id or 0, from_on=business_day(now))
        for one in people
    )
