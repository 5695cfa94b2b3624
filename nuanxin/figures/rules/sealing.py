"""What is signed of a publication: one canonical text, its hash, the chain. Pure.

The canonical text is JSON with sorted keys, no spaces, Chinese as it is, whole numbers only: anybody
can make it again. ``content_hash`` is its SHA-256; the signature is Ed25519 over ``signed_bytes``.
The row-set hash of a line does not depend on the order of its rows: SHA-256 of each row's text is cut
into four numbers of 60 bits, which are summed; so a region's hash is the sum of its counties'.

Since format 2 neither that hash nor the count of rows nor the measured value is public: few rows can
be guessed and tried. A line carries a seal instead (``rows_seal``), bound with a salt of its version
that only the evidence for auditors holds.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMATS = {
    1: "nuanxin-publication/1",
    2: "nuanxin-publication/2",
    3: "nuanxin-publication/3",
    4: "nuanxin-publication/4",
}
"""What the signed text calls its format: 1 exact, with hashes and counts of rows; 2 as the board; 3 as
2, and lines of services too, whose rows are deliveries; 4 as 3, and rates with both their parts, spans
of members, and what is counted one by one (stations, hours, visits, employers)."""
FORMAT = 4
NO_HASH = "0" * 64
"""What the first publication has for the one before."""
_MARK = b"nuanxin publication v1\n"
PARTS = 4
PART_HEX = 15
_MODULUS = 1 << (4 * PART_HEX)


def canonical(content: Any) -> str:
    """Return the one way to write ``content``; ``ValueError`` for a number that is not whole."""
    _insist_on_whole_numbers(content)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(content: Any) -> str:
    """Return the SHA-256 of the canonical text, 64 hex digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def new_salt() -> bytes:
    """Return the salt of one measured version: 32 bytes that nobody can guess."""
    return secrets.token_bytes(32)


def rows_seal(salt: bytes, parts: list[Any]) -> str:
    """Return the seal of a line, 64 hex digits: HMAC-SHA256 of what was measured and of its rows.

    ``parts``: code, region, occupation, channel, measured value, count of rows, row-set hash; of a
    rate the measured numerator and denominator too.
    Whoever has the salt can prove the line; whoever has not learns nothing, not even by trial.
    """
    return hmac.new(salt, canonical(parts).encode(), hashlib.sha256).hexdigest()


def signed_bytes(hash_text: str) -> bytes:
    """Return what the signature is over: a mark, so that no other signature of the key will do."""
    return _MARK + hash_text.encode()


def is_signed(hash_text: str, signature: bytes, keys: list[Ed25519PublicKey]) -> bool:
    """Return whether any of ``keys`` made the signature."""
    for key in keys:
        try:
            key.verify(signature, signed_bytes(hash_text))
        except InvalidSignature:
            continue
        return True
    return False


@dataclass(frozen=True, slots=True)
class RowSum:
    """A set of rows: how many, and the four sums of their hashes."""

    rows: int = 0
    sums: tuple[int, int, int, int] = (0, 0, 0, 0)

    def plus(self, other: "RowSum") -> "RowSum":
        """Return both sets together."""
        one, two = self.sums, other.sums
        return RowSum(
            self.rows + other.rows,
            (one[0] + two[0], one[1] + two[1], one[2] + two[2], one[3] + two[3]),
        )

    @property
    def hash(self) -> str:
        """Return the row-set hash, 64 hex digits."""
        words = [str(self.rows), *(str(part % _MODULUS) for part in self.sums)]
        return hashlib.sha256(",".join(words).encode()).hexdigest()

    @classmethod
    def of_texts(cls, texts: list[str]) -> "RowSum":
        """Return the set of some rows, each written as one line of text."""
        found = cls()
        for text in texts:
            hexed = hashlib.sha256(text.encode()).hexdigest()
            parts = [int(hexed[i * PART_HEX : (i + 1) * PART_HEX], 16) for i in range(PARTS)]
            found = found.plus(cls(1, (parts[0], parts[1], parts[2], parts[3])))
        return found


def _insist_on_whole_numbers(content: Any) -> None:
    if isinstance(content, float):
        raise ValueError("a signed text holds whole numbers only")
    if isinstance(content, dict):
        for value in content.values():
            _insist_on_whole_numbers(value)
    elif isinstance(content, (list, tuple)):
        for value in content:
            _insist_on_whole_numbers(value)
