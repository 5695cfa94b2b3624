"""Cleaning of what people type and what spreadsheets hold, before any field is read."""

import re
import unicodedata
from collections.abc import Iterable

_SPACES_AND_DASHES = re.compile(
    "[\\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2064\u2066-\u2069\u2212"
    "\u3164\ufe58\ufe63\ufeff\\-\u00b7_']"
)
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08]"
)

SCIENTIFIC = re.compile(r"^[+]?\d(?:\.\d+)?[eE][+]?\d{1,3}$")
"""How a spreadsheet writes a long number that it has taken for a quantity: 3.30802E+17."""


def compact(text: str) -> str:
    """Return ``text`` in NFKC without white space, dashes, invisible marks and apostrophes.

    For numbers and codes only: 「３３０１ ０６-…」 and a leading spreadsheet apostrophe read alike.
    """
    if text.isascii() and text.isalnum():
        return text
    return _fold(_SPACES_AND_DASHES.sub("", _fold(text)))


def readable(text: str) -> str:
    """Return ``text`` in NFKC, without invisible marks, each run of white space as one space."""
    return _fold(" ".join(_INVISIBLE.sub("", _fold(text)).split()))


def as_written(text: str) -> str:
    """Return ``text`` with its own marks （，：“”）, without invisible ones, white space as one space.

    For what people write to be read by people; ``readable`` is for what is compared.
    """
    return " ".join(_INVISIBLE.sub("", text).split())


def whole_number(text: str | None, *, longest: int = 18) -> int | None:
    """Return the whole number that an address or a form carries, None for anything else.

    Digits are 0 to 9 and no more than ``longest``: what ``str.isdigit`` takes for digits (², ٣) or
    what no key of the database holds is no number. Eighteen digits fit a bigint.
    """
    if not text or len(text) > longest or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def whole_numbers(texts: Iterable[str]) -> list[int]:
    """Return the whole numbers among what was ticked, in their order; the rest is nobody's."""
    return [one for text in texts if (one := whole_number(text)) is not None]


def is_damaged_number(text: str) -> bool:
    """Return whether a spreadsheet has turned the number into 3.30802E+17, its end being lost."""
    folded = unicodedata.normalize("NFKC", text).strip()
    return SCIENTIFIC.match(folded) is not None


def _fold(text: str) -> str:
    """NFKC; done again after cutting, because what was apart may then compose."""
    return unicodedata.normalize("NFKC", text)


# Phones, identity numbers and whatever is as long; letters before and after are no protection.
_NUMBER = re.compile(r"[0-9\uff10-\uff19]{9,}[0-9Xx\uff10-\uff19]{2,}")


def without_numbers(text: str) -> str:
    """Return ``text`` with long numbers cut to their first three digits, whoever let them in."""
    return _NUMBER.sub(lambda found: f"{found[0][:3]}…", text)
