"""Rules applied to the whole register, answers kept with their reasons: one statement a rule.

In full once a week and whenever rule, parameters or database are others; else only for those whose
answer can have changed (``queries.changes``), with the same result.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.statement import find_statement
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import KeptRule, RuleGround
from nuanxin.programmes.queries.changes import (
    CHANGED,
    Ground,
    can_follow,
    drop_changed,
    find_changed,
    ground_now,
    statement_digest,
)
from nuanxin.programmes.queries.ruling import (
    POPULATION,
    RuleCounts,
    counting_sql,
    counts_of,
    statement_of,
)

WHOLE_AGAIN = timedelta(days=7)
"""So often everybody is answered anew, whether or not anything is known to have changed."""
WHOLE_IS_CHEAPER = 0.2
"""Of the people: where more than this may have changed, all are answered."""

_WRITE = """
    INSERT INTO programmes_ruling (rule_id, worker_id, failing, missing, since)
    SELECT %(kept_rule)s, id, failing, missing, %(day)s FROM found
    ON CONFLICT (worker_id, rule_id) DO UPDATE
        SET failing = excluded.failing, missing = excluded.missing, since = excluded.since
        WHERE (programmes_ruling.failing, programmes_ruling.missing)
            IS DISTINCT FROM (excluded.failing, excluded.missing)
    RETURNING 1
"""
_KEEP = f"""
WITH found AS MATERIALIZED (
    SELECT id, failing_0::int AS failing, missing_0::int AS missing FROM ({{found}}) s
), kept AS ({_WRITE}), gone AS (
    DELETE FROM programmes_ruling r WHERE r.rule_id = %(kept_rule)s
        AND NOT EXISTS (SELECT 1 FROM found WHERE found.id = r.worker_id)
)
SELECT (SELECT count(*) FROM kept), counted.* FROM ({{counting}}) counted
"""
_CHANGED = f"""(SELECT DISTINCT c.worker_id FROM {CHANGED} c
    WHERE c.fact = '' OR c.fact = ANY (%(facts)s))"""
# What was kept of them is counted off, what is found counted in: the others are not read.
_KEEP_CHANGED = f"""
WITH changed AS MATERIALIZED {_CHANGED}, found AS MATERIALIZED (
    SELECT id, failing_0::int AS failing, missing_0::int AS missing FROM ({{found}}) s
), before AS MATERIALIZED (
    SELECT r.id, r.worker_id, r.failing, r.missing FROM changed c
    JOIN programmes_ruling r ON r.worker_id = c.worker_id AND r.rule_id = %(kept_rule)s
), kept AS ({_WRITE}), gone AS (
    DELETE FROM programmes_ruling r USING before b WHERE r.id = b.id
        AND NOT EXISTS (SELECT 1 FROM found WHERE found.id = b.worker_id)
)
SELECT (SELECT count(*) FROM kept), now_counted.*, was_counted.*
FROM ({{counting}}) now_counted CROSS JOIN ({{counting_before}}) was_counted
"""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What came out for one rule; ``is_whole`` when everybody was answered anew."""

    counts: RuleCounts
    is_whole: bool


def keep_all_answers(rules: Sequence[BoundRule], *, now: datetime) -> list[KeptAnswers]:
    """Bring the kept answers of the rules up to date, each rule a transaction of its own.

    The same as answering everybody. A process that dies leaves some rules of today and some of
    yesterday; the next run takes both further. All rules are of one day. Call it outside a transaction.
    """
    grounds = {one.rule.code: one for one in RuleGround.objects.select_related("rule")}
    now_ground = (
        ground_now()
    )  # before anything is read: what is written meanwhile is seen next time
    follow = [
        bound for bound in rules if _is_followed(grounds.get(bound.rule.code), bound, now_ground)
    ]
    try:
        if follow:
            follow = _followed(follow, grounds)
        codes = {bound.rule.code for bound in follow}
        return [
            KeptAnswers(_keep_changed(bound, now_ground, now), is_whole=False)
            if bound.rule.code in codes
            else KeptAnswers(keep_answers(bound, now=now), is_whole=True)
            for bound in rules
        ]
    finally:
        if follow:
            drop_changed()


def _is_followed(ground: RuleGround | None, bound: BoundRule, now: Ground) -> bool:
    return (
        ground is not None
        and ground.database == now.database
        and ground.horizon <= now.horizon
        and ground.rule.as_of <= bound.day < ground.full_on + WHOLE_AGAIN
        and ground.statement == statement_digest(bound)
        and can_follow([bound])
    )


def _followed(follow: list[BoundRule], grounds: dict[str, RuleGround]) -> list[BoundRule]:
    """Find who can have changed for any of them; none are followed where that is nearly everybody."""
    mine = [grounds[bound.rule.code] for bound in follow]
    changed = find_changed(
        follow,
        horizon=min(one.horizon for one in mine),
        last=min(one.rule.as_of for one in mine),
        day=follow[0].day,
    )
    people = max(int(one.rule.counts.get("people", 0)) for one in mine)
    return follow if changed <= max(people * WHOLE_IS_CHEAPER, 1_000) else []


@transaction.atomic
def keep_answers(bound: BoundRule, *, now: datetime) -> RuleCounts:
    """Answer the rule for everybody and keep each answer with its reasons; return the counts.

    Only rows that change are written; ``since`` is the day an answer became what it is. A person
    whose record was merged or erased loses his.
    """
    ground = ground_now()
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
    _note(rule, counts, ground, now, full_on=bound.day)
    return counts


@transaction.atomic
def _keep_changed(bound: BoundRule, ground: Ground, now: datetime) -> RuleCounts:
    """Answer the rule for those in ``CHANGED``; the counts are those of everybody."""
    rule = KeptRule.objects.select_for_update().get(code=bound.rule.code)
    statement = find_statement(
        [bound],
        CATALOGUE,
        population=f"changed c JOIN {POPULATION.replace(' w WHERE', ' w ON w.id = c.worker_id WHERE')}",
    )
    sql = _KEEP_CHANGED.format(
        found=statement.sql,
        counting=counting_sql(bound, "found"),
        counting_before=counting_sql(bound, "before"),
    )
    values: dict[str, Any] = {
        "kept_rule": rule.pk,
        "facts": [regions.fact.name for regions in bound.facts],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.parameters | values)
        changed, *rows = cursor.fetchone()
    half = len(rows) // 2
    was = _row_of(rule.counts)
    row = tuple(
        old + now_ - before for old, now_, before in zip(was, rows[:half], rows[half:], strict=True)
    )
    counts = counts_of(bound, row, changed=changed)
    _note(rule, counts, ground, now)
    return counts


def _row_of(plain: dict[str, Any]) -> list[int]:
    """Return kept counts in the order of ``counting_sql``."""
    answers = plain["answers"]
    clauses = [number for one in plain["clauses"] for number in (one["no"], one["unknown"])]
    return [plain["people"], answers["yes"], answers["no"], answers["unknown"], *clauses]


def _note(rule: KeptRule, counts: RuleCounts, ground: Ground, now: datetime, **more: Any) -> None:
    bound = counts.bound
    rule.title, rule.text = bound.rule.title, bound.rule.text
    rule.digest = hashlib.sha256(bound.rule.text.encode()).hexdigest()
    rule.as_of, rule.applied_at, rule.counts = bound.day, now, counts.as_plain()
    rule.save()
    noted = {
        "horizon": ground.horizon,
        "database": ground.database,
        "statement": statement_digest(bound),
        **more,
    }
    RuleGround.objects.update_or_create(rule=rule, defaults=noted)
