"""Codes of bookings, 8 signs, that are read aloud and typed at a door.

The signs leave out what is mistaken for another (0 O, 1 I L). There are 31 of them, a prime: the last
sign is a weighted sum, so that one wrong sign, or two neighbours changed over, is always noticed.
All the others are random: 31^7 codes.
"""

from collections.abc import Sequence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BOOKING_LENGTH = 8


def with_check_sign(drawn: Sequence[int]) -> str:
    """Return the code of the signs drawn (numbers below 31), with the sign that checks them."""
    signs = "".join(ALPHABET[number] for number in drawn)
    return signs + ALPHABET[_sum(signs)]


def read_code(text: str) -> str:
    """Return the code in what was typed or scanned, the empty string where it is none."""
    code = "".join(text.split()).replace("-", "").upper()
    if len(code) != BOOKING_LENGTH or any(sign not in ALPHABET for sign in code):
        return ""
    return code if ALPHABET[_sum(code[:-1])] == code[-1] else ""


def shown_code(code: str) -> str:
    """Return the code in groups of four, as it is read aloud."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def _sum(signs: str) -> int:
    return sum((at + 2) * ALPHABET.index(sign) for at, sign in enumerate(signs)) % len(ALPHABET)
