"""A rule applied to the whole register, its answers kept with their reasons: one statement."""

import hashlib
from datetime import datetime

from django.db import connection, transaction

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.programmes.models import KeptRule
from nuanxin.programmes.queries.ruling import RuleCounts, counting_sql, counts_of, statement_of

_KEEP = """
WITH found AS MATERIALIZED (
    SELECT id, failing_0::int AS failing, missing_0::int AS missing FROM ({found}) s
), kept AS (
    INSERT INTO programmes_ruling (rule_id, worker_id, failing, missing, since)
    SELECT %(kept_rule)s, id, failing, missing, %(day)s FROM found
    ON CONFLICT (worker_id, rule_id) DO UPDATE
        SET failing = excluded.failing, missing = excluded.missing, since = excluded.since
        WHERE (programmes_ruling.failing, programmes_ruling.missing)
            IS DISTINCT FROM (excluded.failing, excluded.missing)
    RETURNING 1
), gone AS (
    DELETE FROM programmes_ruling r WHERE r.rule_id = %(kept_rule)s
        AND NOT EXISTS (SELECT 1 FROM found WHERE found.id = r.worker_id)
)
SELECT (SELECT count(*) FROM kept), counted.* FROM ({counting}) counted
"""


@transaction.atomic
def keep_answers(bound: BoundRule, *, now: datetime) -> RuleCounts:
    """Answer the rule for everybody and keep each answer with its reasons; return the counts.

    Only rows that change are written; ``since`` is the day an answer became what it is. A person
    whose record was merged or erased loses his.
    """
    rule, _ = KeptRule.objects.select_for_update().get_or_create(
        code=bound.rule.code,
        defaults={
            "title": bound.rule.title,
            "as_of": bound.day,
            "applied_at": now,
            "counts": {},
        },
    )
    statement = statement_of(bound)
    sql = _KEEP.format(found=statement.sql, counting=counting_sql(bound, "found"))
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.parameters | {"kept_rule": rule.pk})
        changed, *row = cursor.fetchone()
    counts = counts_of(bound, tuple(row), changed=changed)
    rule.title, rule.text = bound.rule.title, bound.rule.text
    rule.digest = hashlib.sha256(bound.rule.text.encode()).hexdigest()
    rule.as_of, rule.applied_at, rule.counts = bound.day, now, counts.as_plain()
    rule.save()
    return counts
