"""Photos of a station: written anew before they are stored, taken down with their bytes."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import as_written
from nuanxin.records import actions as records
from nuanxin.stations.actions.recording import SUBJECT, record
from nuanxin.stations.actions.register import station_for_update
from nuanxin.stations.models import StationPhoto
from nuanxin.stations.rules.pictures import MOST_BYTES, clean_picture

MOST_PHOTOS = 8


@transaction.atomic
def add_photo(
    *, station_id: int, content: bytes, caption: str, actor: Actor, now: datetime
) -> StationPhoto:
    """Keep a photo of the station with a few words of what it shows.

    Raises ``Malformed`` photo.*, ``Conflict`` photo.there (the same picture) and photo.full.
    """
    station = station_for_update(station_id, actor=actor)
    words = as_written(caption)[:60]
    if not words:
        raise Malformed("photo.caption", "写几个字说明拍的是什么，看不见照片的人靠它知道。")
    picture = clean_picture(content)
    digest = hashlib.sha256(picture.content).digest()
    live = StationPhoto.objects.filter(station=station, removed_at=None)
    if live.filter(digest=digest).exists():
        raise Conflict("photo.there", "这张照片已经有了。")
    if live.count() >= MOST_PHOTOS:
        raise Conflict("photo.full", f"最多放 {MOST_PHOTOS} 张。先拿掉一张，再加新的。")
    last = live.aggregate(last=Max("ordinal"))["last"] or 0
    ending = picture.media_type.removeprefix("image/")
    file_id = records.store_file(
        owner_type=SUBJECT, owner_id=station.id, name=f"驿站照片.{ending}",
        content=picture.content, max_bytes=MOST_BYTES + 1_024, actor=actor, now=now,
    )  # fmt: skip
    photo = StationPhoto.objects.create(
        station=station, file_id=file_id, digest=digest, caption=words, ordinal=last + 1,
        width=picture.width, height=picture.height, added_at=now, added_by=actor.account_id,
    )  # fmt: skip
    record("stations.photo_added", station, actor, now, {"photo": photo.id})
    return photo


@transaction.atomic
def remove_photo(*, station_id: int, photo_id: int, actor: Actor, now: datetime) -> None:
    """Take a photo down; its bytes are erased, that there was one stays known."""
    station = station_for_update(station_id, actor=actor)
    photo = StationPhoto.objects.filter(id=photo_id, station=station, removed_at=None).first()
    if photo is None:
        raise NotFound()
    photo.removed_at = now
    photo.save(update_fields=["removed_at"])
    records.erase_file(
        file_id=photo.file_id, owner_type=SUBJECT, owner_id=station.id, reason="照片拿掉了",
        actor=actor, now=now,
    )  # fmt: skip
    record("stations.photo_removed", station, actor, now, {"photo": photo.id})
