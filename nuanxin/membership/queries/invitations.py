"""Invitations as the invited person sees them, found by the link in the message."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection

from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.membership.rules.invitations import invitation_token, read_invitation
from nuanxin.membership.rules.receipts import Waiting, Where
from nuanxin.membership.states import JoinState

_ONE = """
SELECT a.id, a.state, a.due_on, a.created_at, a.worker_id, w.name, a.place_stated, a.expires_on,
       u.id, u.code, u.name, u.adcode, u.contact_name, u.contact_phone
FROM membership_joinapplication a
JOIN people_worker w ON w.id = a.worker_id
JOIN orgs_union u ON u.id = a.union_id
WHERE a.id = %s
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the link shows: the name is masked, since the message may have gone astray."""

    waiting: Waiting
    worker_id: int
    masked_name: str
    place_stated: str
    expires_on: date | None


def token_of(application_id: int, valid_to: date) -> str:
    """Return the token for the link of an invitation."""
    return invitation_token(application_id, valid_to, _key())


def invitation_of_token(token: str, today: date) -> Invitation:
    """Return the invitation behind a link; raises as ``rules.invitations.read_invitation``."""
    application_id = read_invitation(token, today, _key())
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [application_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return Invitation(
        waiting=Waiting(row[0], JoinState(row[1]), row[2], row[3], Where(*row[8:14])),
        worker_id=row[4],
        masked_name=mask_name(row[5]),
        place_stated=row[6],
        expires_on=row[7],
    )


def _key() -> bytes:
    return str(settings.SECRET_KEY).encode()
