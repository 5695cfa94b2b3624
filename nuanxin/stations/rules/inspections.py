"""What an inspection adds up to, what must be mended by when, and how a sample is laid out.

The form is a dated parameter (``stations.inspection_form``), as are the marks. An item that a station
need not have counts neither way; an item that must be kept and is not makes the whole "to be mended",
whatever the other marks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.workdays import add_workdays
from nuanxin.stations.rules.seasons import Season, season_on
from nuanxin.stations.states.inspections import Finding, Verdict

LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a form: ``weight`` in points, ``days`` in working days to mend it."""

    code: str
    text: str
    weight: int
    must: bool
    days: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form as in force at a place on a day."""

    code: str
    items: tuple[Item, ...]

    @classmethod
    def of(cls, value: Mapping[str, Any], season: Season | None = None) -> "Form":
        """Read the parameter's value, with what the season asks too.

        Raises ``KeyError`` or ``ValueError`` for a form with faults.
        """
        items = tuple(
            Item(one["code"], one["text"], int(one["weight"]), bool(one["must"]), int(one["days"]))
            for one in (*value["items"], *(season.items if season else ()))
        )
        if len({one.code for one in items}) < len(items) or any(one.weight < 0 for one in items):
            raise ValueError("codes of a form are unique and weights not negative")
        return cls(f"{value['code']}+{season.code}" if season else value["code"], items)


def form_of(adcode: str, *, on: date) -> Form:
    """Return the form in force at a place on a day, with what its season asks."""
    value = parameter("stations.inspection_form", adcode=adcode, on=on).value
    return Form.of(value, season_on(on, adcode))


@dataclass(frozen=True, slots=True)
class Defect:
    """Something to be mended, with the last day."""

    item: str
    text: str
    note: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the answers add up to: ``permille`` of the points that could be had (1000 when none could)."""

    permille: int
    verdict: Verdict
    missing: tuple[str, ...]
    failed_musts: tuple[str, ...]


def judge(form: Form, found: Mapping[str, Finding], marks: Mapping[str, int]) -> Outcome:
    """Return what the findings add up to; an item without an answer is named as missing.

    ``marks`` has excellent, good and pass in permille, each the least.
    """
    missing = tuple(one.code for one in form.items if one.code not in found)
    counted = [one for one in form.items if found.get(one.code) in (Finding.YES, Finding.NO)]
    could = sum(one.weight for one in counted)
    had = sum(one.weight for one in counted if found[one.code] is Finding.YES)
    permille = had * 1000 // could if could else 1000
    failed = tuple(one.code for one in counted if one.must and found[one.code] is Finding.NO)
    return Outcome(permille, _verdict(permille, bool(failed), marks), missing, failed)


def _verdict(permille: int, has_failed_must: bool, marks: Mapping[str, int]) -> Verdict:
    if has_failed_must or permille < marks["pass"]:
        return Verdict.MEND
    if permille >= marks["excellent"]:
        return Verdict.EXCELLENT
    return Verdict.GOOD if permille >= marks["good"] else Verdict.PASS


def defects(
    form: Form, found: Mapping[str, Finding], notes: Mapping[str, str], *, on: date
) -> list[Defect]:
    """Return what is to be mended after a look on a day, the earliest due first."""
    listed = [
        Defect(
            one.code,
            one.text,
            notes.get(one.code, "")[:LONGEST_NOTE],
            add_workdays(on, one.days).day,
        )
        for one in form.items
        if found.get(one.code) is Finding.NO
    ]
    return sorted(listed, key=lambda one: (one.due_on, one.item))


def sample_terms(
    stations: Sequence[tuple[str, str]], *, permille: int, title: str, seed: str
) -> dict[str, Any]:
    """Return the draw of a sample, to be committed: stations as entrants, a stratum for each group.

    ``stations`` are (code, group). Of each group at least one is drawn, and at least ``permille`` of it,
    rounded up, so that no town escapes for being small. ``seed`` says which public value will decide.
    """
    groups: dict[str, int] = {}
    for _, group in stations:
        groups[group] = groups.get(group, 0) + 1
    strata = [
        {"name": name, "places": max(1, -(-count * permille // 1000)), "directed": 0}
        for name, count in sorted(groups.items())
    ]
    return {
        "title": title,
        "strata": strata,
        "overflow": False,
        "reserves": None,
        "seed": {"public": seed},
        "entrants": [{"id": code, "stratum": group} for code, group in sorted(stations)],
    }
