"""A table of outlets: each row's place, employer and verdict; and their entry into the register."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.credit_code import normalise_credit_code
from nuanxin.membership.forms.listing_columns import Column, ListedRow
from nuanxin.membership.models import Listing
from nuanxin.membership.rules.listing import Verdict, key_of, mark_repeated, refused
from nuanxin.membership.rules.places import locate
from nuanxin.membership.states import ListingOutcome
from nuanxin.orgs import actions as orgs_actions
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import EmployerRow, OutletRow

NAME_LONGEST = 120


def judge(listing: Listing, rows: Sequence[ListedRow], today: date) -> list[Verdict]:
    """Return what becomes of each row: new, here already, repeated, or not to be placed."""
    employers = _Employers(orgs.list_covered_employers(listing.union_id), listing.options)
    verdicts = [_judged(row, employers, listing.union.adcode, today) for row in rows]
    mark_repeated(verdicts, "key")
    names: dict[int, list[str]] = defaultdict(list)
    fresh = [one for one in verdicts if one.outcome is ListingOutcome.NEW]
    for one in fresh:
        names[one.values["employer"]].append(one.name)
    here = {(one.employer_id, key_of(one.name)): one for one in orgs.list_outlets_named(names)}
    for one in fresh:
        known = here.get((one.values["employer"], key_of(one.name)))
        if known is not None:
            _mark_here(one, known)
    return verdicts


def take_effect(listing: Listing, rows: Sequence[Verdict], *, actor: Actor, now: datetime) -> None:
    """Enter the outlets of the rows; one that came meanwhile is left as it is."""
    of_employer: dict[int, list[orgs_actions.NewOutlet]] = defaultdict(list)
    for row in rows:
        given = row.values
        of_employer[given["employer"]].append(
            orgs_actions.NewOutlet(
                name=row.name,
                adcode=given["adcode"],
                town_code=given["town_code"],
                address=given["address"],
                kind=given["kind"],
                opened_on=date.fromisoformat(given["opened_on"]) if given["opened_on"] else None,
            )
        )
    for employer_id, outlets in of_employer.items():
        orgs_actions.register_outlets_in_bulk(
            employer_id=employer_id, rows=outlets, actor=actor, now=now
        )


class _Employers:
    """The employers that the union covers, found by code, by name, or the one chosen for all."""

    def __init__(self, covered: Sequence[EmployerRow], options: dict[str, object]) -> None:
        self._by_code = {one.credit_code: one for one in covered if one.credit_code}
        self._by_name = {key_of(one.name): one for one in covered}
        chosen = options.get("employer")
        only = covered[0] if len(covered) == 1 else None
        self._chosen = next((one for one in covered if one.id == chosen), only)

    def of(self, row: ListedRow) -> EmployerRow | str:
        """Return whose outlet a row is, or why that cannot be said."""
        code, name = row[Column.EMPLOYER_CODE], row[Column.EMPLOYER]
        if code:
            found = self._by_code.get(normalise_credit_code(code))
            return found or f"没有覆盖信用代码是“{code[:20]}”的单位。核对代码，或者先覆盖这家单位。"
        if name:
            found = self._by_name.get(key_of(name))
            return found or f"本工会没有覆盖“{name[:30]}”。核对全称，或者先覆盖这家单位。"
        return self._chosen or "没有写是哪家单位的。补上单位名称，或者在上传时选一家。"


def _judged(row: ListedRow, employers: _Employers, near: int, today: date) -> Verdict:
    name = row[Column.NAME]
    if not name:
        return refused(row.row, "", "没有写网点名称。")
    if len(name) > NAME_LONGEST:
        return refused(row.row, name[:NAME_LONGEST], f"名称最多 {NAME_LONGEST} 个字。")
    employer = employers.of(row)
    if isinstance(employer, str):
        return refused(row.row, name, employer)
    place = locate(
        row[Column.CITY], row[Column.COUNTY], row[Column.TOWN], row[Column.ADDRESS], near=near
    )
    if place.reason:
        return refused(row.row, name, place.reason)
    opened = row[Column.OPENED_ON]
    if opened and not _is_day(opened):
        return refused(
            row.row, name, f"看不懂开张日期“{opened[:20]}”。写成 2026-05-01 这样，或者空着。"
        )
    return Verdict(
        row.row,
        ListingOutcome.NEW,
        name,
        where=orgs.region_name(place.adcode, place.town_code),
        whose=employer.name,
        values={
            "key": f"{employer.id}:{key_of(name)}",
            "employer": employer.id,
            "adcode": place.adcode,
            "town_code": place.town_code,
            "address": row[Column.ADDRESS],
            "kind": row[Column.KIND],
            "opened_on": opened,
        },
    )


def _mark_here(one: Verdict, known: OutletRow) -> None:
    one.outcome = ListingOutcome.HERE
    one.reason = "已经登记过，不用再登。"
    if known.closed_on is not None:
        one.reason = f"登记过，{known.closed_on} 停用了。还在用的话，在网点那一页恢复。"
    elif known.adcode != one.values["adcode"]:
        place = orgs.region_name(known.adcode, known.town_code)
        one.reason = f"登记过，在{place}。是另一个网点的话，名称写得不一样些。"
    one.values = {}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
