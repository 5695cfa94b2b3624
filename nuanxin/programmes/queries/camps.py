"""A camp as guardians see it, one's own children, and counts for figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.states import (
    Care,
    ClaimState,
    Guardianship,
    OfferState,
    SaidBy,
    grade_label,
)

CLASSES_LIMIT = 40
CHILDREN_LIMIT = 6


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class with what is left of it."""

    id: int
    label: str
    place: str
    opens_at: time
    closes_at: time
    grade_from: int
    grade_to: int
    size: int
    tutors: int
    volunteers: int
    left: int
    waiting: int

    def takes(self, grade: int) -> bool:
        """Return whether a child of this grade may be in the class."""
        return self.grade_from <= grade <= self.grade_to


@dataclass(frozen=True, slots=True)
class CampView:
    """A camp of a published offer."""

    id: int
    code: str
    title: str
    state: OfferState
    opens_at: datetime
    closes_at: datetime
    confirm_hours: int
    starts_on: date
    ends_on: date
    insurance: str
    erase_on: date
    union_name: str
    classes: tuple[ClassRow, ...]

    def is_open(self, now: datetime) -> bool:
        """Return whether one can apply at ``now``."""
        return self.state is OfferState.OPEN and self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class MyPlace:
    """A child's live place, with what was recorded of today."""

    id: int
    camp_id: int
    code: str
    title: str
    class_label: str
    where: str
    opens_at: time
    closes_at: time
    starts_on: date
    ends_on: date
    state: ClaimState
    line: int
    keep_until: datetime | None
    arrived_at: datetime | None
    handed_at: datetime | None
    has_note: bool

    def is_on(self, day: date) -> bool:
        """Return whether the camp runs on this day."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True)
class MyChild:
    """A child as its guardian sees it: by hint, what is agreed to, who picks up, its place."""

    id: int
    hint: str
    born: date
    grade: int
    relation: Guardianship
    consents: dict[Care, SaidBy]
    pickups: int
    place: MyPlace | None


_CAMP = """
SELECT m.id, o.code, o.title, o.state, o.opens_at, o.closes_at, o.confirm_hours, m.starts_on,
       m.ends_on, m.insurance, m.erase_on, u.name
FROM programmes_camp m JOIN programmes_offer o ON o.id = m.offer_id
JOIN orgs_union u ON u.id = o.union_id
WHERE o.code = %(code)s AND o.state <> 1
"""
_CLASSES = """
SELECT c.id, c.label, c.place, c.opens_at, c.closes_at, c.grade_from, c.grade_to, c.size,
       c.tutors, c.volunteers, c.size - count(p.id) FILTER (WHERE p.state IN (3, 4)), count(p.id) FILTER (WHERE p.state = 2)
FROM programmes_campclass c
LEFT JOIN programmes_campplace p ON p.camp_class_id = c.id AND p.state IN (2, 3, 4)
WHERE c.camp_id = %(camp)s GROUP BY c.id ORDER BY c.ordinal LIMIT %(limit)s
"""
_MINE = """
SELECT k.id, k.name_hint, k.born, k.grade, k.relation,
       ARRAY(SELECT s.purpose FROM programmes_childconsent s
             WHERE s.child_id = k.id AND s.withdrawn_at IS NULL ORDER BY s.purpose),
       ARRAY(SELECT s.said_by FROM programmes_childconsent s
             WHERE s.child_id = k.id AND s.withdrawn_at IS NULL ORDER BY s.purpose),
       (SELECT count(*) FROM programmes_pickupperson u
        WHERE u.child_id = k.id AND u.removed_at IS NULL),
       p.id, m.id, o.code, o.title, c.label, c.place, c.opens_at, c.closes_at, m.starts_on, m.ends_on,
       p.state,
       CASE WHEN p.state = 2 THEN (SELECT count(*) FROM programmes_campplace q
            WHERE q.camp_class_id = p.camp_class_id AND q.state = 2 AND q.id <= p.id) ELSE 0 END,
       p.keep_until, {arrived}, {handed},
       EXISTS (SELECT 1 FROM programmes_healthnote n WHERE n.place_id = p.id)
