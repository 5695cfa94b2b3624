"""Selections of the most beautiful stations: lists of the desk and of everybody, candidates with marks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.kernel import policy, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.stations import permissions
from nuanxin.stations.queries.hours_kept import hours_kept
from nuanxin.stations.queries.in_use import Where
from nuanxin.stations.rules.selection import Candidate
from nuanxin.stations.states import Standing
from nuanxin.stations.states.inspections import ObjectionOutcome, SelectionState, Verdict

LIST_LIMIT = 50
LINES_LIMIT = 2_000
A_YEAR = timedelta(days=366)
_SEALED = "selection_objection"


@dataclass(frozen=True, slots=True)
class SelectionRow:
    """A selection in a list, or by itself."""

    id: int
    code: str
    title: str
    year: int
    places: int
    state: SelectionState
    union_id: int
    union_name: str
    union_path: str
    nominate_until: date
    publicity_until: datetime | None
    decided_at: datetime | None
    nominated: int


@dataclass(frozen=True, slots=True)
class NominationRow:
    """A nominated station; rank, total in permille and proof once it was ranked."""

    id: int
    station_code: str
    station_name: str
    adcode: int
    union_name: str
    reason: str
    nominated_name: str
    total: int | None
    rank: int | None
    proof: str
    left_out: str
    is_proposed: bool
    struck_at: datetime | None
    struck_reason: str


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection at the desk, opened."""

    id: int
    station_name: str
    text: str
    filed_at: datetime
    outcome: ObjectionOutcome
    answer: str


_SELECTION = """
SELECT s.id, s.code, s.title, s.year, s.places, s.state, s.union_id, u.name, u.path,
       s.nominate_until, s.publicity_until, s.decided_at,
       (SELECT count(*) FROM stations_nomination n
        WHERE n.selection_id = s.id AND n.withdrawn_at IS NULL)
FROM stations_selection s JOIN orgs_union u ON u.id = s.union_id
"""


def list_selections(
    *, actor: Actor, after: int | None = None
) -> tuple[list[SelectionRow], int | None]:
    """Return the selections that concern the actor's unions, newest first, and where the next page begins.

    Those of his subtree, and those of unions above, in which he nominates.
    """
    rows = fetch_all(
        f"""{_SELECTION} WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p
            WHERE starts_with(u.path, p) OR starts_with(p, u.path))
        AND (%(after)s::bigint IS NULL OR s.id < %(after)s) ORDER BY s.id DESC LIMIT %(limit)s""",
        {
            "paths": list(policy.scope_paths(actor, permissions.LIST)),
            "after": after,
            "limit": LIST_LIMIT + 1,
        },
    )
    found = [_selection(row) for row in rows[:LIST_LIMIT]]
    return found, found[-1].id if len(rows) > LIST_LIMIT else None


def get_selection(selection_id: int, *, actor: Actor) -> SelectionRow:
    """Return a selection below the actor's unions; raise ``NotFound``."""
    rows = fetch_all(
        f"""{_SELECTION} WHERE s.id = %(id)s AND EXISTS (
            SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))""",
        {"id": selection_id, "paths": list(policy.scope_paths(actor, permissions.LIST))},
    )
    if not rows:
        raise NotFound()
    return _selection(rows[0])


def list_open_for_nomination(*, actor: Actor, now: datetime) -> list[SelectionRow]:
    """Return the selections, also of unions above, in which the actor may nominate today."""
    rows = fetch_all(
        f"""{_SELECTION} WHERE s.state = %(state)s AND s.nominate_until >= %(today)s
        AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p
            WHERE starts_with(u.path, p) OR starts_with(p, u.path))
        ORDER BY s.nominate_until, s.id LIMIT %(limit)s""",
        {
            "state": int(SelectionState.NOMINATING), "today": business_day(now),
            "paths": sorted({
                *policy.scope_paths(actor, permissions.MANAGE),
                *policy.scope_paths(actor, permissions.SELECT),
            }),
            "limit": LIST_LIMIT,
        },
    )  # fmt: skip
    return [_selection(row) for row in rows]


def list_public_selections() -> list[SelectionRow]:
    """Return the selections whose list is shown or decided, newest first."""
    rows = fetch_all(
        f"{_SELECTION} WHERE s.state >= %(shown)s ORDER BY s.id DESC LIMIT %(limit)s",
        {"shown": int(SelectionState.PUBLICITY), "limit": LIST_LIMIT},
    )
    return [_selection(row) for row in rows]


def get_public_selection(code: str) -> SelectionRow:
    """Return a selection whose list is shown or decided; raise ``NotFound``."""
    rows = fetch_all(
        f"{_SELECTION} WHERE s.code = %(code)s AND s.state >= %(shown)s",
        {"code": code, "shown": int(SelectionState.PUBLICITY)},
    )
    if not rows:
        raise NotFound()
    return _selection(rows[0])


