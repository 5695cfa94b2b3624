"""A guardian consents on his phone, after a code to that very phone; from 14 the child itself does."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from nuanxin.access.actions.codes import check_code, phone_of_code
from nuanxin.access.states import CodePurpose
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.notices.actions import notify
from nuanxin.programmes.actions.camp_places import end_place, settle
from nuanxin.programmes.actions.children import own_child
from nuanxin.programmes.models import CampPlace, Child, ChildConsent, HealthNote
from nuanxin.programmes.models.camp_places import PLACE_LIVE
from nuanxin.programmes.rules.camp_texts import get_texts
from nuanxin.programmes.rules.camps import who_consents
from nuanxin.programmes.states import Care, ClaimState, SaidBy
from nuanxin.records.actions import append_event


def give_consents(
    *, child_id: int, cares: Collection[Care], version: str, said_by: SaidBy, code_id: int, code: str,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Consent for one's child to each purpose by itself, after a code to one's own phone.

    The code is tried in a transaction of its own (a wrong try counts). Raises ``NotFound``,
    ``Malformed`` for a wrong code or an unknown text, ``Conflict`` when the code is over, was sent to
    another phone, or somebody else has to consent.
    """
    own = Child.objects.filter(id=child_id, worker_id=actor.worker_id or 0, erased_at=None)
    if not own.exists():
        raise NotFound()
    if not cares:
        raise Malformed("programmes.no_consent_chosen", "勾上同意哪一项，再点。")
    _insist_on_own_phone(code_id, actor)
    check_code(code_id=code_id, code=code, purpose=CodePurpose.CONFIRM, now=now)
    record_consents(
        child_id=child_id, cares=cares, version=version, said_by=said_by, checked_at=now,
        actor=actor, now=now,
    )  # fmt: skip


@transaction.atomic
def record_consents(
    *, child_id: int, cares: Collection[Care], version: str, said_by: SaidBy, checked_at: datetime,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Keep consents whose giver was checked at ``checked_at``; the same version again changes nothing."""
    child = own_child(child_id, actor)
    try:
        texts = get_texts(version)
    except KeyError:
        raise Malformed("programmes.consent_text", "同意书换了新的，刷新一下再看。") from None
    assert child.born is not None
    today = business_day(now)
    age = int(parameter("programmes.camp_guardian_age", adcode=NATION, on=today).value)
    needed = who_consents(child.born, today, guardian_age=age)
    if said_by is not needed:
        raise Conflict(
            "programmes.who_consents",
            f"孩子未满 {age} 周岁，由监护人同意。"
            if needed is SaidBy.GUARDIAN
            else f"孩子满 {age} 周岁了，要他自己同意，您知情。",
        )
    for care in cares:
        live = ChildConsent.objects.filter(child=child, purpose=int(care), withdrawn_at=None)
        if live.filter(version=texts.version, said_by=int(said_by)).exists():
            continue
        live.update(withdrawn_at=now)
        ChildConsent.objects.create(
            child=child,
            purpose=int(care),
            version=texts.version,
            said_by=int(said_by),
            checked_at=checked_at,
            granted_at=now,
        )
        _record("programmes.child_consent_given", child.id, care, actor, now, said_by)
    if said_by is SaidBy.CHILD:
        notify(
            kind="programmes.child_consented",
            title="孩子自己同意了参加托管",
            body=f"{child.name_hint}满 {age} 周岁，自己看过同意书，点了同意。您觉得不合适，可以撤回。",
            url=f"/children/{child.id}/",
            worker_id=child.worker_id,
            now=now,
        )


@transaction.atomic
def withdraw_child_consent(*, child_id: int, care: Care, actor: Actor, now: datetime) -> None:
    """Withdraw one consent, with what hangs on it: the place of the camp, or the health note.

    Raises ``NotFound`` when there is no live one.
    """
    child = own_child(child_id, actor)
    changed = ChildConsent.objects.filter(child=child, purpose=int(care), withdrawn_at=None).update(
        withdrawn_at=now
    )
    if not changed:
        raise NotFound("programmes.no_child_consent", "这项同意没有给过，或者已经撤回了。")
    _record("programmes.child_consent_withdrawn", child.id, care, actor, now, None)
    if care in (Care.CARE, Care.HEALTH):
        HealthNote.objects.filter(place__child=child).delete()
    if care is not Care.CARE:
        return
    today = business_day(now)
    places = CampPlace.objects.filter(child=child, state__in=PLACE_LIVE)
    for place_id, camp_id in places.filter(camp_class__camp__ends_on__gte=today).values_list(
        "id", "camp_class__camp_id"
    ):
        if end_place(place_id, camp_id, ClaimState.WITHDRAWN, actor=actor, now=now):
            settle(camp_id, now=now)


def _insist_on_own_phone(code_id: int, actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_hash FROM people_worker WHERE id = %s", [actor.worker_id])
        row = cursor.fetchone()
    if row is None or row[0] is None or phone_of_code(code_id) != row[0]:
        raise Conflict(
            "programmes.code_elsewhere", "验证码不是发到您登记的手机上的。重新发一次，再填。"
        )


def _record(
    kind: str, child_id: int, care: Care, actor: Actor, now: datetime, said_by: SaidBy | None
) -> None:
    data = {"purpose": care.name.lower()}
    if said_by is not None:
        data["said_by"] = said_by.name.lower()
    append_event(kind, actor=actor, at=now, subject_type="child", subject_id=child_id, data=data)
