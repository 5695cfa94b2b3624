"""A table of new unions: each row's kind, upper union, place and day; and their founding."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.credit_code import parse_union_code
from nuanxin.kernel.errors import Malformed, Refusal
from nuanxin.membership.forms.listing_columns import Column, ListedRow
from nuanxin.membership.models import Listing
from nuanxin.membership.rules.listing import Verdict, key_of, kind_word, mark_repeated, refused
from nuanxin.membership.rules.places import locate
from nuanxin.membership.states import ListingOutcome
from nuanxin.orgs import actions as orgs_actions
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import Route, UnionKind

NAME_LONGEST, CONTACT_LONGEST, PHONE_LONGEST, ADDRESS_LONGEST = 120, 40, 20, 120
_MOST_TRIES = 100

_KINDS = {kind_word(kind.label): kind for kind in UnionKind} | {
    kind_word(word): kind
    for kind, words in {
        UnionKind.GRASSROOTS: "基层工会委员会 单独基层工会 单独建会 单建 企业工会 单位工会 独立工会",
        UnionKind.JOINT: "联合工会 联合工会委员会 联合建会 联建 联合基层工会委员会",
        UnionKind.INDUSTRY_FEDERATION: "行业工会 行业联合会 行业工联会 行业工会联合会委员会",
        UnionKind.REGIONAL_FEDERATION: "区域工会 区域联合会 区域性工会联合会 区域工联会",
        UnionKind.TOWNSHIP: "乡镇工会 街道工会 镇工会 乡镇街道工会 开发区工会 街道总工会 镇总工会",
        UnionKind.COMMUNITY: "村工会 社区工会 村社区工会",
        UnionKind.WORK_COMMITTEE: "工作委员会 工委",
    }.items()
    for word in words.split()
}
_ROUTES = {kind_word(route.label): route for route in Route}


def judge(listing: Listing, rows: Sequence[ListedRow], today: date) -> list[Verdict]:
    """Return what becomes of each row; what the register would refuse is refused here by row."""
    path = listing.union.path
    uppers = _uppers(rows, orgs.get_union(listing.union_id))
    options = listing.options
    verdicts = [_judged(row, uppers, today, options) for row in rows]
    mark_repeated(verdicts, "key")
    fresh = [one for one in verdicts if one.outcome is ListingOutcome.NEW]
    named = orgs.list_unions_named([one.name for one in fresh], path=path)
    codes = [one.values["credit_code"] for one in fresh if one.values["credit_code"]]
    here = {key_of(one.name): one for one in named}
    coded = {one.credit_code: one for one in orgs.list_unions_named(codes)}
    for one in fresh:
        known = here.get(key_of(one.name)) or coded.get(one.values["credit_code"] or "-")
        if known is not None:
            one.outcome, one.values = ListingOutcome.HERE, {}
            one.reason = f"已经登记过，编码 {known.code}。"
            if key_of(known.name) != key_of(one.name):
                one.reason = "信用代码已经有别的工会在用。核对证书。"
    _rehearse([one for one in fresh if one.outcome is ListingOutcome.NEW])
    return verdicts


def take_effect(listing: Listing, rows: Sequence[Verdict], *, actor: Actor, now: datetime) -> None:
    """Found the unions of the rows, all in one go."""
    source = listing.options.get("document") or listing.file_name
    orgs_actions.found_unions_in_bulk(
        [_new_union(row) for row in rows], actor=actor, now=now, source=str(source)
    )


def _rehearse(rows: list[Verdict]) -> None:
    """Found them all and take it back; a row that the register refuses is marked, then again."""
    for _ in range(_MOST_TRIES):
        fresh = [one for one in rows if one.outcome is ListingOutcome.NEW]
        try:
            with transaction.atomic():
                orgs_actions.found_unions_in_bulk(
                    [_new_union(one) for one in fresh], actor=SYSTEM, now=clock.now()
                )
                transaction.set_rollback(True)
        except Refusal as refusal:
            name = key_of(str(refusal.details.get("name", "")))
            blamed = [one for one in fresh if key_of(one.name) == name]
            for one in blamed or fresh:
                one.outcome, one.reason = ListingOutcome.UNPLACED, refusal.message
                one.values = {}
        else:
            return


def _uppers(rows: Sequence[ListedRow], own: UnionRow) -> dict[str, UnionRow | None]:
    """Return the upper unions that the rows name, within the subtree; None where two have a name."""
    words = {row[Column.PARENT] for row in rows} - {""}
    found: dict[str, UnionRow | None] = {"": own}
    for union in orgs.list_unions_named(words, path=own.path):
        for key in (key_of(union.name), key_of(union.code)):
            found[key] = None if key in found and found[key] != union else union
    return found


def _judged(
    row: ListedRow, uppers: dict[str, UnionRow | None], today: date, options: dict[str, Any]
) -> Verdict:
    name = row[Column.NAME]
    if not name or len(name) > NAME_LONGEST:
        return refused(row.row, name[:NAME_LONGEST], f"写工会全称，最多 {NAME_LONGEST} 个字。")
    upper = uppers.get(key_of(row[Column.PARENT]), "none")
    if upper is None:
        return refused(row.row, name, "上级工会的名称不止一家。请写编码。")
    if isinstance(upper, str):
        return refused(
            row.row,
            name,
            f"您管的范围里没有上级工会“{row[Column.PARENT][:30]}”。它也在这张表里的话，先传那一行。",
        )
    try:
        given = _particulars(row, upper, today)
    except Malformed as refusal:
        return refused(row.row, name, refusal.message)
    return Verdict(
        row.row,
        ListingOutcome.NEW,
        name,
        where=orgs.region_name(given["adcode"], given["town_code"]),
        whose=upper.name,
        values=given
        | {
            "key": key_of(name),
            "parent": upper.code,
            "is_new_form": bool(options.get("is_new_form")),
        },
    )


def _particulars(row: ListedRow, upper: UnionRow, today: date) -> dict[str, Any]:
    kind = _KINDS.get(kind_word(row[Column.KIND]))
    if kind is None:
        listed = "、".join(one.label for one in UnionKind)
        raise Malformed(
            "listing.kind", f"不知道“{row[Column.KIND][:20]}”是哪一种工会。写其中一种：{listed}。"
        )
    route = _ROUTES.get(kind_word(row[Column.ROUTE])) if row[Column.ROUTE] else None
    if row[Column.ROUTE] and route is None:
        listed = "、".join(one.label for one in Route)
        raise Malformed(
            "listing.route",
            f"不知道“{row[Column.ROUTE][:20]}”怎么建的。写其中一种：{listed}，或者空着。",
        )
    adcode, town_code = _place(row, upper)
    code = row[Column.CREDIT_CODE]
    return {
        "kind": kind.value,
        "route": route.value if route else "",
        "adcode": adcode,
        "town_code": town_code,
        "founded_on": _founded_on(row[Column.FOUNDED_ON], today).isoformat(),
        "credit_code": parse_union_code(code).code if code else None,
        "address": row[Column.ADDRESS][:ADDRESS_LONGEST],
        "contact_name": row[Column.CONTACT][:CONTACT_LONGEST],
        "contact_phone": row[Column.PHONE][:PHONE_LONGEST],
    }


def _place(row: ListedRow, upper: UnionRow) -> tuple[int, int | None]:
    """Return where the row says it is; where it says nothing, where its upper union is."""
    said = (row[Column.CITY], row[Column.COUNTY], row[Column.TOWN])
    if not any(said):
        return upper.adcode, upper.town_code
    place = locate(*said, row[Column.ADDRESS], near=upper.adcode)
    if place.reason:
        raise Malformed("listing.place", place.reason)
    return place.adcode, place.town_code


def _founded_on(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed(
            "listing.day", f"看不懂成立日期“{text[:20]}”。写成 2026-05-01 这样。"
        ) from None
    if day > today:
        raise Malformed("listing.day", f"成立日期 {day} 还没到。")
    return day


def _new_union(row: Verdict) -> orgs_actions.NewUnion:
    given = row.values
    return orgs_actions.NewUnion(
        name=row.name,
        kind=UnionKind(given["kind"]),
        adcode=given["adcode"],
        town_code=given["town_code"],
        founded_on=date.fromisoformat(given["founded_on"]),
        parent_code=given["parent"],
        route=Route(given["route"]) if given["route"] else None,
        credit_code=given["credit_code"],
        is_new_form=given["is_new_form"],
        address=given["address"],
        contact_name=given["contact_name"],
        contact_phone=given["contact_phone"],
    )
