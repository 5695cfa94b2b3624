"""Throwing away what has served: ended sessions, old codes and tries, tickets."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from nuanxin.access import rules
from nuanxin.kernel.clock import business_day


@transaction.atomic
def sweep_access(*, now: datetime) -> dict[str, int]:
    """Delete what is past its time; return how many rows of each kind."""
    days = rules.setting("attempt_kept_days", business_day(now))
    old = now - timedelta(days=days)
    statements = {
        "sessions": ("DELETE FROM access_session WHERE ends_at <= %s", now),
        "codes": ("DELETE FROM access_signincode WHERE sent_at < %s", old),
        "attempts": ("DELETE FROM access_attempt WHERE at < %s", old),
        "tickets": ("DELETE FROM access_usedticket WHERE used_at < %s", old),
        "budgets": ("DELETE FROM access_codebudget WHERE day < %s", old.date()),
    }
    swept = {}
    with connection.cursor() as cursor:
        for name, (sql, until) in statements.items():
            cursor.execute(sql, [until])
            swept[name] = cursor.rowcount
    return swept
