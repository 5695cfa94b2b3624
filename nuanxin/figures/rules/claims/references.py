"""Values to check against: of a CSV of published figures, or measured from the registry."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from nuanxin.figures.rules.claims.numerals import read_number
from nuanxin.figures.rules.claims.periods import find_periods, is_every, years_in
from nuanxin.figures.rules.claims.words import canonical, family_of, place_key, place_names
from nuanxin.kernel.errors import Malformed

COLUMNS = ("code", "label", "value", "unit", "period")
MOST_ROWS = 5_000
LONGEST_FIELD = 400
_BRACKETS = re.compile(r"[（(][^（）()]*[)）]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is known. ``at_least``: it is itself told as 以上; ``source`` says by whom.

    ``kind`` is reference (of a file) or figure (of the registry). ``row`` is the line of the file.
    A figure was measured for claims that tell ``asked_period`` and ``place``, and for no others;
    ``is_undated``: it is counted in a period, and those claims do not say in which.
    ``rounded_to``: 10 where it is published to the ten.
    """

    code: str
    label: str
    value: Fraction
    unit: str
    period: str = ""
    source: str = ""
    at_least: bool = False
    kind: str = "reference"
    row: int = 0
    place: str = ""
    asked_period: str | None = None
    is_undated: bool = False
    rounded_to: int = 1

    def as_compared_with(self, told: Fraction) -> Fraction:
        """Return the value to hold a told one against: the told one itself where rounding made the
        difference."""
        is_rounded_from = self.rounded_to > 1 and 2 * abs(told - self.value) <= self.rounded_to
        return told if is_rounded_from else self.value

    @property
    def key(self) -> str:
        """Return what it counts, in one writing."""
        return canonical(self.label)

    @property
    def short_key(self) -> str:
        """Return the same without what its label says in brackets."""
        return canonical(_BRACKETS.sub("", self.label)) or self.key

    @property
    def family(self) -> str:
        """Return the family of its unit."""
        return family_of(self.unit)

    @property
    def years(self) -> frozenset[str]:
        """Return the years that its period names."""
        return years_in(self.period if self.asked_period is None else self.asked_period)

    @property
    def period_key(self) -> str:
        """Return one spelling of its period where it is told exactly; "" else."""
        told = find_periods(self.period)
        if self.asked_period is not None:
            return self.asked_period
        exact = len(told) == 1 and told[0].text == self.period.strip() and not is_every(self.period)
        return told[0].key if exact and self.years else ""

    def told_place(self) -> str:
        """Return the place that it is of: given, or named in its label."""
        if self.place:
            return self.place
        found = place_names().search(self.label)
        return place_key(found[0]) if found else ""


def read_references(text: str) -> list[Reference]:
    """Return the values of a CSV with the columns code, label, value, unit, period (and source …).

    Raises Malformed ``figures.reference_columns``, ``figures.reference_value``,
    ``figures.reference_too_long``.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    heads = [head.strip() for head in rows.fieldnames or ()]
    if missing := [name for name in COLUMNS if name not in heads]:
        raise Malformed(
            "figures.reference_columns",
            f"对照表缺这几列：{'、'.join(missing)}。第一行请写 {','.join(COLUMNS)}，每行一个数。",
            missing=missing,
        )
    rows.fieldnames = heads
    return list(_references(rows))


def _references(rows: Iterable[dict[str, str | None]]) -> Iterable[Reference]:
    try:
        for number, row in enumerate(rows, start=2):
            if number > MOST_ROWS + 1:
                raise Malformed(
                    "figures.reference_too_long", f"对照表一次最多 {MOST_ROWS:,} 行，请分几份来核。"
                )
            cells = {
                key: (value or "").strip()[:LONGEST_FIELD]
                for key, value in row.items()
                if isinstance(value, str)
            }
            if cells.get("label") or cells.get("value"):
                yield _reference(cells, number)
    except csv.Error:
        raise Malformed(
            "figures.reference_columns", "对照表读不出行和列。请存成逗号分隔的 CSV（UTF-8）再试。"
        ) from None


def _reference(cells: dict[str, str], number: int) -> Reference:
    written = read_number(cells.get("value", ""))
    if written is None:
        raise Malformed(
            "figures.reference_value",
            f"对照表第 {number} 行的 value 不是数：“{cells.get('value', '')[:20]}”。请写成 1175000 或 117.5万。",
            row=number,
        )
    unit = cells.get("unit", "")
    return Reference(
        code=cells.get("code", ""),
        label=cells.get("label", ""),
        value=written.value,
        unit=unit,
        period=cells.get("period", ""),
        source=" ".join(filter(None, (cells.get("source", ""), cells.get("place_in_source", "")))),
        at_least="以上" in unit or bool(written.leaning),
        row=number,
    )
