"""The member card: its number, and the signed code that a keeper checks without network.

The number belongs to the person and stays through every transfer: twelve digits, the last one a
check digit (ISO 7064, MOD 11,10), the first eleven the record's id through a fixed permutation,
so that neighbours in the register are not neighbours on the card and nobody can count members.

The code is ``base64url(payload + signature)``, below 200 characters. Payload, big-endian:
version 1 byte | kind and state 1 byte | number 5 bytes | issued at 4 bytes (Unix seconds) |
valid for 4 bytes (seconds) | union id 4 bytes | masked name, UTF-8, at most 24 bytes.
The signature is Ed25519 over the payload (64 bytes).
"""

import base64
import binascii
import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from struct import Struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact

PREFIX = "ZJ"
VERSION = 1
CHECK_PATH = "/card/check/"
"""The page that checks a card. The code stands behind #: no server and no log ever sees it."""

CLOCK_SKEW_SECONDS = 90
"""How far a keeper's phone may be behind the server before a code seems to come from later."""

_PRIME = 99_999_999_977
_FACTOR = 61_803_398_873
_INVERSE = pow(_FACTOR, -1, _PRIME)
_HEAD = Struct("!BB5sIII")
_SIGNATURE_BYTES = 64
_LONGEST_NAME_BYTES = 24
_LONGEST_TOKEN = 200
_FILTER_HASH_BYTES = 8


class CardState(IntEnum):
    """What the card says about its holder."""

    MEMBER = 1
    RETAINED = 2
    PROVISIONAL = 3

    @property
    def label(self) -> str:
        """Return the Chinese words on the card."""
        return {1: "正式会员", 2: "保留会籍", 3: "临时卡，等审核"}[self.value]


@dataclass(frozen=True, slots=True)
class CardPayload:
    """What a code says. ``number`` is twelve digits; ``valid_seconds`` counts from ``issued_at``."""

    number: str
    state: CardState
    is_paper: bool
    issued_at: datetime
    valid_seconds: int
    union_id: int
    masked_name: str


class CardFault(IntEnum):
    """Why a code is not taken."""

    NONE = 0
    UNREADABLE = 1
    FORGED = 2
    AGED = 3
    FROM_LATER = 4
    REVOKED = 5

    @property
    def message(self) -> str:
        """Return what the keeper reads."""
        return {
            0: "",
            1: "这不是会员卡上的码。请让本人打开会员卡再扫一次。",
            2: "这个码不是本系统发的。请让本人打开会员卡，当面再扫一次。",
            3: "这个码过期了，可能是截图。请让本人点一下「换一个新码」。",
            4: "这个码的时间比你的手机晚。请看看手机的时间准不准。",
            5: "这张卡已经停用。请本人找自己的工会，或打 12351。",
        }[self.value]


@dataclass(frozen=True, slots=True)
class CardCheck:
    """What a keeper is told; ``payload`` is set whenever the signature holds."""

    fault: CardFault
    payload: CardPayload | None = None

    @property
    def is_good(self) -> bool:
        """Return whether the card is to be taken."""
        return self.fault is CardFault.NONE


def card_number(worker_id: int) -> str:
    """Return the twelve digits of a person's card; ``worker_id`` from 1 to 99,999,999,976."""
    if not 0 < worker_id < _PRIME:
        raise ValueError("no card number for this record")
    first = f"{worker_id * _FACTOR % _PRIME:011d}"
    return first + check_digit(first)


def worker_of_number(text: str) -> int:
    """Return the record behind a card number; raise ``Malformed`` card.number for a wrong one."""
    digits = compact(text).upper().removeprefix(PREFIX)
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        raise Malformed("card.number", "卡号是 12 位数字。请照着会员卡再输一遍。")
    if check_digit(digits[:11]) != digits[11]:
        raise Malformed("card.number", "卡号里多半有一位打错了。请照着会员卡再输一遍。")
    return int(digits[:11]) * _INVERSE % _PRIME


def shown_number(number: str) -> str:
    """Return the number as printed: ZJ 3301 0526 1187."""
    return f"{PREFIX} {number[:4]} {number[4:8]} {number[8:]}"


def check_digit(digits: str) -> str:
    """Return the check digit of ISO 7064 MOD 11,10: finds every single wrong digit."""
    carry = 10
    for digit in digits:
        carry = (carry + int(digit)) % 10 or 10
        carry = carry * 2 % 11
    return str((11 - carry) % 10)


