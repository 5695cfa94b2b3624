"""Where things lie in the data folder. Everything that one installation owns is below it."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# A UNIX socket address holds 107 bytes; the server appends "/.s.PGSQL.65535" to the folder.
LONGEST_SOCKET_FOLDER = 90


@dataclass(frozen=True, slots=True)
class Places:
    """The data folder and the names below it; nothing is created by asking."""

    data: Path

    @property
    def keys(self) -> Path:
        """Return the folder of the keys (0700, its files 0600)."""
        return self.data / "keys"

    @property
    def run(self) -> Path:
        """Return the folder of what only matters while something runs: locks, ports, sockets."""
        return self.data / "run"

    @property
    def log(self) -> Path:
        """Return the folder of the programs' own logs."""
        return self.data / "log"

    @property
    def postgres(self) -> Path:
        """Return the folder that holds the database server's files."""
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        """Return the PostgreSQL data directory."""
        return self.postgres / "cluster"

    @property
    def server_file(self) -> Path:
        """Return the file that says on which port and socket the server listens."""
        return self.run / "server.json"

    @property
    def manifest(self) -> Path:
        """Return the file with the sign-ins of the demonstration world."""
        return self.data / "demo-manifest.json"

    @property
    def socket_folder(self) -> Path:
        """Return the folder of the server's UNIX socket: short, and the same on every call."""
        near = self.run / "s"
        if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER:
            return near
        return self.far_socket_folder

    @property
    def far_socket_folder(self) -> Path:
        """Return the socket folder for data folders that lie too deep or hold no sockets."""
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"nuanxin-{os.getuid()}-{digest}"


def places(data: str | os.PathLike[str] | None = None) -> Places:
    """Return the places below ``data``, or below ``NUANXIN_DATA``, or beside the project."""
    chosen = data or os.environ.get("NUANXIN_DATA") or _default_data_folder()
    return Places(data=Path(chosen).expanduser().resolve())


def _default_data_folder() -> Path:
    if (BASE_DIR / "manage.py").exists():
        return BASE_DIR / "data"
    return Path.home() / ".local" / "share" / "nuanxin"
