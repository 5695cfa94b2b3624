"""Small pictures made by hand, with what phones put into them."""

import struct
import zlib


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def a_png(width: int = 2, height: int = 2, *, extra: bytes = b"") -> bytes:
    """Return a grey PNG; ``extra`` stands before its data."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = (b"\x00" + b"\x80" * width) * height
    parts = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    """Return one segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int) -> bytes:
    """Return the EXIF of a phone: how it was held, and where."""
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack("<HHII", 0x8825, 4, 1, 26)
    tiff = b"II\x2a\x00" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0)
    return b"Exif\x00\x00" + tiff + b"GPS 30.31 120.15"


def a_jpeg(*, orientation: int = 1, extra: bytes = b"", tail: bytes = b"") -> bytes:
    """Return the frame of a JPEG, 640 by 480, with a scan of a few bytes."""
    frame = struct.pack(">BHHB", 8, 480, 640, 1) + b"\x01\x11\x00"
    parts = segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    parts += segment(0xE1, exif(orientation)) + segment(0xFE, b"Huawei P60") + extra
    parts += segment(0xDB, b"\x00" + b"\x10" * 64) + segment(0xC0, frame)
    parts += segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + parts + b"\xff\xd9" + tail


def a_webp(*parts: tuple[bytes, bytes]) -> bytes:
    """Return a WebP of these chunks."""
    body = b"".join(
        kind + struct.pack("<I", len(text)) + text + b"\x00" * (len(text) % 2)
        for kind, text in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


VP8 = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 320, 200) + b"data"
