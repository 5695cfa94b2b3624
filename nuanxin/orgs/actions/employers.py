"""Employers, their outlets, and which union covers them: dated, and apart from tree and region."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.credit_code import parse_credit_code
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.industries import industry, normalise_industry
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.models import Employer, Outlet
from nuanxin.orgs.queries.rows import fetch_one
from nuanxin.orgs.states import OUTLETS_LIMIT
from nuanxin.records.actions import append_event

NAME_LONGEST, ADDRESS_LONGEST, KIND_LONGEST = 120, 120, 20


@dataclass(frozen=True, slots=True)
class NewOutlet:
    """An outlet to be registered; its place may lie in another city than its union."""

    name: str
    adcode: int
    town_code: int | None = None
    lng: float | None = None
    lat: float | None = None
    opened_on: date | None = None
    address: str = ""
    kind: str = ""


@transaction.atomic
def register_employer(
    *,
    name: str,
    actor: Actor,
    now: datetime,
    credit_code: str | None = None,
    adcode: int | None = None,
    industry_code: str = "",
    is_platform: bool = False,
    is_key_enterprise: bool = False,
) -> int:
    """Enter an employer and return its id; one with this credit code already there is returned.

    Raises ``Malformed`` for a wrong code, and for a union's code (81, 89) in an employer's field.
    """
    permissions.check_can_register_employers(actor)
    stored = _checked_name(name, "用人单位")
    code = _employer_code(credit_code) if credit_code else None
    if adcode is not None:
        ground.checked_place(adcode, None)
    if industry_code:
        industry_code = industry(industry_code).code
    values = {
        "name": stored,
        "code": code,
        "adcode": adcode,
        "industry": industry_code,
        "platform": is_platform,
        "key": is_key_enterprise,
        "now": now,
    }
    row = fetch_one(_REGISTER_EMPLOYER, values)
    if row is None:
        row = fetch_one("SELECT id FROM orgs_employer WHERE credit_code = %(code)s", values)
        assert row is not None
        return int(row[0])
    append_event(
        "orgs.employer_registered",
        actor=actor,
        at=now,
        subject_type="employer",
        subject_id=row[0],
        data={"name": stored, "credit_code": code},
    )
    return int(row[0])


_REGISTER_EMPLOYER = """
INSERT INTO orgs_employer (name, credit_code, adcode, industry_code, is_platform,
                           is_key_enterprise, recorded_at)
VALUES (%(name)s, %(code)s, %(adcode)s, %(industry)s, %(platform)s, %(key)s, %(now)s)
ON CONFLICT (credit_code) DO NOTHING RETURNING id
"""


@transaction.atomic
def close_employer(
    *, employer_id: int, closed_on: date, actor: Actor, now: datetime
) -> tuple[int, ...]:
    """Note that an employer has ended; return the unions that end with it (工会法 a.13, A27).

    They are the grass-roots unions that cover nobody else; each is then dissolved by its upper
    union (``dissolve_union`` with ``EMPLOYER_ENDED``), which also hears of it. Its outlets close on
    the same day. Raises ``Forbidden`` unless the actor looks after every union that covers it.
    """
    employer = _employer_to_close(employer_id, actor)
    if employer.closed_on is not None:
        raise Conflict("orgs.employer_closed", f"这家单位 {employer.closed_on} 已经登记终止。")
    ground.insist_on_effect(closed_on, now)
    employer.closed_on = closed_on
    employer.save(update_fields=["closed_on"])
    outlets = Outlet.objects.filter(employer_id=employer_id, closed_on=None).update(
        closed_on=closed_on
    )
    unions = tuple(union.id for union in queries.list_unions_ending_with(employer_id))
    append_event(
        "orgs.employer_closed",
        actor=actor,
        at=now,
        subject_type="employer",
        subject_id=employer_id,
        data={"closed_on": closed_on.isoformat(), "unions": list(unions), "outlets": outlets},
    )
    return unions


@transaction.atomic
def reopen_employer(*, employer_id: int, actor: Actor, now: datetime) -> None:
    """Take an employer's end back; the outlets that closed with it are open again."""
    employer = _employer_to_close(employer_id, actor)
    if employer.closed_on is None:
        raise Conflict("orgs.employer_open", "这家单位没有登记终止，不用恢复。")
    outlets = Outlet.objects.filter(employer_id=employer_id, closed_on=employer.closed_on).update(
        closed_on=None
    )
    closed_on, employer.closed_on = employer.closed_on, None
    employer.save(update_fields=["closed_on"])
    append_event(
        "orgs.employer_reopened",
        actor=actor,
        at=now,
        subject_type="employer",
        subject_id=employer_id,
        data={"closed_on": closed_on.isoformat(), "outlets": outlets},
    )


def _employer_to_close(employer_id: int, actor: Actor) -> Employer:
    employer = Employer.objects.select_for_update().filter(id=employer_id).first()
    if employer is None:
        raise NotFound()
    paths = queries.covering_paths(employer_id)
    permissions.check_can_close_employer(actor, covering_paths=paths)
    return employer


