"""Sealing of personal data: authenticated encryption for reading back, a keyed hash for finding.

A database dump alone must yield no identity number and no phone (safety paper, section 6), so
both keys live outside the database. The envelope is
``version(1) | key id(1) | nonce(12) | ciphertext and tag``; version 1 is AES-256-GCM, version 2
SM4-GCM. What is sealed is bound to its place: the additional data is the column's name and the
row's keyed hash, so that a ciphertext copied to another row or column does not open.
"""

import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES_256_GCM = 1
SM4_GCM = 2
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """Keys in force. ``data_keys`` maps key id (0–255) to 32 bytes; the newest id seals."""

    lookup_key: bytes
    data_keys: dict[int, bytes]
    algorithm: int = AES_256_GCM

    @property
    def newest_id(self) -> int:
        """Return the id of the key that new values are sealed with."""
        return max(self.data_keys)


_keys: SealingKeys | None = None


def configure(keys: SealingKeys) -> None:
    """Put ``keys`` in force for this process; called once from the settings."""
    global _keys
    _keys = keys
    _aead.cache_clear()


def _configured() -> SealingKeys:
    if _keys is None:
        raise RuntimeError("kernel.sealing is not configured: the settings load the keys")
    return _keys


def newest_key_id() -> int:
    """Return the id of the data key in force, the second byte of every new envelope."""
    return _configured().newest_id


@lru_cache(maxsize=8)
def _aead(key_id: int) -> AESGCM:
    return AESGCM(_configured().data_keys[key_id])


def lookup_hash(column: str, text: str) -> UUID:
    """Return the 16-byte keyed hash (HMAC-SHA256, truncated) by which a value is found again.

    ``column`` ("identity", "phone") separates the domains: equal texts in two columns differ.
    """
    digest = hmac.digest(_configured().lookup_key, f"{column}\0{text}".encode(), "sha256")
    return UUID(bytes=digest[:16])


def seal(column: str, text: str, bound_to: UUID) -> bytes:
    """Return the envelope of ``text``, bound to ``column`` and to the row's hash ``bound_to``."""
    keys = _configured()
    nonce = os.urandom(_NONCE_BYTES)
    bound = column.encode() + bound_to.bytes
    if keys.algorithm == SM4_GCM:
        body = _sm4_seal(keys.data_keys[keys.newest_id], nonce, text.encode(), bound)
    else:
        body = _aead(keys.newest_id).encrypt(nonce, text.encode(), bound)
    return bytes((keys.algorithm, keys.newest_id)) + nonce + body


def unseal(column: str, envelope: bytes, bound_to: UUID) -> str:
    """Return the text of ``envelope``.

    Raises ``cryptography.exceptions.InvalidTag`` when it was altered or belongs elsewhere. The
    caller has committed a reading-log row before (safety invariant 19).
    """
    envelope = bytes(envelope)
    algorithm, key_id = envelope[0], envelope[1]
    nonce, body = envelope[2 : 2 + _NONCE_BYTES], envelope[2 + _NONCE_BYTES :]
    bound = column.encode() + bound_to.bytes
    if algorithm == SM4_GCM:
        return _sm4_unseal(_configured().data_keys[key_id], nonce, body, bound).decode()
    return _aead(key_id).decrypt(nonce, body, bound).decode()


def _sm4_seal(key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    encryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(text) + encryptor.finalize() + encryptor.tag


def _sm4_unseal(key: bytes, nonce: bytes, body: bytes, bound: bytes) -> bytes:
    text, tag = body[:-_TAG_BYTES], body[-_TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(bound)
    return decryptor.update(text) + decryptor.finalize()
