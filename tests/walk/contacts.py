"""A contact of a member, for the addresses that record one and take one back."""

from collections.abc import Callable
from typing import Any

from nuanxin.kernel import clock
from nuanxin.membership.models import Membership
from nuanxin.orgs.models import Union
from nuanxin.people.models import Contact
from tests.cast import Cast

FORM = {
    "kind": "10",
    "day": "2026-11-02",
    "form_id": "00000000-0000-4000-8000-000000000001",
}


def contact_samples(
    sample: type[Any], member_of: Callable[[Cast, Union], dict[str, Any]], no_id: int
) -> dict[str, Any]:
    """Return how both addresses are led to an object, and to none."""
    return {
        "desk-member-contact": sample(
            missing={"membership_id": no_id}, of_union=member_of, body=FORM
        ),
        "desk-member-contact-back": sample(
            missing={"membership_id": no_id, "contact_id": no_id},
            of_union=lambda cast, union: _with_contact(cast, member_of(cast, union)),
        ),
    }


def _with_contact(cast: Cast, member: dict[str, Any]) -> dict[str, Any]:
    """Return the address of a contact of the member, written down today."""
    made, _ = Contact.objects.get_or_create(
        worker_id=Membership.objects.get(id=member["membership_id"]).worker_id,
        day=clock.business_day(cast.now),
        kind=10,
        reference="样例",
        defaults={"recorded_at": cast.now},
    )
    return member | {"contact_id": made.id}
