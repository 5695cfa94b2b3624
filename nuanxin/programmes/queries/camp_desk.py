"""Camps as officials see them: classes and adults, children by hint, approvals, the yearly audit."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes import permissions
from nuanxin.programmes.queries.camps import ClassRow, list_classes
from nuanxin.programmes.states import Care, ClaimState, StaffRole
from nuanxin.records.queries import count_readings

CAMPS_LIMIT = 50
STAFF_LIMIT = 200
CHILDREN_LIMIT = 200
AUDIT_CHILDREN_LIMIT = 200_000
READ_FIELDS = ("child_name", "child_health", "pickup_name", "pickup_phone")


@dataclass(frozen=True, slots=True)
class DeskCampRow:
    """An offer by class in the list; ``camp_id`` None: not set up yet."""

    offer_id: int
    title: str
    union_name: str
    camp_id: int | None
    starts_on: date | None
    ends_on: date | None
    classes: int
    size: int
    held: int
    waiting: int
    untold: int


@dataclass(frozen=True, slots=True)
class DeskStaffRow:
    """Somebody who cares for children, with the classes that he is assigned to."""

    id: int
    name: str
    role: StaffRole
    union_name: str
    checked_on: date | None
    check_number: str
    trained_on: date | None
    signs_in: bool
    classes: str
    has_left: bool


@dataclass(frozen=True, slots=True)
class AssignedRow:
    """Somebody in a class."""

    id: int
    class_id: int
    name: str
    role: StaffRole
    checked_on: date | None


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Somebody asked to read the children of a camp."""

    id: int
    purpose: str
    asked_at: datetime
    asked_by: Any
    asked_by_name: str
    decided_at: datetime | None
    decided_by_name: str
    is_approved: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class HarmRow:
    """A report of harm: who was told when; what it says is read apart."""

    id: int
    class_label: str
    noticed_at: datetime
    recorded_by_name: str
    police_told_at: datetime | None
    civil_told_at: datetime | None
    education_told_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskCamp:
    """One camp for the desk."""

    row: DeskCampRow
    code: str
    union_id: int
    union_path: str
    adcode: int
    insurance: str
    erase_on: date | None
    classes: tuple[ClassRow, ...]
    assigned: tuple[AssignedRow, ...]
    may_manage: bool
    may_ask: bool
    may_approve: bool


@dataclass(frozen=True, slots=True)
class DeskChildRow:
    """A child in a class, by hint."""

    place_id: int
    class_label: str
    hint: str
    grade: int
    state: ClaimState
    attended: int
    days: int
    has_note: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """What the yearly report says of children's data in camps below some unions."""

    year: int
    under_14: int
    from_14: int
    consents: tuple[tuple[Care, int, int], ...]
    readings: tuple[tuple[str, int, int, int], ...]
    accesses: tuple[int, int]
    erased: int
    staff_expired: int
    harm_reports: int
    harm_untold: int


