"""The key that publications are signed with: ``PUBLICATION_PRIVATE_KEY_PEM``, else the installation's
own (which the member card and the seals of the log use too; what is signed begins with a mark of its
own, so that no signature can stand for another).

``PUBLICATION_FORMER_PUBLIC_KEYS_PEM`` are keys of before whose signatures still count.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings

from nuanxin.figures.rules.sealing import signed_bytes


def sign(hash_text: str) -> bytes:
    """Return the signature (64 bytes) over a content hash."""
    return _private_key().sign(signed_bytes(hash_text))


def public_keys() -> list[Ed25519PublicKey]:
    """Return the keys whose signatures count, the present one first."""
    former = getattr(settings, "PUBLICATION_FORMER_PUBLIC_KEYS_PEM", [])
    keys = [_private_key().public_key()]
    keys += [k for k in map(_loaded, former) if isinstance(k, Ed25519PublicKey)]
    return keys


def public_key_text() -> str:
    """Return the present public key, raw, in base64."""
    return base64.b64encode(public_keys()[0].public_bytes_raw()).decode()


def _loaded(text: str) -> object:
    return load_pem_public_key(text.encode())


def _private_key() -> Ed25519PrivateKey:
    pem = getattr(settings, "PUBLICATION_PRIVATE_KEY_PEM", "") or settings.CARD_PRIVATE_KEY_PEM
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("publications are signed with Ed25519")
    return key
