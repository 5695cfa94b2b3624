"""Reads of 留痕: the log within an actor's scope, readings of a person, files, the chain."""

from nuanxin.records.queries.chain import (
    canonical_lines,
    checkpoint_file,
    checkpoint_of,
    last_seal,
    seals_after,
    verify_chain,
)
from nuanxin.records.queries.events import (
    EventPage,
    EventRow,
    ReadingRow,
    list_events,
    list_events_of,
    list_readings,
    list_workers_read_by,
)
from nuanxin.records.queries.files import FileRow, get_file, list_files, open_file, place_of
from nuanxin.records.queries.reading_counts import count_readings

__all__ = [
    "EventPage",
    "EventRow",
    "FileRow",
    "ReadingRow",
    "canonical_lines",
    "checkpoint_file",
    "checkpoint_of",
    "count_readings",
    "get_file",
    "last_seal",
    "list_events",
    "list_events_of",
    "list_files",
    "list_readings",
    "list_workers_read_by",
    "open_file",
    "place_of",
    "seals_after",
    "verify_chain",
]