@transaction.atomic
def register_outlet(
    *,
    employer_id: int,
    name: str,
    adcode: int,
    actor: Actor,
    now: datetime,
    town_code: int | None = None,
    lng: float | None = None,
    lat: float | None = None,
    opened_on: date | None = None,
) -> int:
    """Enter one outlet and return its id; one of this name already there is returned."""
    new = NewOutlet(name, adcode, town_code, lng, lat, opened_on)
    rows = register_outlets_in_bulk(employer_id=employer_id, rows=[new], actor=actor, now=now)
    return next(iter(rows.values()))


@transaction.atomic
def register_outlets_in_bulk(
    *, employer_id: int, rows: Iterable[NewOutlet], actor: Actor, now: datetime
) -> dict[str, int]:
    """Enter many outlets of one employer; return the ids of all by name, old ones included.

    Raises ``Malformed`` for names and places, ``Forbidden`` when other unions look after it.
    """
    listed = list(rows)
    if len(listed) > OUTLETS_LIMIT:
        raise Malformed("orgs.too_many_rows", f"一次最多登记 {OUTLETS_LIMIT} 个网点。请分几次办。")
    if not Employer.objects.filter(id=employer_id).exists():
        raise NotFound()
    paths = queries.covering_paths(employer_id)
    permissions.check_can_manage_outlets(actor, covering_paths=paths)
    for place in {(row.adcode, row.town_code) for row in listed}:
        ground.checked_place(*place)
    wires = [
        asdict(row)
        | {"name": _checked_name(row.name, "网点")}
        | {"address": row.address[:ADDRESS_LONGEST], "kind": row.kind[:KIND_LONGEST]}
        for row in listed
    ]
    values: dict[str, Any] = {
        "employer": employer_id,
        "rows": json.dumps(wires, ensure_ascii=False, default=str),
    }
    with connection.cursor() as cursor:
        cursor.execute(_REGISTER_OUTLETS, values)
        added = cursor.rowcount
    if added:
        append_event(
            "orgs.outlets_registered",
            actor=actor,
            at=now,
            subject_type="employer",
            subject_id=employer_id,
            data={"outlets": added},
        )
    names = [wire["name"] for wire in wires]
    found = Outlet.objects.filter(employer_id=employer_id, name__in=names)
    return dict(found.values_list("name", "id"))


_REGISTER_OUTLETS = """
INSERT INTO orgs_outlet (employer_id, name, adcode, town_code, lng, lat, opened_on, address, kind)
SELECT %(employer)s, r.name, r.adcode, r.town_code, r.lng, r.lat, r.opened_on, r.address, r.kind
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(name text, adcode int, town_code int, lng float8,
     lat float8, opened_on date, address text, kind text)
ON CONFLICT (employer_id, name) DO NOTHING
"""


@transaction.atomic
def extend_coverage(
    *,
    union_id: int,
    employer_id: int,
    effective_on: date,
    actor: Actor,
    now: datetime,
    outlet_ids: Sequence[int] | None = None,
    industry_code: str = "",
) -> int:
    """Let a union cover an employer, or only some outlets of it, from ``effective_on`` on.

    What is covered already is left as it is. Returns how many rows were added.
    """
    periods.lock_tree()
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    ground.insist_on_parent_from(union, effective_on)
    _insist_on_outlets(employer_id, outlet_ids)
    values: dict[str, Any] = {
        "union": union_id,
        "employer": employer_id,
        "outlets": list(outlet_ids) if outlet_ids is not None else [None],
        "industry": normalise_industry(industry_code) if industry_code else "",
        "day": effective_on,
        "at": periods.instant_of_writing(now, [union_id]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, values)
        added = int(cursor.rowcount)
    append_event(
        "orgs.coverage_extended",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"employer": employer_id, "rows": added, "effective_on": effective_on.isoformat()},
    )
    return added


# Where the union covers the same from a later day on already, the gap before it is filled.
_EXTEND = """
INSERT INTO orgs_coverage (union_id, employer_id, outlet_id, industry_code, valid_from, valid_to,
                           recorded_at)
SELECT %(union)s, %(employer)s, o.id, %(industry)s, %(day)s, later.valid_from, %(at)s
FROM (SELECT DISTINCT unnest(%(outlets)s::bigint[]) AS id) o
LEFT JOIN LATERAL (
    SELECT min(c.valid_from) AS valid_from FROM orgs_coverage c
    WHERE c.union_id = %(union)s AND c.employer_id = %(employer)s AND c.superseded_at IS NULL
      AND c.outlet_id IS NOT DISTINCT FROM o.id AND c.industry_code = %(industry)s
      AND c.valid_from > %(day)s
) later ON true
WHERE NOT EXISTS (
    SELECT 1 FROM orgs_coverage c
    WHERE c.union_id = %(union)s AND c.employer_id = %(employer)s AND c.superseded_at IS NULL
      AND c.outlet_id IS NOT DISTINCT FROM o.id AND c.industry_code = %(industry)s
      AND c.valid_from <= %(day)s AND (c.valid_to IS NULL OR c.valid_to > %(day)s))
"""


