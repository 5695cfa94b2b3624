"""发放: a list made from final awards, checked by another, given to the bank, its results entered.

Nothing is changed afterwards: what was paid is a fact, taken back by a fact of the opposite sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.notices.actions import notify
from nuanxin.notices.actions.telling import notify_many
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Offer, PayeeAccount, Payment, PaymentFact, PaymentList
from nuanxin.programmes.rules.paying import Result, account_number
from nuanxin.programmes.states import ListState, OfferState, PaymentKind, check_list_move
from nuanxin.records.actions import append_event, commit_readings

SEALED = "payee_account"
MOST_ROWS = 20_000
SHORTEST_REASON = 4


@dataclass(frozen=True, slots=True)
class BankRow:
    """A line for the bank, with the account in clear: it leaves at once and is kept nowhere."""

    payment_id: int
    name: str
    bank: str
    number: str
    amount_fen: int

    def __repr__(self) -> str:
        return f"BankRow({self.payment_id}, …)"


@transaction.atomic
def state_account(*, bank: str, number: str, actor: Actor, now: datetime) -> None:
    """Keep where the person wants his money, sealed; the one before is ended.

    Raises ``NotFound`` for who is no worker, ``Malformed`` payments.account, payments.bank.
    """
    if actor.worker_id is None:
        raise NotFound()
    digits, named = account_number(number), bank.strip()
    if not 2 <= len(named) <= 60:
        raise Malformed("payments.bank", "写上是哪家银行、哪个支行，比如“工商银行大关支行”。")
    bound = uuid7()
    PayeeAccount.objects.filter(worker_id=actor.worker_id, ended_at=None).update(ended_at=now)
    PayeeAccount.objects.create(
        worker_id=actor.worker_id,
        bank=named,
        bound=bound,
        number_sealed=sealing.seal(SEALED, digits, bound),
        hint=digits[-4:],
        stated_at=now,
    )
    append_event(
        "programmes.account_stated",
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=actor.worker_id,
    )


def erase_accounts(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase the accounts of persons; what was paid to them stays in the books."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM programmes_payeeaccount WHERE worker_id = ANY (%s)", [list(worker_ids)]
        )
    return ["收款账户"]


_FILL = """
WITH due AS (
    SELECT a.id FROM programmes_application a
    WHERE a.offer_id = %(offer)s AND a.state = 4
      AND NOT EXISTS (SELECT 1 FROM programmes_payment p
                      WHERE p.application_id = a.id AND NOT p.is_void)
), made AS (
    INSERT INTO programmes_paymentlist
        (offer_id, state, persons, total_fen, made_at, made_by, made_by_name, made_by_key,
         checked_by_name, checked_by_key)
    SELECT %(offer)s, 1, count(*), count(*) * %(each)s::bigint, %(now)s, %(account)s, %(name)s, %(key)s,
           '', ''
    FROM due HAVING count(*) > 0 RETURNING id
), written AS (
    INSERT INTO programmes_payment (list_id, application_id, amount_fen, is_void)
    SELECT m.id, d.id, %(each)s, false FROM due d CROSS JOIN made m
)
SELECT id FROM made
"""


@transaction.atomic
def make_list(*, offer_id: int, actor: Actor, now: datetime) -> PaymentList:
    """Make a list of everybody who has a final place of the offer and is on no list yet.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` payments.not_awarded, payments.no_money,
    payments.nobody.
    """
    offer = Offer.objects.select_for_update().filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    permissions.check_payment(actor, permissions.MAKE_PAYMENTS, path=get_union(offer.union_id).path)
    if not offer.money_fen:
        raise Conflict("payments.no_money", "这一期不发钱，不用做名册。")
    if offer.state != OfferState.AWARDED:
        raise Conflict("payments.not_awarded", "名额还没定下来。公示完了、定了名额，再做名册。")
    values: dict[str, Any] = {
        "offer": offer.id,
        "each": offer.money_fen,
        "now": now,
        "account": actor.account_id,
        "name": actor.name[:60],
        "key": actor.person_key,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values)
        row = cursor.fetchone()
    if row is None:
        raise Conflict("payments.nobody", "有名额的人都在名册上了，没有要补的。")
    made = PaymentList.objects.get(id=row[0])
    _record("programmes.payment_list_made", made, actor, now)
    return made


@transaction.atomic
def check_list(*, list_id: int, actor: Actor, now: datetime) -> None:
    """Check a list: somebody else than who made it. Raises ``Conflict`` payments.own_list."""
    made = _for_update(list_id, permissions.CHECK_PAYMENTS, actor)
    check_list_move(ListState(made.state), ListState.CHECKED)
    if actor.person_key == made.made_by_key:
        raise Conflict("payments.own_list", "名册是您做的，要由另一个人复核。请同事或财务来办。")
    made.state, made.checked_at = ListState.CHECKED, now
    made.checked_by, made.checked_by_name = actor.account_id, actor.name[:60]
    made.checked_by_key = actor.person_key
    made.save()
    _record("programmes.payment_list_checked", made, actor, now)


@transaction.atomic
def cancel_list(*, list_id: int, actor: Actor, now: datetime) -> None:
    """Take a list back that has not left: its people may stand on another."""
    made = _for_update(list_id, permissions.MAKE_PAYMENTS, actor)
    check_list_move(ListState(made.state), ListState.CANCELLED)
    Payment.objects.filter(list=made).update(is_void=True)
    made.state = ListState.CANCELLED
    made.save(update_fields=["state"])
    _record("programmes.payment_list_cancelled", made, actor, now)


_FOR_BANK = """
SELECT p.id, w.name, c.bank, c.number_sealed, c.bound, p.amount_fen, w.id
FROM programmes_payment p JOIN programmes_application a ON a.id = p.application_id
JOIN people_worker w ON w.id = a.worker_id
JOIN LATERAL (SELECT y.bank, y.number_sealed, y.bound FROM programmes_payeeaccount y
              WHERE y.worker_id = w.id AND y.ended_at IS NULL ORDER BY y.id DESC LIMIT 1) c ON true
WHERE p.list_id = %(list)s AND NOT p.is_void
  AND (SELECT coalesce(sum(f.amount_fen), 0) FROM programmes_paymentfact f WHERE f.payment_id = p.id) = 0
ORDER BY p.id LIMIT %(limit)s
"""


def export_list(*, list_id: int, purpose: str, actor: Actor, now: datetime) -> list[BankRow]:
    """Return the lines for the bank: those not paid whose account is known.

    That each account was read, by whom and what for, is committed before one is opened. Raises
    ``NotFound``, ``Forbidden``, ``Malformed`` payments.no_purpose, ``Conflict`` for a list that
    nobody checked.
    """
    what_for = purpose.strip()[:120]
    if len(what_for) < SHORTEST_REASON:
        raise Malformed("payments.no_purpose", "写一下拿去做什么，比如“交工商银行代发”。")
    with transaction.atomic():
        made = _for_update(list_id, permissions.EXPORT_PAYMENTS, actor)
        check_list_move(ListState(made.state), ListState.SENT)
        made.state = ListState.SENT
        made.save(update_fields=["state"])
        with connection.cursor() as cursor:
            cursor.execute(_FOR_BANK, {"list": list_id, "limit": MOST_ROWS})
            rows = cursor.fetchall()
        _record("programmes.payment_list_exported", made, actor, now, purpose=what_for)
    commit_readings(
        [(row[6], "收款账号") for row in rows], purpose=what_for, actor=actor, post="", now=now
    )
    return [
        BankRow(row[0], row[1], row[2], sealing.unseal(SEALED, bytes(row[3]), row[4]), row[5])
        for row in rows
    ]


_ENTER = """
WITH given AS (
    SELECT g.id, g.paid, g.reason
    FROM unnest(%(ids)s::bigint[], %(paid)s::bool[], %(reasons)s::text[]) AS g (id, paid, reason)
), entered AS (
    INSERT INTO programmes_paymentfact
        (payment_id, kind, amount_fen, reason, at, recorded_by, recorded_by_name)
    SELECT p.id, CASE WHEN g.paid THEN 1 ELSE 2 END, CASE WHEN g.paid THEN p.amount_fen ELSE 0 END,
           g.reason, %(now)s, %(account)s, %(name)s
    FROM given g JOIN programmes_payment p ON p.id = g.id
    WHERE p.list_id = %(list)s AND NOT p.is_void
      AND (SELECT coalesce(sum(f.amount_fen), 0) FROM programmes_paymentfact f
           WHERE f.payment_id = p.id) = 0
    RETURNING payment_id, kind
)
SELECT a.worker_id, e.kind FROM entered e JOIN programmes_payment p ON p.id = e.payment_id
JOIN programmes_application a ON a.id = p.application_id
"""


@transaction.atomic
def enter_results(
    *, list_id: int, results: Sequence[Result], actor: Actor, now: datetime
) -> tuple[int, int]:
    """Enter what the bank says; return how many were paid and how many failed. Each is told.

    What is paid already stays as it is: the same file twice changes nothing the second time.
    """
    made = _for_update(list_id, permissions.EXPORT_PAYMENTS, actor)
    check_list_move(ListState(made.state), ListState.SENT)
    values: dict[str, Any] = {
        "list": list_id,
        "ids": [one.payment_id for one in results],
        "paid": [one.is_paid for one in results],
        "reasons": [one.reason for one in results],
        "now": now,
        "account": actor.account_id,
        "name": actor.name[:60],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, values)
        rows = cursor.fetchall()
    offer = Offer.objects.only("title", "money_fen").get(id=made.offer_id)
    paid = [row[0] for row in rows if row[1] == PaymentKind.PAID]
    failed = [row[0] for row in rows if row[1] == PaymentKind.FAILED]
    notify_many(
        worker_ids=paid,
        kind="programmes.paid",
        title=f"{format_yuan(offer.money_fen)}发给你了",
        body=f"“{offer.title}”的钱打到你填的账户了，一两天到账。没收到，打 12351。",
        url="/payments/mine/",
        now=now,
    )
    notify_many(
        worker_ids=failed,
        kind="programmes.payment_failed",
        title="钱没发成，看看账户",
        body=f"“{offer.title}”的钱银行退回来了。看看填的账户对不对，改好了会再发。",
        url="/payments/mine/",
        now=now,
    )
    _record("programmes.payment_results", made, actor, now, paid=len(paid), failed=len(failed))
    return len(paid), len(failed)


@transaction.atomic
def reverse_payment(*, payment_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take back what was entered as paid: the bank returned it, or it was entered by mistake.

    Raises ``Malformed`` payments.no_reason, ``Conflict`` payments.not_paid.
    """
    said = reason.strip()[:120]
    if len(said) < SHORTEST_REASON:
        raise Malformed("payments.no_reason", "写一下为什么冲回，比如“银行退票”。")
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None:
        raise NotFound()
    made = _for_update(payment.list_id, permissions.EXPORT_PAYMENTS, actor)
    facts = PaymentFact.objects.filter(payment=payment)
    if sum(facts.values_list("amount_fen", flat=True)) != payment.amount_fen:
        raise Conflict("payments.not_paid", "这一笔现在没有记成发了，不用冲回。")
    PaymentFact.objects.create(
        payment=payment,
        kind=PaymentKind.REVERSED,
        amount_fen=-payment.amount_fen,
        reason=said,
        at=now,
        recorded_by=actor.account_id,
        recorded_by_name=actor.name[:60],
    )
    _record("programmes.payment_reversed", made, actor, now, payment=payment_id)
    worker_id = payment.application.worker_id
    notify(
        kind="programmes.payment_reversed",
        title="有一笔钱冲回了",
        body=f"原来记成发给你的 {format_yuan(payment.amount_fen)}，记录冲回了：{said}。不清楚，打 12351。",
        url="/payments/mine/",
        worker_id=worker_id,
        now=now,
    )


def _for_update(list_id: int, right: str, actor: Actor) -> PaymentList:
    """Return the list, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    made = PaymentList.objects.select_for_update().filter(id=list_id).first()
    if made is None:
        raise NotFound()
    offer = Offer.objects.only("union_id").get(id=made.offer_id)
    permissions.check_payment(actor, right, path=get_union(offer.union_id).path)
    return made


def _record(kind: str, made: PaymentList, actor: Actor, now: datetime, **more: Any) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="payment_list",
        subject_id=made.id,
        union_id=Offer.objects.only("union_id").get(id=made.offer_id).union_id,
        data={"persons": made.persons, "total_fen": made.total_fen} | more,
    )
