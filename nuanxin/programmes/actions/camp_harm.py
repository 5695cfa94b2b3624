"""Suspected harm to a child: told to police, civil affairs and education at once, and recorded (a.11)."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.camp_days import keeper_class
from nuanxin.programmes.models import HarmReport
from nuanxin.records.actions import append_event

HARM = "harm_report"
LONGEST = 1_000


class Authority(StrEnum):
    """Who is told."""

    POLICE = "police"
    CIVIL = "civil"
    EDUCATION = "education"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"police": "公安机关", "civil": "民政部门", "education": "教育部门"}[self.value]


@transaction.atomic
def record_harm(
    *, class_id: int, noticed_at: datetime, what: str, told: Collection[Authority], actor: Actor,
    now: datetime,
) -> HarmReport:  # fmt: skip
    """Keep what a keeper noticed and whom he has told; sealed, and never changed.

    Raises ``NotFound``, ``Malformed``.
    """
    room = keeper_class(class_id, actor, now)
    said = " ".join(what.split())[:LONGEST]
    if len(said) < 4:
        raise Malformed("programmes.harm_what", "写下看到、听到了什么，哪个孩子。")
    if noticed_at > now:
        raise Malformed("programmes.harm_when", "发现的时间要在现在以前。")
    bound = uuid7()
    report = HarmReport.objects.create(
        camp_class_id=class_id,
        noticed_at=noticed_at,
        bound_to=bound,
        what_sealed=sealing.seal(HARM, said, bound),
        police_told_at=now if Authority.POLICE in told else None,
        civil_told_at=now if Authority.CIVIL in told else None,
        education_told_at=now if Authority.EDUCATION in told else None,
        recorded_at=now,
        recorded_by=actor.account_id,
        recorded_by_name=actor.name[:60],
    )
    _record("programmes.harm_recorded", report, room.union_id, actor, now)
    return report


@transaction.atomic
def tell_authority(*, report_id: int, authority: Authority, actor: Actor, now: datetime) -> None:
    """Note at the desk that an authority was told; the first time stands. Raises ``NotFound``."""
    report, union_id = _report(report_id, actor)
    field = f"{authority.value}_told_at"
    if getattr(report, field) is None:
        setattr(report, field, now)
        report.save(update_fields=[field])
        _record("programmes.harm_told", report, union_id, actor, now)


def read_harm(*, report_id: int, actor: Actor, now: datetime) -> str:
    """Return what was noticed, to an officer who may approve readings; that he read it is recorded."""
    report, union_id = _report(report_id, actor)
    with transaction.atomic():
        _record("programmes.harm_read", report, union_id, actor, now)
    return sealing.unseal(HARM, bytes(report.what_sealed), report.bound_to)


def _report(report_id: int, actor: Actor) -> tuple[HarmReport, int]:
    report = (
        HarmReport.objects.select_related("camp_class__camp__offer__union")
        .filter(id=report_id)
        .first()
    )
    if report is None:
        raise NotFound()
    union = report.camp_class.camp.offer.union
    permissions.check_can_approve_reading(actor, path=union.path)
    return report, union.id


def _record(kind: str, report: HarmReport, union_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="harm_report", subject_id=report.id,
        union_id=union_id,
    )  # fmt: skip
