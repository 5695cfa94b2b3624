"""Founding unions: one by an officer, or thousands from a register, over the same set-based path."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.credit_code import parse_union_code
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed
from nuanxin.kernel.industries import industry, normalise_industry
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import (
    BULK_LIMIT,
    Route,
    UnionChangeKind,
    UnionKind,
    UnionState,
    check_move,
)
from nuanxin.records.actions import append_event

NAME_LONGEST = 120
MOST_LEVELS = 32


@dataclass(frozen=True, slots=True)
class NewUnion:
    """A union to be founded. ``level`` and ``accepts_members`` None: as usual for its kind.

    ``parent_code`` names a union that is there already or another row of the same call; None is
    the root. ``recorded_at`` is when it became known (None: now), for registers with a history.
    An empty ``code`` is given by the system.
    """

    name: str
    kind: UnionKind
    adcode: int
    founded_on: date
    parent_code: str | None = None
    code: str = ""
    town_code: int | None = None
    level: int | None = None
    state: UnionState = UnionState.ACTIVE
    short_name: str = ""
    credit_code: str | None = None
    industry_code: str = ""
    is_new_form: bool = False
    accepts_members: bool | None = None
    route: Route | None = None
    term_ends_on: date | None = None
    address: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    lng: float | None = None
    lat: float | None = None
    recorded_at: datetime | None = None


_NAMES = tuple(one.name for one in fields(NewUnion))


@transaction.atomic
def found_union(
    *,
    name: str,
    kind: UnionKind,
    parent_id: int | None,
    adcode: int,
    founded_on: date,
    actor: Actor,
    now: datetime,
    document: str = "",
    reason: str = "",
    **particulars: Any,
) -> UnionRow:
    """Found a union under ``parent_id`` (None: the root) and return it.

    ``particulars`` are further fields of ``NewUnion`` (code, town_code, level, credit_code …).
    Raises ``Malformed`` for codes and names, ``Conflict`` for a parent that has ended, is younger
    or lower, for a day to come, and for codes that are taken.
    """
    periods.lock_tree()
    parent = None
    if parent_id is None:
        permissions.check_can_shape(actor, parent_path="")
    else:
        parent = ground.receiving(actor, parent_id)
    new = NewUnion(
        name=name,
        kind=kind,
        adcode=adcode,
        founded_on=founded_on,
        parent_code=parent.code if parent else None,
        **particulars,
    )
    ids = _found([new], known={parent.code: parent} if parent else {}, now=now)
    union = queries.get_union(ids[0])
    ground.record_change(
        UnionChangeKind.FOUNDED,
        union=union,
        effective_on=founded_on,
        at=now,
        actor=actor,
        other_id=parent_id,
        reason=reason,
        document=document,
    )
    return union


@transaction.atomic
def found_unions_in_bulk(
    rows: Iterable[NewUnion], *, actor: Actor, now: datetime, source: str = ""
) -> dict[str, int]:
    """Found many unions at once; return their ids by code. At most ``BULK_LIMIT`` rows.

    All or nothing. Rows may come in any order; one without a code is given one, and no row may
    stand under it. The actor needs the right over every union that is there already and gets a new
    one below it; a root is for who may shape the whole tree. One event for all, and a change a
    union. Raises as ``found_union`` does; the message names the union, ``details`` its ``name``.
    """
    listed = list(rows)
    if len(listed) > BULK_LIMIT:
        raise Malformed("orgs.too_many_rows", f"一次最多登记 {BULK_LIMIT} 个工会。请分几次办。")
    if not listed:
        return {}
    if any(row.parent_code is None for row in listed) and not ground.is_everywhere(actor):
        raise Forbidden("access.no_right", "最上一级工会由省级登记。请给每一家写上级工会。")
    periods.lock_tree()
    inside = {row.code for row in listed if row.code}
    above = {row.parent_code for row in listed if row.parent_code} - inside
    known = {code: queries.get_union_by_code(code) for code in sorted(above)}
    for union in known.values():
        permissions.check_can_shape(actor, parent_path=union.path)
    ids = _found(listed, known=known, now=now)
    by_code = dict(Union.objects.filter(id__in=ids).values_list("code", "id"))
    _record_bulk(ids)
    append_event(
        "orgs.unions_founded_in_bulk",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=None,
        data={"unions": len(listed), "source": source},
    )
    return by_code


@transaction.atomic
def activate_union(
    *, union_id: int, approved_on: date, document: str, actor: Actor, now: datetime
) -> None:
    """Take a union in preparation into the register: the upper union has approved it (工会法 a.12)."""
    union = ground.shapable(actor, union_id)
    check_move(union.state, UnionState.ACTIVE)
    rules.has_document(document).insist()
    ground.insist_on_effect(approved_on, now)
    Union.objects.filter(id=union_id).update(state=UnionState.ACTIVE.value)
    append_event(
        "orgs.union_activated",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"approved_on": approved_on.isoformat(), "document": document},
    )


def _found(rows: Sequence[NewUnion], *, known: Mapping[str, UnionRow], now: datetime) -> list[int]:
    """Check and insert; return the ids in the order of ``rows``."""
    for place in {(row.adcode, row.town_code) for row in rows}:
        ground.checked_place(*place)
    ids = _reserved_ids(len(rows))
    checked = [_checked(row, union_id, now) for row, union_id in zip(rows, ids, strict=True)]
    _check_free(checked)
    depths = _depths(checked, known)
    _check_parents(checked, known)
    id_of = {row.code: union_id for row, union_id in zip(checked, ids, strict=True)}
    id_of |= {code: union.id for code, union in known.items()}
    since_of_known = periods.known_since([union.id for union in known.values()])
    known_since = {code: since_of_known.get(union.id, now) for code, union in known.items()}
    wires = []
    for i in sorted(range(len(checked)), key=depths.__getitem__):
        row = checked[i]
        since = row.recorded_at or now
        if row.parent_code is not None:
            since = max(since, known_since[row.parent_code])
        known_since[row.code] = since
        wires.append(_wire(row, ids[i], id_of, since))
    _insert(wires)
    below = []
    for row, union_id in zip(checked, ids, strict=True):
        if row.parent_code is None:
            periods.plant_root(union_id, from_on=row.founded_on, at=known_since[row.code])
        else:
            below.append(union_id)
    periods.plant_ancestry(below, at=now)
    return ids


def _checked(row: NewUnion, union_id: int, now: datetime) -> NewUnion:
    """Return the row in its stored form; raise ``Malformed`` or ``Conflict`` naming the union."""
    name = rules.stored_name(row.name)
    if not name:
        raise Malformed("orgs.name_missing", "还没有填工会名称。请填全称。")
    if len(name) > NAME_LONGEST:
        raise Malformed("orgs.name_too_long", f"工会名称最多 {NAME_LONGEST} 个字。请填全称即可。")
    ground.insist_on_effect(row.founded_on, now)
    if row.industry_code:
        industry(row.industry_code)
    accepts = row.kind.accepts_members if row.accepts_members is None else row.accepts_members
    return replace(
        row,
        name=name,
        code=row.code.strip() or f"{row.adcode:06d}{union_id:06d}",
        short_name=rules.stored_name(row.short_name)[:60],
        credit_code=parse_union_code(row.credit_code).code if row.credit_code else None,
        industry_code=normalise_industry(row.industry_code) if row.industry_code else "",
        level=int(row.level or row.kind.level_at(row.adcode)),
        accepts_members=accepts,
    )


def _depths(rows: Sequence[NewUnion], known: Mapping[str, UnionRow]) -> list[int]:
    """Return how deep each row lies below what is there already; raise for gaps and circles."""
    by_code = {row.code: row for row in rows}
    depth: dict[str, int] = dict.fromkeys(known, 0)
    for row in rows:
        chain: list[NewUnion] = []
        here = row
        while here.code not in depth:
            if len(chain) > MOST_LEVELS or here in chain:
                raise Conflict(
                    "orgs.circle", f"「{here.name}」绕一圈成了自己的上级。请核对上级编码。"
                )
            chain.append(here)
            if here.parent_code is None or here.parent_code in depth:
                break
            if here.parent_code not in by_code:
                raise Malformed(
                    "orgs.parent_unknown", f"「{here.name}」的上级编码没有登记过。请核对上级编码。"
                )
            here = by_code[here.parent_code]
        for each in reversed(chain):
            depth[each.code] = 1 + (depth[each.parent_code] if each.parent_code is not None else 0)
    return [depth[row.code] for row in rows]


def _check_parents(rows: Sequence[NewUnion], known: Mapping[str, UnionRow]) -> None:
    by_code = {row.code: row for row in rows}
    for row in rows:
        if row.parent_code is None:
            continue
        parent = known.get(row.parent_code) or by_code[row.parent_code]
        fits = rules.may_stand_under(
            row.kind,
            int(row.level or 0),
            parent_kind=parent.kind,
            parent_level=int(parent.level or 0),
        )
        if fits.is_no:
            raise Conflict(fits.code, f"「{row.name}」：{fits.message}", name=row.name)
        if isinstance(parent, UnionRow):
            ground.insist_on_life(parent)
        if parent.founded_on > row.founded_on:
            raise Conflict(
                "orgs.parent_is_younger",
                f"「{row.name}」比上级「{parent.name}」成立得早。请核对成立日期，或者另选上级。",
                founded_on=parent.founded_on.isoformat(),
                name=row.name,
            )


def _check_free(rows: Sequence[NewUnion]) -> None:
    """Raise ``Conflict`` for codes used twice or taken, and for a second root."""
    for field, label in (("code", "工会编码"), ("credit_code", "统一社会信用代码")):
        codes = [code for row in rows if (code := getattr(row, field))]
        taken = set(
            Union.objects.filter(**{f"{field}__in": codes}).values_list(field, flat=True)[:3]
        )
        twice = {code for code, times in Counter(codes).items() if times > 1}
        if taken or twice:
            shown = "、".join(sorted(taken | twice)[:3])
            raise Conflict(
                f"orgs.{field}_taken",
                f"{label} {shown} 已经有工会在用。请核对，或者查一查是不是已经登记过。",
            )
    roots = sum(row.parent_code is None for row in rows)
    if roots > 1 or (roots and Union.objects.filter(parent=None).exists()):
        raise Conflict("orgs.second_root", "最上一级只能有一个工会。请给它选一个上级。")


def _reserved_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orgs_union', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _wire(
    row: NewUnion, union_id: int, id_of: Mapping[str, int], recorded_at: datetime
) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    plain["id"] = union_id
    plain["parent_id"] = id_of[row.parent_code] if row.parent_code is not None else None
    plain["route"] = row.route.value if row.route else ""
    plain["recorded_at"] = recorded_at
    return plain


_FIELDS = (
    "id bigint, parent_id bigint, code text, name text, short_name text, kind text, state text,"
    " level smallint, credit_code text, adcode int, town_code int, industry_code text,"
    " is_new_form bool, accepts_members bool, route text, founded_on date, term_ends_on date,"
    " address text, contact_name text, contact_phone text, lng float8, lat float8"
)
_COLUMNS = ", ".join(part.split()[0] for part in _FIELDS.split(","))
_ROWS = f"jsonb_to_recordset(%(rows)s::jsonb) AS r({_FIELDS}, recorded_at timestamptz)"
_INSERTS = (
    f"INSERT INTO orgs_union ({_COLUMNS}, path) SELECT {_COLUMNS}, '' FROM {_ROWS}",
    "INSERT INTO orgs_placement (union_id, parent_id, kind, valid_from, recorded_at)"
    f" SELECT id, parent_id, 1, founded_on, recorded_at FROM {_ROWS} WHERE parent_id IS NOT NULL",
    "INSERT INTO orgs_territory (union_id, adcode, town_code, is_seat, valid_from, recorded_at)"
    f" SELECT id, adcode, town_code, true, founded_on, recorded_at FROM {_ROWS}",
)


def _insert(rows: Sequence[dict[str, Any]]) -> None:
    """Insert unions (parents first: the path trigger reads them), placements and seats."""
    sent = json.dumps(rows, ensure_ascii=False, default=str)
    with connection.cursor() as cursor:
        for statement in _INSERTS:
            cursor.execute(statement, {"rows": sent})
        if len(rows) >= _WORTH_STATISTICS:
            cursor.execute("ANALYZE orgs_union, orgs_placement, orgs_territory")


_WORTH_STATISTICS = 1_000
_RECORD = """
INSERT INTO orgs_unionchange (union_id, other_id, kind, effective_on, recorded_at, reason,
                              document, data)
SELECT u.id, u.parent_id, 'founded', u.founded_on, t.recorded_at, '', '', '{}'
FROM orgs_union u JOIN orgs_territory t ON t.union_id = u.id AND t.superseded_at IS NULL
WHERE u.id = ANY(%(ids)s) ORDER BY u.id
"""


def _record_bulk(ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"ids": list(ids)})
