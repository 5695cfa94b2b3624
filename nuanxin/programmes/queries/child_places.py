"""What is known before a child may have a place: consents, pick-up persons, days of the last session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.explaining import Explanation, explain
from nuanxin.eligibility.rules.given import read_given
from nuanxin.kernel.errors import NotFound
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.qualifying import bound_rule_of
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.states import OfferState, SaidBy


@dataclass(frozen=True, slots=True)
class CampAsked:
    """A camp of a published offer, and the guardian before it."""

    camp_id: int
    offer_id: int
    title: str
    state: OfferState
    opens_at: datetime
    closes_at: datetime
    confirm_hours: int
    rule_code: str
    starts_on: date
    union_id: int
    adcode: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class ChildAsked:
    """A child of the guardian's and the class that is asked for."""

    child_id: int
    hint: str
    person: Any
    born: date
    grade: int
    said_by: SaidBy | None
    pickups: int
    class_id: int
    class_label: str
    grade_from: int
    grade_to: int
    has_place: bool
    days: int
    attended: int


_CAMP = """
SELECT c.id, o.id, o.title, o.state, o.opens_at, o.closes_at, o.confirm_hours, o.rule_code,
       c.starts_on, u.id, u.adcode,
       EXISTS (SELECT 1 FROM membership_membership m WHERE m.worker_id = %(worker)s
               AND m.ended_on IS NULL AND m.retained_on IS NULL)
FROM programmes_offer o JOIN programmes_camp c ON c.offer_id = o.id
JOIN orgs_union u ON u.id = o.union_id
WHERE o.code = %(code)s AND o.state <> 1
"""
# The last session: the latest camp that is over and in which the child had a place.
_CHILDREN = """
SELECT k.id, k.name_hint, k.person, k.born, k.grade, s.said_by,
       (SELECT count(*) FROM programmes_pickupperson u
        WHERE u.child_id = k.id AND u.removed_at IS NULL),
       c.id, c.label, c.grade_from, c.grade_to,
       EXISTS (SELECT 1 FROM programmes_campplace p WHERE p.person = k.person
               AND p.season = %(season)s AND p.state IN (2, 3, 4)),
       coalesce(last.days, 0), coalesce(last.attended, 0)
FROM unnest(%(children)s::bigint[], %(classes)s::bigint[]) AS chosen (child, class)
JOIN programmes_child k ON k.id = chosen.child AND k.worker_id = %(worker)s AND k.erased_at IS NULL
JOIN programmes_campclass c ON c.id = chosen.class AND c.camp_id = %(camp)s
LEFT JOIN programmes_childconsent s
    ON s.child_id = k.id AND s.purpose = 1 AND s.withdrawn_at IS NULL
LEFT JOIN LATERAL (
    SELECT (SELECT count(*) FROM programmes_campday d WHERE d.camp_class_id = p.camp_class_id) AS days,
           (SELECT count(DISTINCT r.day) FROM programmes_camppresence r
            WHERE r.place_id = p.id AND r.kind = 1 AND NOT EXISTS (
                SELECT 1 FROM programmes_camppresence b WHERE b.takes_back_id = r.id)) AS attended
    FROM programmes_campplace p JOIN programmes_campclass q ON q.id = p.camp_class_id
    JOIN programmes_camp m ON m.id = q.camp_id
    WHERE p.person = k.person AND p.state = 4 AND m.ends_on < %(starts_on)s
    ORDER BY m.ends_on DESC LIMIT 1
) last ON true
ORDER BY k.id
"""


def get_camp_asked(code: str, *, worker_id: int) -> CampAsked:
    """Return the camp of a published offer as it stands before a guardian; raise ``NotFound``."""
    with connection.cursor() as cursor:
        cursor.execute(_CAMP, {"code": code, "worker": worker_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return CampAsked(row[0], row[1], row[2], OfferState(row[3]), *row[4:12])


def list_children_asked(
    camp: CampAsked, choices: Sequence[tuple[int, int]], *, worker_id: int
) -> list[ChildAsked]:
    """Return each chosen child with its class; raise ``NotFound`` when one is not the guardian's."""
    values: dict[str, Any] = {
        "children": [child for child, _ in choices],
        "classes": [chosen for _, chosen in choices],
        "worker": worker_id,
        "camp": camp.camp_id,
        "season": camp.starts_on.year,
        "starts_on": camp.starts_on,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHILDREN, values)
        rows = cursor.fetchall()
    if len(rows) != len(choices):
        raise NotFound()
    return [
        ChildAsked(r[0], r[1], r[2], r[3], r[4], SaidBy(r[5]) if r[5] else None, *r[6:14])
        for r in rows
    ]


def explain_child(
    rule_code: str, *, worker_id: int, age: int, agrees: bool, has_other: bool, on: date
) -> Explanation | None:
    """Return what the offer's rule says of a worker with this child; what is told here is not kept."""
    bound = bound_rule_of(rule_code, on)
    if bound is None:
        return None
    known, consents = get_known(worker_id, facts=[one.fact for one in bound.facts], on=on)
    told, agreed = read_given(
        {
            "facts": {
                "programmes.child_age": age,
                "programmes.guardian_agrees": agrees,
                "programmes.has_other_camp_place": has_other,
            },
            "consents": ["programmes.child_age", "programmes.guardian_agrees"],
        },
        CATALOGUE,
    )
    return explain(bound, {**known, **told}, consents=consents | agreed)
