"""Evidence files: unreadable on disk, whole or refused when read, found through one owner only."""

import io
import os
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Malformed, NotFound, Unavailable
from nuanxin.records import rules
from nuanxin.records.actions import erase_file, reseal_files, store_file, sweep_orphans
from nuanxin.records.models import EvidenceFile
from nuanxin.records.queries import get_file, list_files, open_file, place_of
from nuanxin.records.states import FILE_CHUNK_BYTES
from tests.records.conftest import NOW, OFFICER

OWNER = {"owner_type": "roster", "owner_id": 5}


def store(content=b"a,b\n1,2\n", name="花名册.csv", **changes):
    return store_file(
        **(OWNER | {"name": name, "content": content} | changes), actor=OFFICER, now=NOW
    )


def content_of(file_id, **changes):
    return b"".join(open_file(file_id, **(OWNER | changes)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "size", [1, FILE_CHUNK_BYTES - 1, FILE_CHUNK_BYTES, FILE_CHUNK_BYTES + 1, 3 * FILE_CHUNK_BYTES]
)
def test_what_was_stored_comes_back(size):
    content = os.urandom(size)
    file_id = store(io.BytesIO(content))
    assert content_of(file_id) == content
    assert get_file(file_id, **OWNER).size_bytes == size


@pytest.mark.django_db
def test_nothing_readable_lies_on_disk():
    file_id = store("李四,330106199001010010\n".encode())
    raw = place_of(file_id).read_bytes()
    assert "李四".encode() not in raw
    assert b"330106" not in raw
    assert place_of(file_id).stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_file_belongs_to_one_owner():
    file_id = store()
    assert get_file(file_id, **OWNER).name == "花名册.csv"
    for other in ({"owner_id": 6}, {"owner_type": "worker"}):
        with pytest.raises(NotFound):
            get_file(file_id, **(OWNER | other))
        with pytest.raises(NotFound):
            content_of(file_id, **other)


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "remove"])
def test_an_altered_file_is_refused(damage):
    file_id = store(os.urandom(3 * FILE_CHUNK_BYTES))
    place = place_of(file_id)
    raw = bytearray(place.read_bytes())
    step = FILE_CHUNK_BYTES + 16
    head = len(raw) - 3 * step
    if damage == "flip":
        raw[-1] ^= 1
    elif damage == "cut":
        del raw[-step:]
    elif damage == "swap":
        first, second = raw[head : head + step], raw[head + step : head + 2 * step]
        raw[head : head + 2 * step] = second + first
    place.write_bytes(bytes(raw))
    if damage == "remove":
        place.unlink()
    with pytest.raises(Unavailable, match=r"file\.damaged"):
        content_of(file_id)


@pytest.mark.django_db
def test_a_file_moved_under_another_name_does_not_open():
    mine, other = store(b"mine"), store(b"other")
    place_of(mine).write_bytes(place_of(other).read_bytes())
    with pytest.raises(Unavailable):
        content_of(mine)
    assert content_of(other) == b"other"


@pytest.mark.django_db
def test_too_large_and_empty_files_leave_nothing_behind(settings):
    with pytest.raises(Malformed, match=r"file\.too_large"):
        store(b"x" * 101, max_bytes=100)
    with pytest.raises(Malformed, match=r"file\.empty"):
        store(b"")
    assert store(b"x" * 100, max_bytes=100)
    assert EvidenceFile.objects.count() == 1
    assert len([p for p in settings.FILES_ROOT.rglob("*") if p.is_file()]) == 1


@pytest.mark.django_db
def test_a_full_disk_is_told_and_leaves_nothing_behind(settings, monkeypatch):
    def no_room(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(Unavailable, match=r"file\.no_room"):
        store()
    assert not [p for p in settings.FILES_ROOT.rglob("*") if p.is_file()]


@pytest.mark.django_db
def test_an_erased_file_is_gone_and_says_so(django_capture_on_commit_callbacks):
    file_id = store()
    with django_capture_on_commit_callbacks(execute=True):
        erase_file(file_id=file_id, **OWNER, reason="本人要求", actor=OFFICER, now=NOW)
    assert not place_of(file_id).exists()
    assert EvidenceFile.objects.get(id=file_id).name == "已清除"
    assert list_files(**OWNER) == []
    with pytest.raises(NotFound):
        erase_file(file_id=file_id, **OWNER, reason="再来", actor=OFFICER, now=NOW)


@pytest.mark.django_db
def test_the_sweep_removes_only_old_files_without_a_row():
    kept = store()
    with transaction.atomic():
        lost = store(b"rolled back")
        transaction.set_rollback(True)
    fresh = place_of(uuid4())
    fresh.parent.mkdir(parents=True)
    fresh.write_bytes(b"just being written")
    os.utime(fresh, (NOW.timestamp(), NOW.timestamp()))
    for file_id in (kept, lost):
        long_ago = NOW.timestamp() - 25 * 3600
        os.utime(place_of(file_id), (long_ago, long_ago))
    assert sweep_orphans(NOW) == 1
    assert place_of(kept).exists()
    assert fresh.exists()
    assert not place_of(lost).exists()


@pytest.mark.django_db
def test_after_a_change_of_the_data_key_files_open_without_the_old_one(monkeypatch):
    first = sealing.SealingKeys(lookup_key=b"l" * 32, data_keys={1: b"1" * 32})
    both = sealing.SealingKeys(lookup_key=b"l" * 32, data_keys={1: b"1" * 32, 2: b"2" * 32})
    second = sealing.SealingKeys(lookup_key=b"l" * 32, data_keys={2: b"2" * 32})
    monkeypatch.setattr(sealing, "_keys", sealing._keys)
    try:
        sealing.configure(first)
        file_id = store(b"content")
        sealing.configure(both)
        assert reseal_files() == 1
        assert reseal_files() == 0
        sealing.configure(second)
        assert content_of(file_id) == b"content"
    finally:
        monkeypatch.undo()
        sealing._aead.cache_clear()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"PK\x03\x04....xl/workbook.xml", rules._OFFICE[0][1]),
        (b"PK\x03\x04....word/document.xml", rules._OFFICE[1][1]),
        (b"PK\x03\x04....xl/a word/b", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "application/x-ole-storage"),
        ("姓名,手机\n".encode(), "text/plain"),
        ("姓名,手机\n".encode("gb18030"), "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_kind_of_a_file_is_read_from_its_content(content, media_type):
    assert rules.media_type_of(content, content) == media_type


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("花名册.xlsx", "花名册.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\表\\名单.csv", "名单.csv"),
        (".hidden", "hidden"),
        ("a\r\nb.csv", "a b.csv"),
        ("", "未命名"),
        ("..", "未命名"),
    ],
)
def test_a_file_name_keeps_its_last_part_only(given_name, kept):
    assert rules.safe_file_name(given_name) == kept


@pytest.mark.slow
@given(st.text(max_size=400))
def test_any_file_name_becomes_short_and_printable(name):
    kept = rules.safe_file_name(name)
    assert 0 < len(kept) <= 200
    assert kept.isprintable()
    assert "/" not in kept


def test_the_place_of_a_file_tells_nothing_but_its_id(settings):
    file_id = UUID("01890000-0000-7000-8000-00000000abcd")
    assert place_of(file_id).parts[-3:] == ("cd", "ab", file_id.hex)
