"""Every write of 留痕."""

from nuanxin.records.actions.events import (
    NewEvent,
    append_event,
    append_events,
    append_events_from,
    append_reading,
    events_insert_sql,
)
from nuanxin.records.actions.files import (
    erase_file,
    reseal_files,
    store_file,
    sweep_orphans,
)
from nuanxin.records.actions.readings import commit_readings
from nuanxin.records.actions.requests import Answer, forget_old_requests, run_once
from nuanxin.records.actions.sealing import seal_events
from nuanxin.records.rules import logged_name

__all__ = [
    "Answer",
    "NewEvent",
    "append_event",
    "append_events",
    "append_events_from",
    "append_reading",
    "commit_readings",
    "erase_file",
    "events_insert_sql",
    "forget_old_requests",
    "logged_name",
    "reseal_files",
    "run_once",
    "seal_events",
    "store_file",
    "sweep_orphans",
]
