"""For each change of a union: the one action it calls, and the words that say what it means."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from nuanxin.desk import rules
from nuanxin.desk.queries import union_changes as queries
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.text import whole_number
from nuanxin.membership.actions import reorganising, reseating
from nuanxin.orgs import actions as orgs
from nuanxin.orgs import queries as orgs_queries
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import DissolutionGround, Route, UnionKind, UnionState

_TOWN_DIGITS = 9
FIELD_OF = {
    "desk.no_such_union": "other",
    "desk.several_unions": "other",
    "desk.no_such_place": "where",
    "desk.several_places": "where",
    "desk.no_such_employer": "employer",
    "desk.several_employers": "employer",
    "orgs.circle": "other",
    "orgs.already_there": "other",
    "orgs.merged_into_itself": "other",
    "orgs.parent_is_younger": "effective_on",
    "orgs.before_last_move": "effective_on",
    "orgs.not_yet_in_effect": "effective_on",
    "orgs.before_founding": "effective_on",
    "orgs.parent_is_lower": "other",
    "orgs.federation_under_federation": "other",
    "orgs.no_dual_subordination": "other",
    "orgs.second_parent_kind": "other",
    "orgs.already_first_parent": "other",
    "orgs.term_not_allowed": "term_years",
    "orgs.extension_too_long": "months",
    "orgs.extension_needs_approval": "document",
    "orgs.children_left": "children",
    "orgs.document_missing": "document",
    "desk.no_such_seat": "seat",
    "desk.no_such_area": "areas",
    "orgs.same_territory": "areas",
    "orgs.too_many_areas": "areas",
    "orgs.same_days": "valid_from",
    "orgs.first_seat": "entry",
    "orgs.seat_end": "valid_to",
    "orgs.before_last_seat": "valid_from",
    "orgs.area_twice": "valid_from",
    "orgs.same_name": "name",
    "orgs.name_missing": "name",
    "orgs.credit_code_taken": "credit_code",
    "orgs.no_day": "valid_to",
    "membership.target_takes_no_members": "other",
}


def completed(actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed with the union or employer that its words mean.

    Raises ``Malformed`` where they mean none or several.
    """
    found = dict(given)
    if "other" in found:
        words = found["other"].strip()
        found["other"] = queries.find_named_union(actor, words) if words else None
    if "areas" in found:
        found["seat"] = queries.find_named_seat(found["seat"])
        found["areas"] = queries.find_named_areas(found["areas"])
    if "where" in found:
        found["where"] = queries.find_named_place(found["where"])
    if "employer" in found and not found.get("is_new"):
        found["employer"] = queries.find_named_employer(found["employer"])
    return found