FROM programmes_child k
LEFT JOIN LATERAL (
    SELECT q.* FROM programmes_campplace q
    JOIN programmes_campclass d ON d.id = q.camp_class_id JOIN programmes_camp e ON e.id = d.camp_id
    WHERE q.child_id = k.id AND q.state IN (2, 3, 4) AND e.ends_on >= %(today)s
    ORDER BY e.starts_on LIMIT 1) p ON true
LEFT JOIN programmes_campclass c ON c.id = p.camp_class_id
LEFT JOIN programmes_camp m ON m.id = c.camp_id
LEFT JOIN programmes_offer o ON o.id = m.offer_id
WHERE k.worker_id = %(worker)s AND k.erased_at IS NULL
  AND (%(child)s::bigint IS NULL OR k.id = %(child)s)
ORDER BY k.id LIMIT %(limit)s
"""
_TODAY = """(SELECT max(r.at) FROM programmes_camppresence r
    WHERE r.place_id = p.id AND r.day = %(today)s AND r.kind = {kind} AND NOT EXISTS (
        SELECT 1 FROM programmes_camppresence b WHERE b.takes_back_id = r.id))"""
_MINE = _MINE.format(arrived=_TODAY.format(kind=1), handed=_TODAY.format(kind=2))


def get_camp(code: str) -> CampView:
    """Return the camp of a published offer with its classes; raise ``NotFound``."""
    rows = fetch_all(_CAMP, {"code": code})
    if not rows:
        raise NotFound()
    r = rows[0]
    classes = list_classes(r[0])
    state = OfferState(r[3])
    return CampView(*[*r[:3], state, *r[4:12], tuple(classes)])


def has_camp(code: str) -> bool:
    """Return whether an offer has its camp set up."""
    return bool(fetch_all(_CAMP, {"code": code}))


def list_classes(camp_id: int) -> list[ClassRow]:
    """Return the classes of a camp with what is left."""
    rows = fetch_all(_CLASSES, {"camp": camp_id, "limit": CLASSES_LIMIT})
    return [ClassRow(*row) for row in rows]


def list_my_children(worker_id: int, *, today: date) -> list[MyChild]:
    """Return somebody's children with consents and the place that each holds or waits for."""
    return _children(worker_id, None, today)


def get_my_child(child_id: int, *, worker_id: int, today: date) -> MyChild:
    """Return one of somebody's children; raise ``NotFound``."""
    rows = _children(worker_id, child_id, today)
    if not rows:
        raise NotFound()
    return rows[0]


def _children(worker_id: int, child_id: int | None, today: date) -> list[MyChild]:
    values = {"worker": worker_id, "child": child_id, "today": today, "limit": CHILDREN_LIMIT}
    return [_child(row) for row in fetch_all(_MINE, values)]


def _child(r: Any) -> MyChild:
    said = {Care(care): SaidBy(by) for care, by in zip(r[5], r[6], strict=True)}
    place = None
    if r[8] is not None:
        place = MyPlace(*[*r[8:18], ClaimState(r[18]), *r[19:24]])
    return MyChild(r[0], r[1], r[2], r[3], Guardianship(r[4]), said, int(r[7]), place)


_OWN_DATA = """
SELECT k.name_hint, k.born, k.grade, k.recorded_at,
       (SELECT count(*) FROM programmes_pickupperson u
        WHERE u.child_id = k.id AND u.removed_at IS NULL),
       (SELECT count(*) FROM programmes_childconsent s
        WHERE s.child_id = k.id AND s.withdrawn_at IS NULL)
FROM programmes_child k WHERE k.worker_id = ANY (%(workers)s) AND k.erased_at IS NULL
ORDER BY k.id LIMIT 50
"""
CHILD_LABELS = {
    "called": "孩子",
    "born": "出生年月",
    "grade": "年级",
    "recorded_at": "登记时间",
    "pickups": "接送人",
    "consents": "同意的项数",
}


def own_children_data(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return what is kept of somebody's children, for 我的资料: by hint, names stay sealed."""
    return [
        {
            "called": row[0],
            "born": f"{row[1]:%Y-%m}",
            "grade": grade_label(row[2]),
            "recorded_at": row[3].isoformat(),
            "pickups": row[4],
            "consents": row[5],
        }
        for row in fetch_all(_OWN_DATA, {"workers": list(record_ids)})
    ]