def sign_card(payload: CardPayload, private_key: Ed25519PrivateKey) -> str:
    """Return the code for a payload, at most 200 characters."""
    packed = _pack(payload)
    return _encode(packed + private_key.sign(packed))


def check_link(token: str, address: str) -> str:
    """Return what the QR says: the checking page of this site with the code behind the #."""
    return f"{address.rstrip('/')}{CHECK_PATH}#{token}"


def token_of_link(text: str) -> str:
    """Return the code in what was scanned or pasted: a whole link, or the code alone."""
    return "".join(text.split()).rpartition("#")[2]


def verify_card(
    token: str,
    now: datetime,
    public_key: Ed25519PublicKey,
    *,
    revoked: "RevocationFilter | None" = None,
) -> CardCheck:
    """Return whether a code is to be taken at ``now``; needs no network and no database."""
    try:
        if len(token) > _LONGEST_TOKEN:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if _encode(raw) != token:
            raise ValueError("written in another way")
        packed, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        payload = _unpack(packed)
    except (ValueError, binascii.Error, OverflowError, OSError):
        return CardCheck(CardFault.UNREADABLE)
    try:
        public_key.verify(signature, packed)
    except InvalidSignature:
        return CardCheck(CardFault.FORGED)
    age = (now - payload.issued_at).total_seconds()
    if age > payload.valid_seconds:
        return CardCheck(CardFault.AGED, payload)
    if age < -CLOCK_SKEW_SECONDS:
        return CardCheck(CardFault.FROM_LATER, payload)
    if revoked is not None and payload.number in revoked:
        return CardCheck(CardFault.REVOKED, payload)
    return CardCheck(CardFault.NONE, payload)


class RevocationFilter:
    """Numbers that are to be refused: sorted 8-byte hashes, searched by halving.

    The first 8 bytes of SHA-256 over the twelve digits: a number not in it is refused by mistake
    once in 2^64 / n. On the wire the hashes stand one after another, gzipped; a browser unpacks
    them by ``DecompressionStream`` and searches the same way.
    """

    def __init__(self, hashes: bytes) -> None:
        if len(hashes) % _FILTER_HASH_BYTES:
            raise ValueError("not a whole number of hashes")
        self._hashes = hashes

    @classmethod
    def of(cls, numbers: Iterable[str]) -> "RevocationFilter":
        """Return the filter of some card numbers."""
        return cls(b"".join(sorted({_short_hash(number) for number in numbers})))

    @classmethod
    def from_wire(cls, packed: bytes) -> "RevocationFilter":
        """Return the filter that ``to_wire`` packed."""
        return cls(gzip.decompress(packed))

    def to_wire(self) -> bytes:
        """Return the gzipped hashes; equal filters give equal bytes."""
        return gzip.compress(self._hashes, mtime=0)

    def __len__(self) -> int:
        return len(self._hashes) // _FILTER_HASH_BYTES

    def __contains__(self, number: str) -> bool:
        wanted = _short_hash(number)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            at = middle * _FILTER_HASH_BYTES
            found = self._hashes[at : at + _FILTER_HASH_BYTES]
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False


def _short_hash(number: str) -> bytes:
    return hashlib.sha256(number.encode()).digest()[:_FILTER_HASH_BYTES]


def _pack(payload: CardPayload) -> bytes:
    name = payload.masked_name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").encode()
    kind = int(payload.state) | (0x80 if payload.is_paper else 0)
    head = _HEAD.pack(
        VERSION,
        kind,
        int(payload.number).to_bytes(5, "big"),
        int(payload.issued_at.timestamp()),
        payload.valid_seconds,
        payload.union_id,
    )
    return head + name


def _unpack(packed: bytes) -> CardPayload:
    if len(packed) < _HEAD.size:
        raise ValueError("too short")
    version, kind, number, issued, valid, union_id = _HEAD.unpack_from(packed)
    if version != VERSION:
        raise ValueError("another version")
    return CardPayload(
        number=f"{int.from_bytes(number, 'big'):012d}",
        state=CardState(kind & 0x7F),
        is_paper=bool(kind & 0x80),
        issued_at=datetime.fromtimestamp(issued, UTC),
        valid_seconds=valid,
        union_id=union_id,
        masked_name=packed[_HEAD.size :].decode(),
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
