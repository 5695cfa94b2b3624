"""What a worker sees of his own: where he belongs, what waits, what was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Forbidden, NotFound
from nuanxin.kernel.occupations import by_key
from nuanxin.membership.rules.card import card_number, shown_number
from nuanxin.membership.rules.receipts import HOTLINE, Applied, Receipt, Where, taken_receipt
from nuanxin.membership.rules.review import due_days
from nuanxin.membership.states import (
    Channel,
    EndReason,
    JoinState,
    MemberState,
    ReceiptKind,
    TransferState,
)
from nuanxin.people.queries.workers import record_ids_of
from nuanxin.people.states import ErasureHold, MyDataSection

_WHERE = "u.id, u.code, u.name, u.adcode, u.contact_name, u.contact_phone"
HISTORY_LIMIT = 50


@dataclass(frozen=True, slots=True)
class MyMembership:
    """The membership that one has now."""

    id: int
    state: MemberState
    where: Where
    channel: Channel
    occupation_label: str
    started_on: date
    joined_on: date
    retained_on: date | None


@dataclass(frozen=True, slots=True)
class MyApplication:
    """An application that waits for the committee, for oneself, or was decided lately."""

    id: int
    state: JoinState
    where: Where
    created_at: datetime
    due_on: date | None
    expires_on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class MyTransfer:
    """A proposal to move that waits for one's word."""

    id: int
    where: Where
    proposed_at: datetime
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class MyPast:
    """A period of membership that has ended."""

    union_name: str
    started_on: date
    ended_on: date
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Mine:
    """Everything of one person; ``number`` is the card number, shown also while provisional."""

    worker_id: int
    number: str
    shown_number: str
    membership: MyMembership | None
    application: MyApplication | None
    transfer: MyTransfer | None
    past: tuple[MyPast, ...]
    call_phone: str

    @property
    def is_provisional(self) -> bool:
        """Return whether the card is still the provisional one."""
        waits = self.application is not None and self.application.state is JoinState.SUBMITTED
        return self.membership is None and waits


def get_my_membership(*, actor: Actor) -> Mine:
    """Return what the signed-in worker has here; ``Forbidden`` for anybody without a record."""
    if actor.worker_id is None:
        raise Forbidden("access.sign_in", "请先登录，再看会籍。")
    worker = actor.worker_id
    membership, application = _membership(worker), _application(worker)
    number = card_number(worker)
    near = membership or application
    return Mine(
        worker_id=worker,
        number=number,
        shown_number=shown_number(number),
        membership=membership,
        application=application,
        transfer=_transfer(worker),
        past=_past(worker),
        call_phone=(near.where.contact_phone if near else "") or HOTLINE,
    )


def get_my_receipt(*, actor: Actor) -> Receipt:
    """Return the receipt of the application that waits for the signed-in worker; else ``NotFound``."""
    waiting = _application(actor.worker_id) if actor.worker_id is not None else None
    if waiting is None or waiting.state is not JoinState.SUBMITTED or waiting.due_on is None:
        raise NotFound()
    assert actor.worker_id is not None
    return taken_receipt(
        ReceiptKind.NEW,
        waiting.where,
        Applied(waiting.id, actor.worker_id, waiting.due_on),
        at=waiting.created_at,
        provisional=due_days(business_day(waiting.created_at)).provisional,
    )


def _membership(worker_id: int) -> MyMembership | None:
    row = _one(
        f"""SELECT m.id, m.state, m.channel, m.occupation, m.started_on, m.joined_on,
                   m.retained_on, {_WHERE}
            FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
            WHERE m.worker_id = %s AND m.ended_on IS NULL""",
        worker_id,
    )
    if row is None:
        return None
    return MyMembership(
        id=row[0],
        state=MemberState(row[1]),
        where=Where(*row[7:13]),
        channel=Channel(row[2]),
        occupation_label=by_key(row[3]).label,
        started_on=row[4],
        joined_on=row[5],
        retained_on=row[6],
    )


def _application(worker_id: int) -> MyApplication | None:
    """Return the open application, else the latest decision."""
    row = _one(
        f"""SELECT a.id, a.state, a.created_at, a.due_on, a.expires_on, a.decision_note, {_WHERE}
            FROM membership_joinapplication a JOIN orgs_union u ON u.id = a.union_id
            WHERE a.worker_id = %s ORDER BY a.state IN (1, 2, 3) DESC, a.id DESC LIMIT 1""",
        worker_id,
    )
    if row is None:
        return None
    return MyApplication(row[0], JoinState(row[1]), Where(*row[6:12]), *row[2:6])


def _transfer(worker_id: int) -> MyTransfer | None:
    row = _one(
        f"""SELECT t.id, t.proposed_at, t.expires_on, {_WHERE}
            FROM membership_transfer t JOIN orgs_union u ON u.id = t.to_union_id
            WHERE t.worker_id = %s AND t.state = {TransferState.PROPOSED:d}""",
        worker_id,
    )
    return MyTransfer(row[0], Where(*row[3:9]), row[1], row[2]) if row else None


def _past(worker_id: int) -> tuple[MyPast, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT u.name, m.started_on, m.ended_on, m.end_reason
               FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
               WHERE m.worker_id = %s AND m.ended_on > m.started_on
               ORDER BY m.started_on DESC, m.id DESC LIMIT %s""",
            [worker_id, HISTORY_LIMIT],
        )
        return tuple(MyPast(row[0], row[1], row[2], EndReason(row[3])) for row in cursor.fetchall())


def _one(statement: str, worker_id: int) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [worker_id])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _my_rows(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return memberships and applications of some records as plain values."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT u.name, m.state, m.channel, m.started_on, m.ended_on, m.end_reason
               FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
               WHERE m.worker_id = ANY (%(ids)s)
               UNION ALL
               SELECT u.name, NULL, a.channel, a.created_at::date, NULL, a.state
               FROM membership_joinapplication a JOIN orgs_union u ON u.id = a.union_id
               WHERE a.worker_id = ANY (%(ids)s) ORDER BY 4, 1 LIMIT 500""",
            {"ids": list(record_ids)},
        )
        rows = cursor.fetchall()
    return [
        {
            "union": name,
            "what": MemberState(state).label if state else JoinState(more).label,
            "channel": Channel(channel).label,
            "from": start.isoformat(),
            "to": end.isoformat() if end else "",
            "reason": EndReason(more).label if state and more else "",
        }
        for name, state, channel, start, end, more in rows
    ]


MY_MEMBERSHIPS = MyDataSection(
    key="membership",
    title="会籍和入会申请",
    labels={
        "union": "工会",
        "what": "状态",
        "channel": "渠道",
        "from": "起",
        "to": "止",
        "reason": "终止原因",
    },
    rows=_my_rows,
)


def erasure_holds(worker_id: int, now: datetime) -> list[ErasureHold]:
    """Return what must be settled before a person is erased: a membership, an open application."""
    records = record_ids_of(worker_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT
                 EXISTS (SELECT 1 FROM membership_membership
                         WHERE worker_id = ANY (%(ids)s) AND ended_on IS NULL),
                 EXISTS (SELECT 1 FROM membership_joinapplication
                         WHERE worker_id = ANY (%(ids)s) AND state IN (1, 2, 3))""",
            {"ids": records},
        )
        is_member, is_waiting = cursor.fetchone()
    holds = []
    if is_member:
        holds.append(ErasureHold("会籍", "你还是会员。先退会，再删资料。", is_blocking=True))
    if is_waiting:
        holds.append(ErasureHold("入会申请", "有申请在办。先撤回，再删资料。", is_blocking=True))
    return holds
