"""Photos of a station: which there are, and the bytes of one. Everybody may see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from nuanxin.kernel.errors import NotFound
from nuanxin.records import queries as records
from nuanxin.stations.models import StationPhoto

_OWNER = "station"
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo, with the words for those who do not see it."""

    id: int
    file_id: UUID
    caption: str
    width: int
    height: int


def list_photos(station_id: int) -> list[PhotoRow]:
    """Return the photos of a station in order."""
    rows = StationPhoto.objects.filter(station_id=station_id, removed_at=None).order_by("ordinal")
    return [
        PhotoRow(one.id, one.file_id, one.caption, one.width, one.height)
        for one in rows[:MOST_SHOWN]
    ]


def total_bytes(station_id: int, photos: list[PhotoRow]) -> int:
    """Return how many bytes these photos of a station are together; no query without photos."""
    if not photos:
        return 0
    shown = {one.file_id for one in photos}
    kept = records.list_files(owner_type=_OWNER, owner_id=station_id)
    return sum(one.size_bytes for one in kept if one.id in shown)


def open_photo(code: str, photo_id: int) -> tuple[str, Iterator[bytes]]:
    """Return media type and content of a photo that is up at this station; raise ``NotFound``."""
    photo = StationPhoto.objects.filter(id=photo_id, station__code=code, removed_at=None).first()
    if photo is None:
        raise NotFound()
    found = records.get_file(photo.file_id, owner_type=_OWNER, owner_id=photo.station_id)
    pieces = records.open_file(photo.file_id, owner_type=_OWNER, owner_id=photo.station_id)
    return found.media_type, pieces
