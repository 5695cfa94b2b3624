"""Limits of what one draft may be: technical bounds, named here and nowhere else."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DraftLimits:
    """Bounds on one draft. Sizes are bytes, times seconds; ``characters`` is what is checked.

    ``unpacked_bytes`` is what the text part of a docx may expand to, ``parts`` how many files it may
    hold. ``memory_bytes`` and the times bind the child process that opens docx and pdf.
    """

    file_bytes: int = 20 * MEBIBYTE
    characters: int = 4_000_000
    parts: int = 4_000
    unpacked_bytes: int = 96 * MEBIBYTE
    pages: int = 500
    cpu_seconds: int = 40
    wall_seconds: int = 60
    memory_bytes: int = 1_536 * MEBIBYTE


DRAFT_LIMITS = DraftLimits()
PAGE_LIMITS = DraftLimits(
    file_bytes=12 * MEBIBYTE, characters=200_000, pages=120, cpu_seconds=15, wall_seconds=25
)
"""What the page takes: somebody waits for the answer; longer drafts go through the command."""