@transaction.atomic
def close_coverage(
    *,
    union_id: int,
    employer_id: int,
    effective_on: date,
    actor: Actor,
    now: datetime,
    outlet_ids: Sequence[int] | None = None,
) -> int:
    """End the coverage of an employer, or of some outlets of it; return how many rows ended."""
    periods.lock_tree()
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    ground.insist_on_effect(effective_on, now)
    which = "" if outlet_ids is None else " AND outlet_id = ANY(%(outlets)s)"
    ended = periods.rewrite(
        periods.COVERAGE,
        f"union_id = %(union)s AND employer_id = %(employer)s{which}",
        {"union": union_id, "employer": employer_id, "outlets": list(outlet_ids or ())},
        from_on=effective_on,
        at=periods.instant_of_writing(now, [union_id]),
    )
    append_event(
        "orgs.coverage_closed",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"employer": employer_id, "rows": ended, "effective_on": effective_on.isoformat()},
    )
    return ended


@transaction.atomic
def close_outlet(*, outlet_id: int, closed_on: date, actor: Actor, now: datetime) -> None:
    """Note that an outlet is no longer used from ``closed_on`` on; what happened there stays."""
    outlet = _outlet_to_close(outlet_id, actor)
    ground.insist_on_effect(closed_on, now)
    if outlet.closed_on is not None:
        raise Conflict("orgs.outlet_closed", f"这个网点 {outlet.closed_on} 已经停用。")
    if outlet.opened_on is not None and closed_on < outlet.opened_on:
        raise Conflict(
            "orgs.closed_before_opening",
            f"这个网点 {outlet.opened_on} 才启用，停用不能比它早。请核对日期。",
        )
    outlet.closed_on = closed_on
    outlet.save(update_fields=["closed_on"])
    _record_outlet("orgs.outlet_closed", outlet, closed_on, actor, now)


@transaction.atomic
def reopen_outlet(*, outlet_id: int, actor: Actor, now: datetime) -> None:
    """Take the closing of an outlet back: it was noted by mistake, or it is used again."""
    outlet = _outlet_to_close(outlet_id, actor)
    if outlet.closed_on is None:
        raise Conflict("orgs.outlet_open", "这个网点没有停用，不用恢复。")
    if Employer.objects.filter(id=outlet.employer_id).exclude(closed_on=None).exists():
        raise Conflict("orgs.employer_closed", "它的单位已经登记终止。要恢复，先恢复单位。")
    closed_on, outlet.closed_on = outlet.closed_on, None
    outlet.save(update_fields=["closed_on"])
    _record_outlet("orgs.outlet_reopened", outlet, closed_on, actor, now)


def _outlet_to_close(outlet_id: int, actor: Actor) -> Outlet:
    outlet = Outlet.objects.select_for_update().filter(id=outlet_id).first()
    if outlet is None:
        raise NotFound()
    paths = queries.covering_paths(outlet.employer_id)
    permissions.check_can_manage_outlets(actor, covering_paths=paths)
    return outlet


def _record_outlet(kind: str, outlet: Outlet, closed_on: date, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="outlet",
        subject_id=outlet.id,
        data={"closed_on": closed_on.isoformat(), "on": clock.business_day(now).isoformat()},
    )


def _insist_on_outlets(employer_id: int, outlet_ids: Sequence[int] | None) -> None:
    if not Employer.objects.filter(id=employer_id).exists():
        raise NotFound()
    if outlet_ids is None:
        return
    wanted = set(outlet_ids)
    if len(wanted) > OUTLETS_LIMIT:
        raise Malformed("orgs.too_many_rows", f"一次最多 {OUTLETS_LIMIT} 个网点。请分几次办。")
    if Outlet.objects.filter(id__in=wanted, employer_id=employer_id).count() != len(wanted):
        raise Malformed(
            "orgs.outlet_of_another", "选的网点里有不属于这家单位的。请重新选一次网点。"
        )


def _employer_code(text: str) -> str:
    read = parse_credit_code(text)
    if read.is_union:
        raise Malformed(
            "orgs.employer_code_is_union",
            "这是工会的代码，不是用人单位的。请填单位营业执照上的统一社会信用代码。",
        )
    return read.code


def _checked_name(name: str, what: str) -> str:
    stored = rules.stored_name(name)
    if not stored:
        raise Malformed("orgs.name_missing", f"还没有填{what}名称。请填全称。")
    if len(stored) > NAME_LONGEST:
        raise Malformed("orgs.name_too_long", f"{what}名称最多 {NAME_LONGEST} 个字。")
    return stored
