"""Entering denominators: one by one on the desk, or a whole table at once; nothing half loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from nuanxin.figures import permissions
from nuanxin.figures.models import Denominator
from nuanxin.figures.rules.denominators import Entry, refuse
from nuanxin.kernel import regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, NotFound
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import append_event, logged_name

_LOCK = 7203107
Key = tuple[str, int, date]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were new, how many corrected an earlier one, how many were there already."""

    added: int
    corrected: int
    known: int


@transaction.atomic
def enter_denominators(*, entries: Sequence[Entry], actor: Actor, now: datetime) -> Loaded:
    """Enter all of them or none. What is there already, to the letter, is not entered again.

    Raises ``Malformed`` figures.denominators_unreadable with the line of each row that is out of
    the actor's scope, or that differs from an earlier one without saying why.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    standing = _standing(entries)
    faults = _out_of_scope(entries, actor)
    fresh: list[Denominator] = []
    known = 0
    for entry in entries:
        old = standing.get(entry.key)
        if old is not None and (old.value, old.source) == (entry.value, entry.source):
            known += 1
        elif old is not None and not entry.reason:
            faults.setdefault(entry.line, _needs_reason(old))
        else:
            fresh.append(_row(entry, old, actor, now))
    if faults:
        raise refuse(faults)
    made = Denominator.objects.bulk_create(fresh, batch_size=500)
    corrected = sum(one.corrects_id is not None for one in made)
    if made:
        _record(made, corrected, actor, now)
    return Loaded(added=len(made) - corrected, corrected=corrected, known=known)


def enter_denominator(*, entry: Entry, actor: Actor, now: datetime) -> Loaded:
    """Enter one. Raises ``NotFound`` or ``Forbidden`` out of scope, ``Conflict``
    figures.denominator_known where a different one stands and no reason is given."""
    _check_scope(actor, [entry.region])
    old = _standing([entry]).get(entry.key)
    differs = old is not None and (old.value, old.source) != (entry.value, entry.source)
    if old is not None and differs and not entry.reason:
        raise Conflict("figures.denominator_known", _needs_reason(old))
    return enter_denominators(entries=[entry], actor=actor, now=now)


def _standing(entries: Sequence[Entry]) -> dict[Key, Denominator]:
    """Return the entry that counts of each key: the last of its corrections."""
    found = Denominator.objects.filter(
        region__in={one.region for one in entries},
        as_of__in={one.as_of for one in entries},
        corrected_by__isnull=True,
    )
    return {(one.kind, one.region, one.as_of): one for one in found}


def _needs_reason(old: Denominator) -> str:
    return (
        f"{old.as_of} 已有 {old.value:,}（{old.source}）。"
        "要改就在“更正原因”里写明为什么，旧的会留着。"
    )


def _row(entry: Entry, old: Denominator | None, actor: Actor, now: datetime) -> Denominator:
    return Denominator(
        kind=entry.kind.value,
        region=entry.region,
        as_of=entry.as_of,
        value=entry.value,
        source=entry.source,
        checked_on=entry.checked_on,
        corrects=old,
        reason=entry.reason if old is not None else "",
        entered_at=now,
        entered_by=actor.account_id,
        entered_by_name=logged_name(actor),
    )


def _out_of_scope(entries: Sequence[Entry], actor: Actor) -> dict[int, str]:
    paths = orgs.federation_paths({one.region for one in entries})
    return {
        entry.line: f"{_place(entry.region)}不归您录入，请交给那里的总工会。"
        for entry in entries
        if not permissions.can_decide(actor, path=paths.get(entry.region, "/"))
    }


def _check_scope(actor: Actor, places: Sequence[int]) -> None:
    paths = orgs.federation_paths(set(places))
    for place in places:
        try:
            permissions.check_can_decide(actor, path=paths.get(place, "/"))
        except (NotFound, Forbidden) as refusal:
            said = f"{_place(place)}不归您录入，请交给那里的总工会。"
            raise type(refusal)("figures.denominator_out_of_scope", said) from None


def _place(region: int) -> str:
    return regions.full_name(str(region), with_province=region % 10_000 == 0)


def _record(made: Sequence[Denominator], corrected: int, actor: Actor, now: datetime) -> None:
    append_event(
        "figures.denominators_entered",
        actor=actor,
        at=now,
        subject_type="denominator",
        subject_id=made[-1].id,
        data={
            "rows": len(made),
            "corrected": corrected,
            "first": made[0].id,
            "regions": sorted({one.region for one in made})[:100],
        },
    )
