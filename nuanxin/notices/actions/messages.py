"""Telling somebody something: the row is written in the transaction, sent after it has committed."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from procrastinate.contrib.django import app

from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import NotFound, TooMany
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.phone import normalise_phone
from nuanxin.notices import rules
from nuanxin.notices.actions.delivery import OUTBOX, deliver_waiting
from nuanxin.notices.actions.texts import fill_in
from nuanxin.notices.models import Message, Notice
from nuanxin.notices.states import LONGEST_TEXT, OVER_THE_NUMBERS_LIMIT
from nuanxin.people.queries import main_occupations

_PROVINCE = "330000"


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
    messages, and in the busiest hours of the worker's trade, it waits, unless ``quiet_ok`` (a code
    somebody waits for). A number that has had its share of the day gets no more: the row says so.
    Raises ``Malformed`` for what is no mobile number, ``TooMany`` notices.codes_to_number when a
    number has had too many codes, ``LookupError`` for an unknown template.
    """
    number = normalise_phone(phone)
    phone_hash = sealing.lookup_hash("phone", number)
    is_over = _is_over_limit(phone_hash, now, is_code=quiet_ok)
    message = Message.objects.create(
        worker_id=worker_id,
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", number, phone_hash),
        phone_hint=number[:3] + number[-4:],
        template=template,
        body=fill_in(template, values),
        queued_at=now,
        not_before=None if quiet_ok else rules.not_before(now, trade=_trade_of(worker_id, now)),
        failed_at=now if is_over else None,
        failure=OVER_THE_NUMBERS_LIMIT if is_over else "",
    )
    if not is_over:
        _send_soon(message, now)
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


def notices_insert_sql(select: str) -> str:
    """Return an INSERT of workers' notices out of ``select``, for use inside a data-modifying CTE.

    ``select`` is trusted SQL that yields worker id, kind, title, body, url and time, in that order.
    It returns ``id, worker_id, url`` of what was put before them.
    """
    return (
        "INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at) "
        f"{select} RETURNING id, worker_id, url"
    )


@transaction.atomic
def mark_read(
    *,
    notice_ids: list[int],
    now: datetime,
    worker_id: int | None = None,
    account_id: UUID | None = None,
) -> int:
    """Mark one's own notices as read; return how many were not yet. Others' are not touched.

    Raises ``NotFound`` when nobody is given.
    """
    if worker_id is None and account_id is None:
        raise NotFound()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notices_notice SET read_at = %s
               WHERE id = ANY(%s) AND read_at IS NULL AND (worker_id = %s OR account_id = %s)""",
            [now, notice_ids, worker_id, account_id],
        )
        return int(cursor.rowcount)


def _send_soon(message: Message, now: datetime) -> None:
    """See to it that the message leaves once the transaction has committed.

    The outbox is on this machine: it is served at once. A provider may hang, which must not keep
    a page waiting: a job of the same transaction sends what is urgent, the rest goes with the job
    that looks every few seconds.
    """
    if settings.SMS_GATEWAY == OUTBOX:
        transaction.on_commit(partial(deliver_waiting, now=now, only=message.id), robust=True)
    elif message.not_before is None:
        app.configure_task("notices.deliver_one").defer(message_id=message.id)


def _trade_of(worker_id: int | None, now: datetime) -> int | None:
    if worker_id is None:
        return None
    return main_occupations([worker_id], on=business_day(now)).get(worker_id)


def _is_over_limit(phone_hash: UUID, now: datetime, *, is_code: bool) -> bool:
    """Return whether a number has had its messages of the day; raise ``TooMany`` for codes."""
    name = "per_number_hourly_codes" if is_code else "per_number_daily_messages"
    limit = parameter(f"notices.{name}", adcode=_PROVINCE, on=business_day(now)).value
    since = now - timedelta(hours=1) if is_code else day_start(business_day(now))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (
                   SELECT 1 FROM notices_message
                   WHERE phone_hash = %s AND queued_at > %s AND failed_at IS NULL LIMIT %s) AS m""",
            [phone_hash, since, limit],
        )
        sent = cursor.fetchone()[0]
    if sent < limit:
        return False
    if is_code:
        raise TooMany(
            "notices.codes_to_number",
            "这个号码一小时里发了太多验证码。请过一会儿再试，或者请工会的同志帮您办。",
            retry_after_seconds=3600,
        )
    return True
