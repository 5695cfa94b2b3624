"""A day of a class as its keepers see it, and as a guardian sees his own child's."""

from dataclasses import dataclass
from datetime import date, datetime, time

from nuanxin.kernel import sealing
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.states import StaffRole

CODE_DIGITS = 6
CLASS_LIMIT = 100


@dataclass(frozen=True, slots=True)
class KeeperClass:
    """A class that somebody cares for."""

    id: int
    camp_id: int
    title: str
    label: str
    place: str
    opens_at: time
    closes_at: time
    starts_on: date
    ends_on: date
    adcode: int
    union_id: int
    tutors: int
    volunteers: int
    is_open: bool
    children: int


@dataclass(frozen=True, slots=True)
class Present:
    """A child of a class on a day; ``number`` is its place in the list. Names are elsewhere."""

    number: int
    place_id: int
    child_id: int
    hint: str
    grade: int
    has_note: bool
    arrived_at: datetime | None
    arrival_id: int | None
    is_absent: bool
    handed_at: datetime | None
    handed_id: int | None
    handed_to: str


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody assigned to a class."""

    id: int
    assignment_id: int
    name: str
    role: StaffRole
    checked_on: date | None
    trained_on: date | None


@dataclass(frozen=True, slots=True)
class PickupRow:
    """Somebody who may take a child home: by hint."""

    id: int
    relation: str
    hint: str


_KEPT = """
SELECT c.id, m.id, o.title, c.label, c.place, c.opens_at, c.closes_at, m.starts_on, m.ends_on,
       u.adcode, u.id, c.tutors, c.volunteers,
       EXISTS (SELECT 1 FROM programmes_campday d WHERE d.camp_class_id = c.id AND d.day = %(today)s),
       (SELECT count(*) FROM programmes_campplace p WHERE p.camp_class_id = c.id AND p.state = 4)
FROM programmes_campstaff s
JOIN programmes_campassignment a ON a.staff_id = s.id AND a.ended_at IS NULL
JOIN programmes_campclass c ON c.id = a.camp_class_id
JOIN programmes_camp m ON m.id = c.camp_id
JOIN programmes_offer o ON o.id = m.offer_id
JOIN orgs_union u ON u.id = o.union_id
WHERE s.worker_id = %(worker)s AND s.left_on IS NULL AND m.ends_on >= %(today)s
  AND s.checked_on + interval '1 year' >= %(today)s
  AND (%(class)s::bigint IS NULL OR c.id = %(class)s)
ORDER BY m.starts_on, c.id LIMIT 50
"""
_DAY = """
SELECT row_number() OVER (ORDER BY p.id), p.id, k.id, k.name_hint, k.grade,
       EXISTS (SELECT 1 FROM programmes_healthnote n WHERE n.place_id = p.id),
       arrived.at, arrived.id, absent.id IS NOT NULL, handed.at, handed.id,
       coalesce(u.relation || u.hint, '')
FROM programmes_campplace p JOIN programmes_child k ON k.id = p.child_id
LEFT JOIN LATERAL ({latest}) arrived ON true
LEFT JOIN LATERAL ({absent}) absent ON true
LEFT JOIN LATERAL ({handed}) handed ON true
LEFT JOIN programmes_pickupperson u ON u.id = handed.pickup_id
WHERE p.camp_class_id = %(class)s AND p.state = 4
ORDER BY p.id LIMIT %(limit)s
"""
_OF_KIND = """
    SELECT r.id, r.at, r.pickup_id FROM programmes_camppresence r
    WHERE r.place_id = p.id AND r.day = %(day)s AND r.kind = {kind}
      AND NOT EXISTS (SELECT 1 FROM programmes_camppresence b WHERE b.takes_back_id = r.id)
    LIMIT 1
"""
_DAY = _DAY.format(
    latest=_OF_KIND.format(kind=1), absent=_OF_KIND.format(kind=3), handed=_OF_KIND.format(kind=2)
)
_STAFF = """
SELECT s.id, a.id, s.name, s.role, s.checked_on, s.trained_on
FROM programmes_campassignment a JOIN programmes_campstaff s ON s.id = a.staff_id
WHERE a.camp_class_id = %(class)s AND a.ended_at IS NULL AND s.left_on IS NULL
ORDER BY s.role, s.id LIMIT 20
"""


def list_kept_classes(worker_id: int, *, today: date) -> list[KeeperClass]:
    """Return the classes that somebody cares for now or soon: a check in date is needed for it."""
    return _kept(worker_id, today, None)


def get_kept_class(class_id: int, *, worker_id: int, today: date) -> KeeperClass:
    """Return a class that somebody cares for; raise ``NotFound``."""
    rows = _kept(worker_id, today, class_id)
    if not rows:
        raise NotFound()
    return rows[0]


def _kept(worker_id: int, today: date, class_id: int | None) -> list[KeeperClass]:
    values = {"worker": worker_id, "today": today, "class": class_id}
    return [KeeperClass(*row) for row in fetch_all(_KEPT, values)]


def list_day(class_id: int, *, day: date) -> list[Present]:
    """Return the children who have a place in a class, with what was recorded of the day."""
    return [
        Present(*row)
        for row in fetch_all(_DAY, {"class": class_id, "day": day, "limit": CLASS_LIMIT})
    ]


def list_class_staff(class_id: int) -> list[StaffRow]:
    """Return who is assigned to a class."""
    rows = fetch_all(_STAFF, {"class": class_id})
    return [StaffRow(r[0], r[1], r[2], StaffRole(r[3]), r[4], r[5]) for r in rows]


def list_pickups(child_id: int) -> list[PickupRow]:
    """Return who may take a child home, by hint."""
    rows = fetch_all(
        "SELECT id, relation, hint FROM programmes_pickupperson"
        " WHERE child_id = %(child)s AND removed_at IS NULL ORDER BY slot LIMIT 9",
        {"child": child_id},
    )
    return [PickupRow(*row) for row in rows]


def pickup_code(place_id: int, day: date) -> str:
    """Return the six digits of one child and one day: a keyed hash, stored nowhere."""
    found = sealing.lookup_hash("camp_pickup", f"{place_id}|{day.isoformat()}")
    return f"{found.int % 10**CODE_DIGITS:0{CODE_DIGITS}}"
