"""A marked person in every union, and a slow second opinion on who may see whom.

The second opinion reads the policy file by itself and climbs from parent to parent in plain Python:
it shares neither the paths nor the SQL of the product.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nuanxin.kernel import clock, sealing
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.orgs.models import Union
from nuanxin.people.models import Worker
from tests.cast import Cast
from tests.membership.cast import identity_of

POLICY_FILE = Path(__file__).parents[2] / "nuanxin/kernel/data/policy.yaml"
MARK = "哨兵"
_MARKS = "甲乙丙丁戊己庚辛壬癸子丑寅卯"


@dataclass(frozen=True)
class Planted:
    """One marked person: a member of ``union`` with one more request waiting in another record."""

    union: Union
    name: str
    phone: str
    identity: str
    membership_id: int
    application_id: int

    @property
    def tells(self) -> tuple[str, ...]:
        """Return what would betray the person in an answer."""
        return (self.name, self.phone, self.identity, f"{self.phone[:3]}****{self.phone[-4:]}")


def plant(cast: Cast) -> list[Planted]:
    """Put a marked member and a marked application into every union of the cast."""
    return [_plant_in(cast, union, number) for number, union in enumerate(cast.unions.values())]


def _plant_in(cast: Cast, union: Union, number: int) -> Planted:
    name, phone, identity = f"{MARK}{_MARKS[number]}", f"1557{number:03}{number:04}", identity_of()
    today = clock.business_day(cast.now)
    Union.objects.filter(id=union.id).update(accepts_members=True)
    worker = _worker(name, phone, identity, cast.now)
    membership = Membership.objects.create(
        worker=worker,
        union=union,
        channel=1,
        occupation=3,
        started_on=today,
        joined_on=today,
        recorded_at=cast.now,
    )
    application = JoinApplication.objects.create(
        worker=_worker(name, "", "", cast.now),
        union=union,
        channel=1,
        state=2,
        occupation=3,
        created_at=cast.now,
        confirmed_at=cast.now,
        due_on=today,
    )
    return Planted(union, name, phone, identity, membership.id, application.id)


def _worker(name: str, phone: str, identity: str, now: Any) -> Worker:
    fields: dict[str, Any] = {}
    for column, value, hint in (
        ("phone", phone, phone[:3] + phone[-4:]),
        ("identity", identity, identity[:3] + identity[-2:]),
    ):
        if value:
            hashed = sealing.lookup_hash(column, value)
            fields |= {
                f"{column}_hash": hashed,
                f"{column}_sealed": sealing.seal(column, value, hashed),
                f"{column}_hint": hint,
            }
    return Worker.objects.create(name=name, created_at=now, **fields)


def may_see(cast: Cast, who: str, right: str, union: Union) -> bool:
    """Return whether ``who`` holds ``right`` over ``union``, by the policy file and by climbing."""
    held = _policy().get(right, {})
    above = _above(cast, union)
    return any(
        held.get(grant.role.value) in ("U", "E", "T", "K") and grant.union_id in above
        for grant in cast.actor(who).grants
    )


def _above(cast: Cast, union: Union) -> set[int]:
    by_id = {one.id: one for one in cast.unions.values()}
    found = {union.id}
    while union.parent_id is not None:
        union = by_id[union.parent_id]
        found.add(union.id)
    return found


@cache
def _policy() -> dict[str, dict[str, str]]:
    read = yaml.safe_load(POLICY_FILE.read_text(encoding="utf-8"))
    return {
        f"{thing}.{action}": holders
        for thing, actions in read.items()
        for action, holders in actions.items()
    }
