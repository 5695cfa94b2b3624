"""Limits of what one roster may be: technical bounds, named here and nowhere else.

They protect the machine, they are no policy: policy numbers are dated parameters.
"""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RosterLimits:
    """Bounds on one dropped file.

    Sizes are bytes, times are seconds. ``unpack_ratio`` counts only from ``ratio_floor_bytes``
    unpacked on: a small sheet of empty bordered rows packs 200:1 and harms nobody.
    ``cells`` counts the whole rectangle up to the last used row and column, because that is what
    a reader has to hold.
    """

    file_bytes: int = 256 * MEBIBYTE
    rows: int = 2_000_000
    columns: int = 512
    cells: int = 40_000_000
    sheets: int = 64
    parts: int = 4_000
    part_bytes: int = 1_536 * MEBIBYTE
    unpacked_bytes: int = 2_560 * MEBIBYTE
    unpack_ratio: int = 100
    ratio_floor_bytes: int = 8 * MEBIBYTE
    cell_characters: int = 4_000
    header_search_rows: int = 120
    sample_rows: int = 300
    cpu_seconds: int = 180
    wall_seconds: int = 300
    memory_bytes: int = 6_144 * MEBIBYTE


ROSTER_LIMITS = RosterLimits()
UPLOAD_LIMITS = RosterLimits(
    file_bytes=25 * MEBIBYTE, part_bytes=512 * MEBIBYTE, unpacked_bytes=640 * MEBIBYTE,
    cells=20_000_000, cpu_seconds=60, wall_seconds=120, memory_bytes=4_096 * MEBIBYTE,
)  # fmt: skip
"""What a page accepts: the web body limit is 25 MiB; larger files go through the command."""