_ROW = """
SELECT o.id, o.title, u.name, m.id, m.starts_on, m.ends_on, count(DISTINCT c.id),
       coalesce((SELECT sum(d.size) FROM programmes_campclass d WHERE d.camp_id = m.id), 0),
       count(p.id) FILTER (WHERE p.state IN (3, 4)), count(p.id) FILTER (WHERE p.state = 2),
       (SELECT count(*) FROM programmes_harmreport h
        JOIN programmes_campclass d ON d.id = h.camp_class_id
        WHERE d.camp_id = m.id AND (h.police_told_at IS NULL OR h.civil_told_at IS NULL
                                    OR h.education_told_at IS NULL))
"""
_FROM = """
FROM programmes_offer o JOIN orgs_union u ON u.id = o.union_id
LEFT JOIN programmes_camp m ON m.offer_id = o.id
LEFT JOIN programmes_campclass c ON c.camp_id = m.id
LEFT JOIN programmes_campplace p ON p.camp_class_id = c.id AND p.state IN (2, 3, 4)
"""
_IN_SCOPE = "EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) q WHERE starts_with(u.path, q))"
_LIST = f"""
{_ROW} {_FROM} WHERE o.way = 6 AND o.state <> 5 AND {_IN_SCOPE}
  AND (%(after)s::bigint IS NULL OR o.id < %(after)s)
GROUP BY o.id, u.id, m.id ORDER BY o.id DESC LIMIT %(limit)s
"""
_ONE = f"""
{_ROW}, o.code, u.id, u.path, u.adcode, coalesce(m.insurance, ''), m.erase_on
{_FROM} WHERE o.way = 6 AND o.id = %(offer)s GROUP BY o.id, u.id, m.id
"""
_ASSIGNED = """
SELECT a.id, a.camp_class_id, s.name, s.role, s.checked_on
FROM programmes_campassignment a JOIN programmes_campstaff s ON s.id = a.staff_id
JOIN programmes_campclass c ON c.id = a.camp_class_id
WHERE c.camp_id = %(camp)s AND a.ended_at IS NULL ORDER BY c.ordinal, s.role, s.id LIMIT 480
"""
_STAFF = f"""
SELECT s.id, s.name, s.role, u.name, s.checked_on, s.check_number, s.trained_on,
       s.worker_id IS NOT NULL,
       (SELECT coalesce(string_agg(c.label, '、' ORDER BY c.id), '')
        FROM programmes_campassignment a JOIN programmes_campclass c ON c.id = a.camp_class_id
        JOIN programmes_camp m ON m.id = c.camp_id
        WHERE a.staff_id = s.id AND a.ended_at IS NULL AND m.ends_on >= %(today)s),
       s.left_on IS NOT NULL
FROM programmes_campstaff s JOIN orgs_union u ON u.id = s.union_id
WHERE {_IN_SCOPE} AND (%(staff)s::bigint IS NULL OR s.id = %(staff)s)
ORDER BY s.left_on IS NOT NULL, s.checked_on NULLS FIRST, s.id LIMIT %(limit)s
"""
_CHILDREN = """
SELECT p.id, c.label, k.name_hint, k.grade, p.state,
       (SELECT count(DISTINCT r.day) FROM programmes_camppresence r
        WHERE r.place_id = p.id AND r.kind = 1 AND NOT EXISTS (
            SELECT 1 FROM programmes_camppresence b WHERE b.takes_back_id = r.id)),
       (SELECT count(*) FROM programmes_campday d WHERE d.camp_class_id = c.id),
       EXISTS (SELECT 1 FROM programmes_healthnote n WHERE n.place_id = p.id)
FROM programmes_campplace p JOIN programmes_campclass c ON c.id = p.camp_class_id
JOIN programmes_child k ON k.id = p.child_id
WHERE c.camp_id = %(camp)s AND p.state IN (2, 3, 4) ORDER BY c.ordinal, p.state DESC, p.id LIMIT %(limit)s
"""
_ACCESSES = """
SELECT id, purpose, asked_at, asked_by, asked_by_name, decided_at, decided_by_name, is_approved, until
FROM programmes_childaccess WHERE camp_id = %(camp)s ORDER BY id DESC LIMIT 20
"""
_HARM = """
SELECT h.id, c.label, h.noticed_at, h.recorded_by_name, h.police_told_at, h.civil_told_at,
       h.education_told_at
FROM programmes_harmreport h JOIN programmes_campclass c ON c.id = h.camp_class_id
WHERE c.camp_id = %(camp)s ORDER BY h.id DESC LIMIT 50
"""


def list_desk_camps(
    *, actor: Actor, after: int | None = None
) -> tuple[list[DeskCampRow], int | None]:
    """Return the camps below the actor's unions, the latest first, and where the next page begins."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.CAMP_VIEW)),
        "after": after,
        "limit": CAMPS_LIMIT + 1,
    }
    rows = [DeskCampRow(*row) for row in fetch_all(_LIST, values)]
    return rows[:CAMPS_LIMIT], rows[CAMPS_LIMIT - 1].offer_id if len(rows) > CAMPS_LIMIT else None


def get_desk_camp(offer_id: int, *, actor: Actor) -> DeskCamp:
    """Return an offer by class in the actor's scope, with its camp when it is set up; ``NotFound``."""
    rows = fetch_all(_ONE, {"offer": offer_id})
    if not rows:
        raise NotFound()
    r = rows[0]
    row, path = DeskCampRow(*r[:11]), str(r[13])
    permissions.check_can_view_camp(actor, path=path)
    camp = row.camp_id
    assigned = fetch_all(_ASSIGNED, {"camp": camp}) if camp else []
    return DeskCamp(
        row=row,
        code=r[11],
        union_id=r[12],
        union_path=path,
        adcode=r[14],
        insurance=r[15],
        erase_on=r[16],
        classes=tuple(list_classes(camp)) if camp else (),
        assigned=tuple(AssignedRow(a[0], a[1], a[2], StaffRole(a[3]), a[4]) for a in assigned),
        may_manage=policy.may(actor, permissions.CAMP_MANAGE, path=path),
        may_ask=policy.may(actor, permissions.CAMP_CHILDREN, path=path),
        may_approve=policy.may(actor, permissions.CAMP_APPROVE, path=path),
    )