_NOMINATIONS = """
SELECT n.id, t.code, t.name, t.adcode, u.name, n.reason, n.nominated_name, n.total, n.rank, n.proof,
       n.left_out, n.is_proposed, n.struck_at, n.struck_reason
FROM stations_nomination n
JOIN stations_station t ON t.id = n.station_id JOIN orgs_union u ON u.id = t.union_id
WHERE n.selection_id = %(selection)s AND n.withdrawn_at IS NULL
"""


def list_nominations(selection_id: int) -> list[NominationRow]:
    """Return who was nominated, by rank, then code. The caller has asked for the selection before."""
    rows = fetch_all(
        f"{_NOMINATIONS} ORDER BY n.rank NULLS LAST, t.code LIMIT %(limit)s",
        {"selection": selection_id, "limit": LINES_LIMIT},
    )
    return [NominationRow(*row) for row in rows]


def list_proposed(selection_id: int) -> list[NominationRow]:
    """Return the shown list, struck ones too (they stay readable as struck)."""
    return [one for one in list_nominations(selection_id) if one.is_proposed]


def list_objections(selection_id: int, *, actor: Actor) -> list[ObjectionRow]:
    """Return the objections against a selection's list, opened, for who may answer; else none."""
    selection = get_selection(selection_id, actor=actor)
    if not permissions.can_select(actor, path=selection.union_path):
        return []
    rows = fetch_all(
        """SELECT o.id, t.name, o.text_sealed, o.bound_to, o.filed_at, o.outcome, o.answer
        FROM stations_selectionobjection o
        JOIN stations_nomination n ON n.id = o.nomination_id
        JOIN stations_station t ON t.id = n.station_id
        WHERE n.selection_id = %(selection)s ORDER BY o.outcome, o.id LIMIT %(limit)s""",
        {"selection": selection_id, "limit": 200},
    )
    return [
        ObjectionRow(
            key, name, sealing.unseal(_SEALED, bytes(text), bound), filed_at,
            ObjectionOutcome(outcome), answer,
        )
        for key, name, text, bound, filed_at, outcome, answer in rows
    ]  # fmt: skip


def find_objection(receipt: str) -> tuple[str, ObjectionOutcome, str]:
    """Return (station, outcome, answer) of an objection by its receipt; raise ``NotFound``."""
    rows = fetch_all(
        """SELECT t.name, o.outcome, o.answer FROM stations_selectionobjection o
        JOIN stations_nomination n ON n.id = o.nomination_id
        JOIN stations_station t ON t.id = n.station_id WHERE o.receipt = %(receipt)s""",
        {"receipt": receipt.strip().upper()[:20]},
    )
    if not rows:
        raise NotFound()
    return rows[0][0], ObjectionOutcome(rows[0][1]), rows[0][2]


# ---- marks -------------------------------------------------------------------------------------

_CANDIDATES = """
SELECT t.id, t.code, t.standing,
       i.permille, i.verdict,
       CASE WHEN r.raters >= %(least)s THEN round(r.stars * 1000 / 5)::int END
FROM stations_nomination n JOIN stations_station t ON t.id = n.station_id
LEFT JOIN LATERAL (
    SELECT i.permille, i.verdict FROM stations_inspection i
    WHERE i.station_id = t.id AND i.inspected_at >= %(since)s AND i.inspected_at <= %(now)s
    ORDER BY i.inspected_at DESC, i.id DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (
    SELECT count(DISTINCT rater) AS raters, avg(stars) AS stars FROM stations_stationrating r
    WHERE r.station_id = t.id AND r.month_on >= %(month)s) r ON true
WHERE n.selection_id = %(selection)s AND n.withdrawn_at IS NULL AND n.struck_at IS NULL
ORDER BY t.code LIMIT %(limit)s
"""


def candidates_of(selection_id: int, *, adcode: str, now: datetime) -> list[Candidate]:
    """Return who was nominated, with the marks of the last year in permille.

    Hours are those delivered of those promised on the days that are over and of which something was
    said; None where nothing was.
    """
    today = business_day(now)
    least = parameter("stations.rating_least_persons", adcode=adcode, on=today).value
    rows = fetch_all(
        _CANDIDATES,
        {
            "selection": selection_id, "since": now - A_YEAR, "now": now, "least": least,
            "month": (today - A_YEAR).replace(day=1), "limit": LINES_LIMIT,
        },
    )  # fmt: skip
    year = Period(today - A_YEAR, today - timedelta(days=1))
    kept = hours_kept(Where(station_ids=[row[0] for row in rows]), year)
    return [
        Candidate(
            code,
            {
                "inspection": permille,
                "rating": rating,
                "hours": kept[key].permille if key in kept else None,
            },
            Verdict(verdict) if verdict is not None else None,
            standing == Standing.OPEN,
        )
        for key, code, standing, permille, verdict, rating in rows
    ]


def _selection(row: tuple[Any, ...]) -> SelectionRow:
    return SelectionRow(*[*row[:5], SelectionState(row[5]), *row[6:]])
