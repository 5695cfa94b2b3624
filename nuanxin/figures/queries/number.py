"""One number by its question, as everybody may have it: what an address in a report leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.figures.queries.measuring import Measurement
from nuanxin.figures.queries.report_numbers import Numbers
from nuanxin.figures.queries.report_questions import Questions, Wanted
from nuanxin.figures.rules.reports import Faults, Slot
from nuanxin.figures.rules.reports.head import Setting, region_code
from nuanxin.figures.rules.reports.reference import Asked
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound

PROVINCE = "330000"
_OPTIONS = (
    "region",
    "union",
    "as_of",
    "period",
    "occupation",
    "channel",
    "kind",
    "route",
    "known_on",
)


@dataclass(frozen=True, slots=True)
class NumberAnswer:
    """A number with its question in words; ``measured`` has no value where it is withheld."""

    wanted: Wanted
    measured: Measurement


def get_number(code: str, asked: Mapping[str, str], *, now: datetime) -> NumberAnswer:
    """Return a public figure for a question told in plain words, as a report's address tells it.

    Raises ``NotFound`` for an unknown figure or place, ``Malformed`` for what cannot be read.
    """
    options = {key: asked[key].strip()[:60] for key in _OPTIONS if asked.get(key, "").strip()}
    if "period" in options:
        options.pop("as_of", None)
    faults = Faults()
    setting = Setting(_region(options), None, _today(now), _today(now))
    slot = Slot(0, Asked(code, tuple(options.items())), None, 1, 1)
    wanted = Questions(setting, faults).of(slot)
    if wanted is None:
        fault = faults.stops[0]
        kind = NotFound if fault.code == "figures.unknown" else Malformed
        raise kind(fault.code, fault.message)
    numbers = Numbers(now=now, most_measured=2)
    measured = numbers.read([wanted])[wanted]
    if wanted in numbers.missing:
        raise numbers.missing[wanted]
    return NumberAnswer(wanted, measured)


def _region(options: Mapping[str, str]) -> str:
    return region_code(options.get("region", "")) or PROVINCE


def _today(now: datetime) -> date:
    return clock.business_day(now)
