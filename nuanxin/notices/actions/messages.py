"""Telling somebody something: the row is written in the transaction, sent after it has committed."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db import transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.phone import normalise_phone
from nuanxin.notices.actions.delivery import deliver_waiting
from nuanxin.notices.models import Message, Notice
from nuanxin.notices.rules import not_before

_TEXTS = Path(__file__).resolve().parent.parent / "templates" / "notices" / "texts"
_PLACE = re.compile(r"\{([a-z_]+)\}")
LONGEST_TEXT = 400


def send_sms(
    *,
    phone: str,
    template: str,
    values: dict[str, object],
    now: datetime,
    worker_id: int | None = None,
    quiet_ok: bool = False,
) -> int:
    """Queue a text message and return its id; it leaves after the transaction has committed.

    ``template`` names a file of ``templates/notices/texts`` ("access.code"); ``values`` fill its
    places literally: nothing in a value is read as a place or a command. Outside the hours for
    messages it waits for the morning, unless ``quiet_ok`` (a code somebody waits for). Raises
    ``Malformed`` for what is no mobile number and ``LookupError`` for an unknown template.
    """
    number = normalise_phone(phone)
    phone_hash = sealing.lookup_hash("phone", number)
    message = Message.objects.create(
        worker_id=worker_id,
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", number, phone_hash),
        phone_hint=number[:3] + number[-4:],
        template=template,
        body=fill_in(template, values),
        queued_at=now,
        not_before=None if quiet_ok else not_before(now),
    )
    transaction.on_commit(lambda: deliver_waiting(now=now, only=message.id), robust=True)
    return message.id


def notify(
    *,
    kind: str,
    title: str,
    body: str,
    now: datetime,
    url: str = "",
    worker_id: int | None = None,
    account_id: UUID | None = None,
) -> int:
    """Put a notice before a worker or an account, until it is read; return its id."""
    notice = Notice.objects.create(
        worker_id=worker_id,
        account_id=account_id,
        kind=kind,
        title=title[:80],
        body=body[:LONGEST_TEXT],
        url=url,
        created_at=now,
    )
    return notice.id


def fill_in(template: str, values: dict[str, object]) -> str:
    """Return the text of ``template`` with its places filled; a place without a value is a fault."""
    return _PLACE.sub(lambda place: str(values[place[1]]), _text_of(template))[:LONGEST_TEXT]


@lru_cache(maxsize=64)
def _text_of(template: str) -> str:
    path = _TEXTS / f"{template}.txt"
    if not path.is_file():
        raise LookupError(f"no text called {template}")
    return path.read_text(encoding="utf-8").strip()
