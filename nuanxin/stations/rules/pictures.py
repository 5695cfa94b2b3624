"""A picture is written anew from the parts that are known: what else was in the file is left behind.

JPEG, PNG and WebP alone, told by their content. Where and with what it was taken (EXIF, XMP), texts
and whatever stands after the end are dropped; of EXIF the orientation alone is kept, in a block of
our own. Pixels stay as they were. Nothing is decoded, so nothing can be blown up by decoding.
"""

import struct
import zlib
from dataclasses import dataclass

from nuanxin.kernel.errors import Malformed

MOST_BYTES = 8 * 1024 * 1024
MOST_SIDE = 12_000
MOST_PIXELS = 60_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"pHYs",
)
_WEBP_KEPT = (b"VP8 ", b"VP8L", b"ALPH", b"ICCP")
_ICC, _EXIF = b"ICC_PROFILE\x00", b"Exif\x00\x00"
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {0xC0, 0xC1, 0xC2}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored."""

    content: bytes
    media_type: str
    width: int
    height: int


def clean_picture(content: bytes) -> Picture:
    """Return the picture written anew; raise ``Malformed`` photo.* with what to send instead."""
    if len(content) > MOST_BYTES:
        raise Malformed("photo.too_large", "照片超过 8 MB，请用手机或电脑缩小一些再传。")
    head = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<?xml", b"<svg", b"<!doctype")) or b"<svg" in head:
        raise Malformed(
            "photo.svg", "SVG 是图形文件，不是照片，里面还能带程序。请传 JPG、PNG 或 WebP。"
        )
    try:
        if content.startswith(b"\xff\xd8\xff"):
            picture = _jpeg(content)
        elif content.startswith(_PNG):
            picture = _png(content)
        elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            picture = _webp(content)
        else:
            raise Malformed("photo.kind", "这个文件不是照片。请传 JPG、PNG 或 WebP。")
    except (struct.error, IndexError, ValueError):
        raise _broken() from None
    if not (1 <= picture.width <= MOST_SIDE and 1 <= picture.height <= MOST_SIDE):
        raise Malformed("photo.size", "照片的宽或高超过 12,000 像素，请缩小一些再传。")
    if picture.width * picture.height > MOST_PIXELS:
        raise Malformed("photo.size", "照片超过 6,000 万像素，请缩小一些再传。")
    return picture


def _broken() -> Malformed:
    return Malformed("photo.broken", "这张照片没有传完整，打不开。请重新选一次。")


# ---- JPEG ---------------------------------------------------------------------------------------


def _jpeg(content: bytes) -> Picture:
    parts, at, size, turned = [b"\xff\xd8"], 2, (0, 0), 1
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        length = struct.unpack(">H", content[at + 2 : at + 4])[0]
        segment = content[at : at + 2 + length]
        if length < 2 or len(segment) < length + 2:
            raise ValueError("cut off")
        body = segment[4:]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
        if marker == 0xE1 and body.startswith(_EXIF):
            turned = _orientation(body[6:])
        if _keeps(marker, body):
            parts.append(segment)
        at += 2 + length
        if marker == 0xDA:
            end = _end_of_scan(content, at)
            parts.append(content[at:end])
            at = end
    if not size[0] or not any(part[1] == 0xDA for part in parts if part[:1] == b"\xff"):
        raise ValueError("no picture in it")
    if turned != 1:
        parts.insert(1, _oriented(turned))
    return Picture(b"".join([*parts, b"\xff\xd9"]), "image/jpeg", *size)


def _keeps(marker: int, body: bytes) -> bool:
    """Return whether a segment is part of the picture: tables, frames, scans, JFIF, colours."""
    if marker == 0xFE or 0xE3 <= marker <= 0xED or marker == 0xEF or marker == 0xE1:
        return False
    return marker != 0xE2 or body.startswith(_ICC)


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where the compressed data end: at a marker that is neither a stuffed byte nor a restart."""
    while True:
        at = content.index(b"\xff", at)
        marker = content[at + 1]
        if marker != 0 and marker not in _STANDALONE and marker != 0xFF:
            return at
        at += 1 if marker == 0xFF else 2


def _orientation(tiff: bytes) -> int:
    """Return how the picture is turned (1 to 8) by its EXIF, 1 where that cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack(f"{order}I", tiff[4:8])[0]
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack(f"{order}H", tiff[start : start + 2])[0]
    for number in range(min(count, 64)):
        entry = tiff[start + 2 + 12 * number : start + 14 + 12 * number]
        if len(entry) == 12 and struct.unpack(f"{order}H", entry[:2])[0] == 0x0112:
            value = struct.unpack(f"{order}H", entry[8:10])[0]
            return value if 1 <= value <= 8 else 1
    return 1


def _oriented(turned: int) -> bytes:
    """Return an EXIF block that holds the orientation and nothing else."""
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)
    body = _EXIF + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# ---- PNG ----------------------------------------------------------------------------------------


def _png(content: bytes) -> Picture:
    parts, at, size, has_data = [_PNG], 8, (0, 0), False
    while True:
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError("cut off")
        if zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise ValueError("damaged")
        if kind == b"IHDR":
            size = struct.unpack(">II", chunk[8:16])
        has_data = has_data or kind == b"IDAT"
        if kind in _PNG_KEPT:
            parts.append(chunk)
        at += 12 + length
        if kind == b"IEND":
            break
    if not has_data:
        raise ValueError("no picture in it")
    return Picture(b"".join(parts), "image/png", *size)


# ---- WebP ---------------------------------------------------------------------------------------


def _webp(content: bytes) -> Picture:
    end = min(len(content), 8 + struct.unpack("<I", content[4:8])[0])
    at, size, parts = 12, (0, 0), []
    has_data = False
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if len(body) < length:
            raise ValueError("cut off")
        if kind in (b"ANIM", b"ANMF"):
            raise Malformed("photo.moving", "会动的图不收，请传一张照片。")
        if kind == b"VP8X":
            size = (1 + _three(body[4:7]), 1 + _three(body[7:10]))
            flags = bytes([body[0] & 0b00110000])
            parts.append(_riff(kind, flags + body[1:10]))
        elif kind in _WEBP_KEPT:
            parts.append(_riff(kind, body))
            size = size if size[0] else _webp_size(kind, body)
            has_data = has_data or kind in (b"VP8 ", b"VP8L")
        at += 8 + length + length % 2
    if not has_data:
        raise ValueError("no picture in it")
    whole = b"WEBP" + b"".join(parts)
    return Picture(b"RIFF" + struct.pack("<I", len(whole)) + whole, "image/webp", *size)


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


def _three(text: bytes) -> int:
    return int.from_bytes(text, "little")


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        bits = struct.unpack("<I", body[1:5])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
