"""What becomes of a scan at the door, of a booking that is changed, of attendance: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Decision
from nuanxin.people.states import ContactKind
from nuanxin.programmes.rules.attendance import AttendanceSource, Attended, ScanOutcome
from nuanxin.programmes.states import Kind


@dataclass(frozen=True, slots=True)
class When:
    """The hours of a session."""

    starts_at: datetime
    ends_at: datetime
    late_minutes: int

    def holds(self, day: date) -> bool:
        """Return whether the session is on this day."""
        return business_day(self.starts_at) <= day <= business_day(self.ends_at)

    def kind_of_arrival(self, at: datetime) -> Attended:
        """Return present, or late from ``late_minutes`` after the beginning on."""
        is_late = at > self.starts_at + timedelta(minutes=self.late_minutes)
        return Attended.LATE if is_late else Attended.PRESENT


@dataclass(frozen=True, slots=True)
class Standing:
    """The attendance in force of a booking; ``row_id`` is None for one that is not written yet."""

    kind: Attended
    arrived_at: datetime | None
    source: AttendanceSource
    round: int = 0
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a scan: how it is kept, and the attendance to write (None: none).

    ``reason`` is set where what stood is to be reversed first.
    """

    outcome: ScanOutcome
    kind: Attended | None = None
    reason: str = ""


def judge_scan(
    *, scanned_at: datetime, when: When, cancelled_at: datetime | None, standing: Standing | None
) -> Judged:
    """Return what becomes of a scan of a booking of this session.

    Who came is counted once, whatever was shown how often on how many devices; the earlier arrival
    counts; a booking that was cancelled before the scan does not, one cancelled later does; absence
    that was only noted at the closing gives way to a scan that comes late; an officer's word does not.
    """
    if not when.holds(business_day(scanned_at)):
        return Judged(ScanOutcome.OTHER_DAY)
    if cancelled_at is not None and cancelled_at <= scanned_at:
        return Judged(ScanOutcome.CANCELLED)
    kind = when.kind_of_arrival(scanned_at)
    if standing is None:
        return Judged(ScanOutcome.TAKEN, kind)
    if standing.source is AttendanceSource.OFFICER:
        return Judged(ScanOutcome.SETTLED)
    if not standing.kind.was_there:
        return Judged(ScanOutcome.TAKEN, kind, "结场以后收到了离线的签到")
    if standing.arrived_at is not None and scanned_at < standing.arrived_at:
        if kind is standing.kind:
            return Judged(ScanOutcome.EARLIER)
        return Judged(ScanOutcome.EARLIER, kind, "另一台设备更早扫到")
    return Judged(ScanOutcome.AGAIN)


def may_change(*, change_until: datetime, now: datetime) -> Decision:
    """Return whether a person may still change his session himself."""
    if now >= change_until:
        return Decision.no(
            "programmes.too_late_to_change",
            "过了自己能改的时间。来不了，就在预约页上请假，两下就行。",
        )
    return Decision.yes("programmes.may_change")


CONTACT_KINDS = {
    Kind.EXAM: ContactKind.CHECK_UP,
    Kind.TRAINING: ContactKind.TRAINED,
    Kind.DEGREE: ContactKind.TRAINED,
    Kind.PHYSICAL: ContactKind.TRAINED,
    Kind.GIFT: ContactKind.CONDOLENCE,
    Kind.AID: ContactKind.AIDED,
    Kind.LEGAL: ContactKind.LEGAL_AID,
}
"""As what a service counts that somebody came for; 其他服务 for the rest."""


def contact_kind(kind: Kind) -> ContactKind:
    """Return as what coming to a session of this kind of programme counts."""
    return CONTACT_KINDS.get(kind, ContactKind.OTHER_SERVICE)
