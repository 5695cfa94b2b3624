"""Industry codes of GB/T 4754-2017: all sections (A to T), and the classes that our trades need.

Couriers are G602 (not G59, loading and storage); care of the old is Q8512, Q8514, Q8521 (Q84 is
health care). Another class is one more line in ``data/industries.csv``.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact

_FILE = Path(__file__).parent / "data" / "industries.csv"


@dataclass(frozen=True, slots=True)
class Industry:
    """A section (one letter), division (two digits), group (three) or class (four)."""

    code: str
    label: str
    parent: str

    @property
    def section(self) -> str:
        """Return the letter of the section."""
        return self.code[0]


def normalise_industry(text: str) -> str:
    """Return the code in capitals without spaces; four digits alone get their section's letter."""
    code = compact(text).upper()
    if code.isdigit():
        return next((known for known in _all() if known[1:] == code), code)
    return code


def industry(code: str) -> Industry:
    """Return the industry; raise ``Malformed`` industry.unknown."""
    found = _all().get(normalise_industry(code))
    if found is None:
        raise Malformed(
            "industry.unknown",
            "没有这个行业代码。请从列表里选；代码是一个字母加两到四位数字，例如 G6020。",
        )
    return found


def all_industries() -> list[Industry]:
    """Return every industry that is kept, sections first."""
    return list(_all().values())


def sections() -> list[Industry]:
    """Return the twenty sections."""
    return [one for one in _all().values() if not one.parent]


def is_within_industry(code: str, wider: str) -> bool:
    """Return whether ``code`` is ``wider`` or lies below it: G6020 within G602, G60 and G."""
    return normalise_industry(code).startswith(normalise_industry(wider))


@lru_cache(maxsize=1)
def _all() -> dict[str, Industry]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        read = [Industry(row["code"], row["label"], row["parent"]) for row in csv.DictReader(file)]
    return {one.code: one for one in read}
