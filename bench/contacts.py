"""What it costs to record contacts of many members at once, and to follow them in the figures."""

import time
from datetime import date, timedelta


def print_contacts(rows: int, day: date) -> None:
    """Print what it costs to record contacts of ``rows`` members today and to follow them."""
    from django.db import connection

    from nuanxin.kernel import clock
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.actions.spans import keep_all_spans
    from nuanxin.people.actions import NewContact, record_contacts
    from nuanxin.people.states import ContactKind

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id FROM membership_membership WHERE ended_on IS NULL"
            " AND worker_id IN (SELECT id FROM people_worker) ORDER BY md5(id::text) LIMIT %s",
            [rows],
        )
        workers = [row[0] for row in cursor.fetchall()]
    now = clock.day_start(day) + timedelta(hours=10)
    started = time.perf_counter()
    recorded = record_contacts(
        [NewContact(worker, ContactKind.PHONED, day) for worker in workers],
        actor=SYSTEM,
        now=now,
    )
    between = time.perf_counter()
    keep_all_spans(now=now)
    ended = time.perf_counter()
    print(f"\n| {recorded:,} contacts at once | s |\n|---|---|")
    print(f"| recording | {between - started:.2f} |")
    print(f"| spans and flows brought up to date | {ended - between:.2f} |")
