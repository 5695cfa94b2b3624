"""What the pages that change a union need to know: which union is meant, and what hangs on it."""

import hashlib
from collections.abc import Collection

from nuanxin.desk.rules import Touched
from nuanxin.kernel import policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import compact
from nuanxin.membership.queries.reorganising import get_effects
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import EmployerRow, TerritoryRow, UnionRow

CANDIDATES_NAMED = 4
CHILDREN_OFFERED = 200
SHAPE = "org_unit.create"
_UPPER_DECIDES = (
    "这一件由上级工会办：建、挪、并、撤都看上级。请联系上级工会，或者让上级的同事来办。"
)


def get_union_in_scope(actor: Actor, code: str, right: str) -> UnionRow:
    """Return the union; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, right, path=union.path)
    return union


def insist_on_upper(actor: Actor, union: UnionRow) -> None:
    """Raise ``Conflict`` desk.upper_union_decides unless the actor's scope holds the union above."""
    if not union.parent_path or not policy.may(actor, SHAPE, path=union.parent_path):
        raise Conflict("desk.upper_union_decides", _UPPER_DECIDES)


def find_named_union(actor: Actor, words: str, right: str = SHAPE) -> UnionRow:
    """Return the one union that an officer means by a code or a name, within his own scope.

    Raises ``Malformed`` desk.no_such_union, or desk.several_unions with the likeliest.
    """
    paths = policy.scope_paths(actor, right)
    found = orgs.search_unions(words, paths=paths, limit=CANDIDATES_NAMED + 1)
    wanted = compact(words)
    exact = [one for one in found if wanted in (compact(one.name), one.code, one.credit_code)]
    if len(exact) == 1:
        return exact[0]
    if len(found) == 1 and not exact:
        return found[0]
    if not found:
        raise Malformed(
            "desk.no_such_union", "您管的范围里没有这个工会。请核对编码，或者少写几个字再找。"
        )
    shown = "；".join(f"{one.name}（{one.code}）" for one in found[:CANDIDATES_NAMED])
    raise Malformed("desk.several_unions", f"不止一家：{shown}。请写编码。")


def find_named_employer(words: str) -> EmployerRow:
    """Return the one employer meant by a credit code or a name; raise ``Malformed``."""
    exact = orgs.find_employer(credit_code=words, name=words)
    if exact is not None:
        return exact
    found = orgs.search_employers(words, limit=CANDIDATES_NAMED + 1)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Malformed("desk.no_such_employer", "还没有登记过这家单位。请先登记单位，再来覆盖。")
    shown = "；".join(one.name for one in found[:CANDIDATES_NAMED])
    raise Malformed("desk.several_employers", f"不止一家：{shown}。请写全称或信用代码。")


_NARROW = (regions.RegionLevel.COUNTY, regions.RegionLevel.TOWN)
_ALL_LEVELS = tuple(regions.RegionLevel)


def find_named_seat(words: str) -> tuple[int, int | None]:
    """Return the place where a union has its seat; raise ``Malformed`` desk.no_such_seat."""
    try:
        return find_named_place(words, levels=_ALL_LEVELS)
    except Malformed as refusal:
        raise Malformed("desk.no_such_seat", refusal.message) from None


def find_named_areas(lines: str) -> list[tuple[int, int | None]]:
    """Return the places that an officer lists, one a line; empty lines do not count.

    Raises ``Malformed`` desk.no_such_area naming the first line that means none or several.
    """
    found = []
    for number, words in enumerate(lines.splitlines(), start=1):
        if not words.strip():
            continue
        try:
            found.append(find_named_place(words, levels=_ALL_LEVELS))
        except Malformed as refusal:
            raise Malformed(
                "desk.no_such_area", f"第 {number} 行「{words.strip()[:30]}」：{refusal.message}"
            ) from None
    return found


def list_areas(union_id: int) -> list[TerritoryRow]:
    """Return where a union works today besides its seat."""
    return [one for one in orgs.list_territories(union_id) if not one.is_seat]


def list_entry_choices(union: UnionRow) -> list[tuple[str, str]]:
    """Return the entries of the territory whose days can be corrected, as (id, words)."""
    return [
        (
            str(one.id),
            f"{one.name}，{'驻地' if one.is_seat else '地域'}，{one.valid_from} "
            + (f"到 {one.valid_to} 前一天" if one.valid_to else "起"),
        )
        for one in orgs.list_correctable_territories(union.id)
    ]


def find_named_place(
    words: str, *, levels: Collection[regions.RegionLevel] = _NARROW
) -> tuple[int, int | None]:
    """Return the county (and the town, where one is named) that an officer means, as codes.

    With wider ``levels`` a city or the province may be meant. Raises ``Malformed``
    desk.no_such_place, desk.several_places.
    """
    found = [one for one in regions.search(words) if one.level in levels]
    wanted = compact(words)
    exact = [one for one in found if wanted in (one.name, one.code, _whole_name(one.code))]
    if len(exact) == 1:
        found = exact
    if not found:
        raise Malformed(
            "desk.no_such_place", "没有这个地方。请写到县（市、区）或街道，例如“鄞州区”。"
        )
    if len(found) > 1 and not (exact and len(exact) == 1):
        best = [one for one in found if one.level is found[0].level]
        if len(best) > 1:
            shown = "；".join(
                regions.full_name(one.code, with_province=False) for one in best[:CANDIDATES_NAMED]
            )
            raise Malformed("desk.several_places", f"不止一处：{shown}。请连着市县一起写。")
    code = found[0].code
    return int(code[:6]), int(code) if found[0].level is regions.RegionLevel.TOWN else None


def _whole_name(code: str) -> str:
    return regions.full_name(code, with_province=False)


def get_touched(union: UnionRow) -> Touched:
    """Return who and what hangs on the union. Unscoped: the page has asked for the right."""
    effects = get_effects(union.id)
    return Touched(
        live=effects.live,
        retained=effects.retained,
        applications=effects.applications,
        transfers=effects.transfers_here,
        children=orgs.count_children(union.id),
        below=len(orgs.subtree_ids(union.id)) - 1,
        outlets=orgs.count_outlets(union.id),
    )


def list_places(union: UnionRow) -> list[tuple[str, str]]:
    """Return where a union below this one may have its seat: the own region and what lies in it."""
    own = str(union.town_code or union.adcode)
    below = [] if union.town_code else regions.children(own)
    return [(own, regions.region(own).name), *((one.code, one.name) for one in below)]


def list_child_choices(union: UnionRow) -> list[tuple[str, str]]:
    """Return the unions directly below as (id, name); at most ``CHILDREN_OFFERED``."""
    page = orgs.children_of(union.id, limit=CHILDREN_OFFERED)
    return [(str(one.id), one.name) for one in page.items]


def fingerprint(union: UnionRow) -> str:
    """Return a mark that changes whenever anything of the union or its record changes."""
    latest = orgs.list_changes(union.id, limit=1)
    said = f"{union!r}{latest[0].id if latest else 0}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def get_parent_name(union: UnionRow) -> str:
    """Return the name of the upper union, "" for the root."""
    if union.parent_id is None:
        return ""
    try:
        return orgs.get_union(union.parent_id).name
    except NotFound:
        return ""
