"""The keys of an installation: made on first start, kept outside the database.

Each key is one file of the data folder's ``keys/`` (folder 0700, files 0600). Every key can be
given from outside instead: ``NUANXIN_<NAME>`` holds it, or ``NUANXIN_<NAME>_FILE`` names a file.
Whoever loses a ``data-key`` loses the identity numbers; whoever loses ``identity-hmac-key`` can no
longer find a person by number. Back them up apart from the database.
"""

import base64
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nuanxin.kernel.errors import Malformed, Unavailable

KEY_BYTES = 32
LAST_KEY_NUMBER = 255


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys in memory; never printed, never logged."""

    secret_key: str
    identity_hmac_key: bytes
    data_keys: dict[int, bytes]
    card_private_key_pem: str

    @property
    def data_key(self) -> bytes:
        """Return the newest data key, the one that seals."""
        return self.data_keys[max(self.data_keys)]

    def __repr__(self) -> str:
        return "Keys(…)"


def load_keys(data: Path, *, create: bool = True) -> Keys:
    """Return the keys of the data folder ``data``, making those that are not there yet.

    ``identity_hmac_key`` and each of ``data_keys`` are 32 bytes. A data key's number is written
    into every envelope; to rotate, put ``data-key-2`` beside ``data-key-1``: the newest seals,
    all of them open. With ``create=False``, or when the folder already holds a database, a
    missing key is refused: a new one would make what is encrypted unreadable.
    Raises ``Unavailable`` and ``Malformed``.
    """
    store = _KeyStore(data, create=create)
    return Keys(
        secret_key=store.text("SECRET_KEY", "secret-key", _new_text),
        identity_hmac_key=store.binary("IDENTITY_HMAC_KEY", "identity-hmac-key"),
        data_keys=store.numbered("DATA_KEY", "data-key-"),
        card_private_key_pem=store.text("CARD_PRIVATE_KEY", "card-ed25519.pem", _new_ed25519),
    )


def load_password(data: Path, name: str, *, create: bool = True, replaceable: bool = False) -> str:
    """Return the password kept in the key file ``name``, making it when it is not there.

    A ``replaceable`` one is made anew even beside a database: the caller tells it to the server.
    """
    store = _KeyStore(data, create=create, replaceable=replaceable)
    return store.text("", name, _new_text)


def key_file_faults(data: Path) -> list[str]:
    """Return a Chinese sentence for each key file or folder that others could read."""
    folder = data / "keys"
    if not folder.is_dir():
        return [f"钥匙文件夹 {folder} 还没有建立。"]
    faults = []
    for path in [folder, *sorted(folder.iterdir())]:
        if path.stat().st_mode & 0o077:
            faults.append(f"{path} 能被别的用户读取，请执行 chmod go-rwx {path}。")
    return faults


class _KeyStore:
    """Reads keys from the environment or from files, and makes what is missing."""

    def __init__(self, data: Path, *, create: bool, replaceable: bool = False) -> None:
        self._folder = data / "keys"
        # A database without its keys is a loss that must be seen, not papered over.
        self._has_database = (
            not replaceable and (data / "postgres" / "cluster" / "PG_VERSION").exists()
        )
        self._create = create

    def text(self, variable: str, file_name: str, make: Callable[[], str]) -> str:
        return self._given(variable) or self._from_file(file_name, make)

    def numbered(self, variable: str, prefix: str) -> dict[int, bytes]:
        """Return the keys ``<prefix><number>`` by number; number 1 is made when there is none."""
        names = [path.name for path in self._folder.glob(f"{prefix}*")]
        numbers = {int(n) for name in names if (n := name.removeprefix(prefix)).isdigit()}
        keys = {n: self.binary(variable if n == 1 else "", f"{prefix}{n}") for n in numbers | {1}}
        if max(keys) > LAST_KEY_NUMBER:
            raise Malformed("keys.number", f"钥匙编号只能在 1 到 {LAST_KEY_NUMBER} 之间。")
        return keys

    def binary(self, variable: str, file_name: str) -> bytes:
        encoded = self.text(variable, file_name, _new_binary)
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Malformed("keys.unreadable", f"钥匙 {file_name} 不是 base64 文本。") from error
        if len(key) != KEY_BYTES:
            raise Malformed("keys.wrong_length", f"钥匙 {file_name} 应为 {KEY_BYTES} 个字节。")
        return key

    def _given(self, variable: str) -> str:
        if not variable:
            return ""
        if file_name := os.environ.get(f"NUANXIN_{variable}_FILE"):
            return Path(file_name).read_text(encoding="ascii").strip()
        return os.environ.get(f"NUANXIN_{variable}", "").strip()

    def _from_file(self, file_name: str, make: Callable[[], str]) -> str:
        path = self._folder / file_name
        if not path.exists():
            if self._has_database or not self._create:
                raise Unavailable(
                    "keys.missing",
                    f"找不到钥匙文件 {path}，而数据库里已有用它加密的资料。请把备份的钥匙放回原处。",
                )
            self._write_once(path, make())
        return path.read_text(encoding="ascii").strip()

    def _write_once(self, path: Path, content: str) -> None:
        """Write the whole file or nothing; of two writers at once the first one wins."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".new-")  # made with 0600
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(content + "\n")
                file.flush()
                os.fsync(file.fileno())
            if not path.exists():
                _link_or_keep(draft, path)
        finally:
            os.unlink(draft)


def _link_or_keep(draft: str, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another process was first: its key stands
    except OSError:
        if not path.exists():  # a file system without hard links
            shutil.copyfile(draft, path)
            path.chmod(0o600)


def _new_text() -> str:
    return secrets.token_urlsafe(48)


def _new_binary() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _new_ed25519() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
        .strip()
    )