def initial_of(union: UnionRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form begins with: the union's own particulars, and today."""
    today = clock.business_day(clock.now())
    days = dict.fromkeys(("effective_on", "founded_on", "elected_on", "approved_on"), today)
    begun = _day(asked.get("from", ""))
    return (
        days
        | {
            "name": union.name if asked.get("keep") else "",
            "address": union.address,
            "contact_name": union.contact_name,
            "contact_phone": union.contact_phone,
            "credit_code": "",
            "place": str(union.town_code or union.adcode),
            "kind": UnionKind.JOINT.value,
            "valid_from": begun,
            "employer": asked.get("employer", ""),
        }
        | _territory_of(union, asked)
    )


def _territory_of(union: UnionRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return where it works now, as the form shows it; and the days of an entry asked for."""
    rows = queries.list_areas(union.id)
    begun = {
        "seat": orgs_queries.region_name(union.adcode, union.town_code),
        "areas": "\n".join(one.name for one in rows),
    }
    entry = whole_number(asked.get("entry"))
    found = None if entry is None else orgs_queries.find_territory(union.id, entry)
    if found is None:
        return begun
    return begun | {
        "entry": str(found.id),
        "valid_from": found.valid_from,
        "valid_to": found.valid_to,
    }


# ---- what is done -----------------------------------------------------------------------------


def found(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Found a union below."""
    place = given["place"]
    is_town = len(place) == _TOWN_DIGITS
    orgs.found_union(
        name=given["name"],
        kind=UnionKind(given["kind"]),
        parent_id=union.id,
        adcode=int(place[:6]) if is_town else int(place),
        town_code=int(place) if is_town else None,
        founded_on=given["founded_on"],
        state=UnionState(given["state"]),
        is_new_form=given["is_new_form"],
        route=Route(given["route"]) if given["route"] else None,
        credit_code=given["credit_code"] or None,
        document=given["document"],
        reason=given["reason"],
        actor=actor,
        now=now,
    )


def move(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Put it under another union."""
    orgs.move_union(
        union_id=union.id,
        parent_id=given["other"].id,
        **_dated(given),
        actor=actor,
        now=now,
    )


def correct(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Correct where it stood."""
    orgs.correct_placement(
        union_id=union.id,
        parent_id=given["other"].id,
        valid_from=given["valid_from"],
        valid_to=given["valid_to"],
        reason=given["reason"],
        document=given["document"],
        actor=actor,
        now=now,
    )


def set_second(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Begin, change or end dual subordination."""
    orgs.set_second_parent(
        union_id=union.id,
        parent_id=given["other"].id if given["other"] else None,
        **_dated(given),
        actor=actor,
        now=now,
    )


def set_territory(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Say where it works from a day on."""
    reseating.set_territory(
        union_id=union.id,
        places=given["areas"],
        seat=given["seat"],
        **_dated(given),
        actor=actor,
        now=now,
    )


def correct_territory(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Correct the days of an entry."""
    entry = orgs_queries.find_territory(union.id, int(given["entry"]))
    is_seat = entry is not None and entry.is_seat and not given["valid_to"]
    reseating.correct_territory(
        union_id=union.id,
        territory_id=int(given["entry"]),
        valid_from=given["valid_from"],
        valid_to=entry.valid_to if is_seat and entry is not None else given["valid_to"],
        reason=given["reason"],
        document=given["document"],
        actor=actor,
        now=now,
    )


def merge(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Merge it into another union, members too."""
    reorganising.merge_union(
        union_id=union.id,
        target_id=given["other"].id,
        **_dated(given),
        actor=actor,
        now=now,
    )


def split(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Found a union beside it, with some of those below."""
    orgs.split_union(
        union_id=union.id,
        parts=[{"name": given["name"]}],
        children={int(child): 0 for child in given["children"]},
        **_dated(given),
        actor=actor,
        now=now,
    )


def dissolve(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Dissolve it; the upper union retains the members."""
    reorganising.dissolve_union(
        union_id=union.id,
        dissolution_ground=DissolutionGround(given["dissolution_ground"]),
        **_dated(given),
        actor=actor,
        now=now,
    )


def activate(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Take it into the register."""
    orgs.activate_union(
        union_id=union.id,
        approved_on=given["approved_on"],
        document=given["document"],
        actor=actor,
        now=now,
    )


def extend(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Put off its re-election."""
    orgs.extend_term(
        union_id=union.id,
        months=given["months"],
        document=given["document"],
        actor=actor,
        now=now,
    )


def rename(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Give it another name."""
    orgs.rename_union(
        union_id=union.id,
        name=given["name"],
        short_name=given["short_name"] or None,
        **_dated(given),
        actor=actor,
        now=now,
    )


def edit_contact(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Change how its office is reached."""
    orgs.edit_contact(
        union_id=union.id,
        address=given["address"],
        contact_name=given["contact_name"],
        contact_phone=given["contact_phone"],
        actor=actor,
        now=now,
    )


def set_credit_code(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Enter its code."""
    orgs.set_credit_code(union_id=union.id, credit_code=given["credit_code"], actor=actor, now=now)


def record_election(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Enter an election."""
    orgs.record_election(
        union_id=union.id,
        elected_on=given["elected_on"],
        term_years=given["term_years"],
        document=given["document"],
        actor=actor,
        now=now,
    )


def extend_coverage(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Cover an employer, one that is new too."""
    employer = given["employer"]
    employer_id = (
        orgs.register_employer(
            name=employer,
            credit_code=given["credit_code"] or None,
            adcode=union.adcode,
            is_platform=given["is_platform"],
            actor=actor,
            now=now,
        )
        if isinstance(employer, str)
        else employer.id
    )
    orgs.extend_coverage(
        union_id=union.id,
        employer_id=employer_id,
        effective_on=given["effective_on"],
        actor=actor,
        now=now,
    )


def close_coverage(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Cover an employer no longer."""
    orgs.close_coverage(
        union_id=union.id,
        employer_id=given["employer"].id,
        effective_on=given["effective_on"],
        actor=actor,
        now=now,
    )


def register_outlet(union: UnionRow, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Enter an outlet of a covered employer."""
    adcode, town_code = given["where"]
    orgs.register_outlet(
        employer_id=given["employer"].id,
        name=given["name"],
        adcode=adcode,
        town_code=town_code,
        opened_on=given["opened_on"],
        actor=actor,
        now=now,
    )


# ---- what it means ----------------------------------------------------------------------------


def words_of_founding(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say what a founding adds."""
    return rules.words_of_founding(
        name=given["name"],
        kind=UnionKind(given["kind"]).label,
        upper=union.name,
        place=regions.full_name(given["place"], with_province=False),
        on=given["founded_on"],
    )


def words_of_move(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say who moves and whose numbers change from when on."""
    return rules.words_of_move(
        queries.get_touched(union),
        name=union.name,
        before=queries.get_parent_name(union),
        after=given["other"].name,
        on=given["effective_on"],
    )


def words_of_correction(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say how past days will be answered."""
    return rules.words_of_correction(
        name=union.name,
        after=given["other"].name,
        start=given["valid_from"],
        end=given["valid_to"],
    )


def words_of_territory(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say what changes from the day on, and what stays."""
    name = orgs_queries.region_name
    before = {(one.adcode, one.town_code) for one in queries.list_areas(union.id)}
    after = list(dict.fromkeys(given["areas"]))
    seat = (union.adcode, union.town_code)
    return rules.words_of_territory(
        name=union.name,
        seat_before=name(*seat),
        seat_after=name(*given["seat"]) if given["seat"] != seat else "",
        added=[name(*place) for place in after if place not in before],
        ended=sorted(name(*place) for place in before - set(after)),
        on=given["effective_on"],
    )


def words_of_territory_days(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say which days change, and what stays to be found."""
    entry = orgs_queries.find_territory(union.id, int(given["entry"]))
    assert entry is not None
    return rules.words_of_territory_days(
        name=union.name,
        place=entry.name,
        is_seat=entry.is_seat,
        before=(entry.valid_from, entry.valid_to),
        after=(
            given["valid_from"],
            given["valid_to"] or (entry.valid_to if entry.is_seat else None),
        ),
    )


def words_of_second(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say what dual subordination changes."""
    other = given["other"].name if given["other"] else ""
    return rules.words_of_second(name=union.name, other=other, on=given["effective_on"])


def words_of_merger(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say where members, cases, unions and outlets go."""
    return rules.words_of_merger(
        queries.get_touched(union),
        name=union.name,
        target=given["other"].name,
        on=given["effective_on"],
    )


def words_of_split(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say what the new union takes along."""
    return rules.words_of_split(
        name=union.name,
        part=given["name"],
        children=len(given["children"]),
        on=given["effective_on"],
    )


def words_of_dissolution(union: UnionRow, given: dict[str, Any], actor: Actor) -> list[str]:
    """Say who keeps the members."""
    return rules.words_of_dissolution(
        queries.get_touched(union),
        name=union.name,
        upper=queries.get_parent_name(union),
        on=given["effective_on"],
    )


def _dated(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("effective_on", "document", "reason")}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