def list_desk_staff(*, actor: Actor, now: datetime) -> list[DeskStaffRow]:
    """Return who cares for children below the actor's unions, those without a check first."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.CAMP_VIEW)),
        "today": business_day(now),
        "staff": None,
        "limit": STAFF_LIMIT,
    }
    return [DeskStaffRow(r[0], r[1], StaffRole(r[2]), *r[3:10]) for r in fetch_all(_STAFF, values)]


def list_desk_children(camp_id: int) -> list[DeskChildRow]:
    """Return the children of a camp by hint; the caller has checked the scope."""
    rows = fetch_all(_CHILDREN, {"camp": camp_id, "limit": CHILDREN_LIMIT})
    return [DeskChildRow(r[0], r[1], r[2], r[3], ClaimState(r[4]), *r[5:8]) for r in rows]


def list_accesses(camp_id: int) -> list[AccessRow]:
    """Return who asked to read the children of a camp, the latest first."""
    return [AccessRow(*row) for row in fetch_all(_ACCESSES, {"camp": camp_id})]


def list_harm_reports(camp_id: int) -> list[HarmRow]:
    """Return the reports of harm of a camp, the latest first."""
    return [HarmRow(*row) for row in fetch_all(_HARM, {"camp": camp_id})]


_SCOPED = f"""
FROM programmes_campplace p JOIN programmes_campclass c ON c.id = p.camp_class_id
JOIN programmes_camp m ON m.id = c.camp_id JOIN programmes_offer o ON o.id = m.offer_id
JOIN orgs_union u ON u.id = o.union_id JOIN programmes_child k ON k.id = p.child_id
WHERE {_IN_SCOPE} AND p.applied_at >= %(since)s AND p.applied_at < %(until)s
"""
# Who is under 14 on the day he was put down; somebody erased is counted where the consent was asked.
_AGES = f"""
SELECT count(*) FILTER (WHERE young), count(*) FILTER (WHERE NOT young),
       count(*) FILTER (WHERE gone) FROM (
    SELECT k.id, bool_or(coalesce(k.born + interval '14 years 1 month' > p.applied_at,
               EXISTS (SELECT 1 FROM programmes_childconsent s
                       WHERE s.child_id = k.id AND s.purpose = 1 AND s.said_by = 1))) AS young,
           bool_or(k.erased_at IS NOT NULL) AS gone
    {_SCOPED} GROUP BY k.id) children
"""
_CONSENTS = f"""
SELECT s.purpose, count(*), count(s.withdrawn_at) FROM programmes_childconsent s
WHERE s.child_id IN (SELECT k.id {_SCOPED}) AND s.granted_at < %(until)s
GROUP BY s.purpose ORDER BY s.purpose
"""
_REST = f"""
SELECT (SELECT count(*) FROM programmes_childaccess a JOIN programmes_camp m ON m.id = a.camp_id
        JOIN programmes_offer o ON o.id = m.offer_id JOIN orgs_union u ON u.id = o.union_id
        WHERE {_IN_SCOPE} AND a.asked_at >= %(since)s AND a.asked_at < %(until)s),
       (SELECT count(*) FROM programmes_childaccess a JOIN programmes_camp m ON m.id = a.camp_id
        JOIN programmes_offer o ON o.id = m.offer_id JOIN orgs_union u ON u.id = o.union_id
        WHERE {_IN_SCOPE} AND a.is_approved AND a.asked_at >= %(since)s AND a.asked_at < %(until)s),
       (SELECT count(*) FROM programmes_campstaff s JOIN orgs_union u ON u.id = s.union_id
        WHERE {_IN_SCOPE} AND s.left_on IS NULL
          AND (s.checked_on IS NULL OR s.checked_on + interval '1 year' < %(today)s)),
       (SELECT count(*) {{harm}}),
       (SELECT count(*) {{harm}} AND (h.police_told_at IS NULL OR h.civil_told_at IS NULL
                                      OR h.education_told_at IS NULL))
"""
_HARM_SCOPED = f"""FROM programmes_harmreport h
        JOIN programmes_campclass c ON c.id = h.camp_class_id
        JOIN programmes_camp m ON m.id = c.camp_id JOIN programmes_offer o ON o.id = m.offer_id
        JOIN orgs_union u ON u.id = o.union_id
        WHERE {_IN_SCOPE} AND h.recorded_at >= %(since)s AND h.recorded_at < %(until)s"""


def get_audit(year: int, *, actor: Actor, now: datetime) -> Audit:
    """Return the year's account of children's data in the actor's scope, derived from the rows."""
    values: dict[str, Any] = {
        "paths": list(policy.scope_paths(actor, permissions.CAMP_VIEW)),
        "since": day_start(date(year, 1, 1)),
        "until": day_start(date(year + 1, 1, 1)),
        "today": business_day(now),
        "limit": AUDIT_CHILDREN_LIMIT,
    }
    young, older, erased = fetch_all(_AGES, values)[0]
    guardians = fetch_all(f"SELECT DISTINCT k.worker_id {_SCOPED} LIMIT %(limit)s", values)
    readings = count_readings(
        worker_ids=[int(row[0]) for row in guardians], fields=READ_FIELDS, since=values["since"],
        until=values["until"],
    )  # fmt: skip
    rest = fetch_all(_REST.format(harm=_HARM_SCOPED), values)[0]
    return Audit(
        year=year,
        under_14=young,
        from_14=older,
        consents=tuple((Care(r[0]), r[1], r[2]) for r in fetch_all(_CONSENTS, values)),
        readings=tuple(readings),
        accesses=(rest[0], rest[1]),
        erased=erased,
        staff_expired=rest[2],
        harm_reports=rest[3],
        harm_untold=rest[4],
    )
