"""A winner says whether his name may stand on the public list of honours; taken back as easily."""

from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.people.actions import grant_consent, withdraw_consent
from nuanxin.people.queries import current_notice, has_consent
from nuanxin.people.states import ConsentPurpose

_PURPOSE = ConsentPurpose.HONOUR_PUBLICATION


@transaction.atomic
def agree_to_be_named(*, is_agreed: bool, actor: Actor, now: datetime) -> None:
    """Agree to the publication of one's honours under the notice of today, or withdraw it."""
    if actor.worker_id is None:
        raise NotFound()
    if is_agreed:
        version = current_notice(_PURPOSE, on=business_day(now)).version
        grant_consent(worker_id=actor.worker_id, purpose=_PURPOSE, notice_version=version,
                      via="web", actor=actor, now=now)  # fmt: skip
    elif has_consent(actor.worker_id, _PURPOSE):
        withdraw_consent(worker_id=actor.worker_id, purpose=_PURPOSE, actor=actor, now=now)
