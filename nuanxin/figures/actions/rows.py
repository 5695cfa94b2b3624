"""Writes of 数读: taking the rows behind a number away is recorded."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.figures.queries.behind import BehindPage, rows_to_export
from nuanxin.kernel.actor import Actor
from nuanxin.records.actions import append_event


@transaction.atomic
def export_rows(
    *,
    code: str,
    union_code: str,
    as_of: date | None = None,
    since: date | None = None,
    known_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> BehindPage:
    """Return all rows behind a number (masked) and record that they were taken away.

    Raises ``NotFound`` out of scope, ``Forbidden`` without the rights to see rows and to export,
    ``Conflict`` figures.too_many_rows.
    """
    page = rows_to_export(
        actor=actor,
        code=code,
        union_code=union_code,
        as_of=as_of,
        since=since,
        known_on=known_on,
        now=now,
    )
    append_event(
        "figures.rows_exported",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=page.union.id,
        union_id=page.union.id,
        data={
            "figure": code,
            "as_of": page.measurement.as_of.isoformat(),
            "since": since.isoformat() if since else None,
            "known_on": known_on.isoformat() if known_on else None,
            "rows": page.count,
            "digest": page.measurement.digest,
        },
    )
    return page
