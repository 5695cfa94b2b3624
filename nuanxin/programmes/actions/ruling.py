"""Rules applied to the whole register, answers kept with their reasons: each fact read once for all.

In full once a week and whenever rule, parameters or database are others; else only for those whose
answer can have changed (``queries.changes``), with the same result.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.programmes.models import KeptRule, RuleGround
from nuanxin.programmes.queries.changes import (
    Ground,
    can_follow,
    drop_changed,
    find_changed,
    ground_now,
    statement_digest,
)
from nuanxin.programmes.queries.kept_answers import (
    Histogram,
    count_found,
    counting_row,
    fill_found,
    fill_next,
    plain_values,
    shifts,
    write_next,
)
from nuanxin.programmes.queries.ruling import RuleCounts, counts_of
from nuanxin.programmes.rules.version_text import digest_of

NO_SHIFT: tuple[Histogram, Histogram] = (Counter(), Counter())
WHOLE_AGAIN = timedelta(days=7)
"""So often everybody is answered anew, whether or not anything is known to have changed."""
WHOLE_IS_CHEAPER = 0.2
"""Of the people: where more than this may have changed, all are answered."""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What came out for one rule; ``is_whole`` when everybody was answered anew."""

    counts: RuleCounts
    is_whole: bool


@transaction.atomic
def keep_all_answers(rules: Sequence[BoundRule], *, now: datetime) -> list[KeptAnswers]:
    """Bring the kept answers of the rules up to date, all in one transaction.

    The same as answering everybody. A process that dies leaves the answers of before. All rules are
    of one day, no code twice. Call it outside a transaction.
    """
    kept = _kept_rules(rules, now)
    ground = ground_now()  # before anything is read: what is written meanwhile is seen next time
    grounds = {one.rule.code: one for one in RuleGround.objects.select_related("rule")}
    follow = [bound for bound in rules if _is_followed(grounds.get(bound.rule.code), bound, ground)]
    if follow:
        follow = _followed(follow, grounds)
    codes = {bound.rule.code for bound in follow}
    whole = [bound for bound in rules if bound.rule.code not in codes]
    counts = _keep_changed(follow, kept) | _keep_whole(whole, kept)
    drop_changed()
    for bound in rules:
        is_whole = bound.rule.code not in codes
        more = {"full_on": bound.day} if is_whole else {}
        _note(kept[bound.rule.code], counts[bound.rule.code], ground, now, **more)
    return [KeptAnswers(counts[one.rule.code], one.rule.code not in codes) for one in rules]


def keep_answers(bound: BoundRule, *, now: datetime) -> RuleCounts:
    """Answer the rule for everybody and keep each answer with its reasons; return the counts.

    Only rows that change are written; ``since`` is the day an answer became what it is. A person
    whose record was merged or erased loses his.
    """
    with transaction.atomic():
        kept = _kept_rules([bound], now)
        ground = ground_now()
        counts = _keep_whole([bound], kept)[bound.rule.code]
        _note(kept[bound.rule.code], counts, ground, now, full_on=bound.day)
    return counts


def _kept_rules(rules: Sequence[BoundRule], now: datetime) -> dict[str, KeptRule]:
    """Return every kept rule by code, with a place for each of these; only one run at a time.

    Rows carry the answers of all rules: two runs at once would write over each other's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('programmes.keep'))")
    kept = {one.code: one for one in KeptRule.objects.all()}
    for bound in rules:
        if bound.rule.code not in kept:
            kept[bound.rule.code] = KeptRule.objects.create(
                code=bound.rule.code,
                place=max((one.place for one in kept.values()), default=0) + 1,
                title=bound.rule.title,
                as_of=bound.day,
                applied_at=now,
                counts={},
            )
    return kept


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


def _keep_whole(rules: Sequence[BoundRule], kept: dict[str, KeptRule]) -> dict[str, RuleCounts]:
    """Answer the rules for everybody, every fact read once."""
    if not rules:
        return {}
    shifted = _keep(rules, kept, is_whole=True)
    counts = {}
    for bound, masks in zip(rules, count_found(rules), strict=True):
        _, added = shifted.get(kept[bound.rule.code].place, NO_SHIFT)
        row = tuple(counting_row(bound, masks))
        counts[bound.rule.code] = counts_of(bound, row, changed=added.total())
    return counts


def _keep_changed(rules: Sequence[BoundRule], kept: dict[str, KeptRule]) -> dict[str, RuleCounts]:
    """Answer the rules for those in ``CHANGED``; the counts are those of everybody.

    What was kept of them is counted off, what is found counted in: the others are not read.
    """
    if not rules:
        return {}
    shifted = _keep(rules, kept, is_whole=False)
    counts = {}
    for bound in rules:
        rule = kept[bound.rule.code]
        taken, added = shifted.get(rule.place, NO_SHIFT)
        rows = (plain_values(rule.counts), counting_row(bound, added), counting_row(bound, taken))
        row = tuple(was + more - less for was, more, less in zip(*rows, strict=True))
        counts[bound.rule.code] = counts_of(bound, row, changed=added.total())
    return counts


def _keep(
    rules: Sequence[BoundRule], kept: dict[str, KeptRule], *, is_whole: bool
) -> dict[int, tuple[Histogram, Histogram]]:
    """Write what comes out otherwise than it is kept; return by place what that moves."""
    fill_found(rules, is_whole=is_whole)
    fill_next(
        [kept[bound.rule.code].place for bound in rules],
        most=max(one.place for one in kept.values()),
        day=rules[0].day,
        is_whole=is_whole,
    )
    write_next()
    return shifts()


def _note(rule: KeptRule, counts: RuleCounts, ground: Ground, now: datetime, **more: Any) -> None:
    bound = counts.bound
    rule.title, rule.text = bound.rule.title, bound.rule.text
    rule.digest = digest_of(bound.rule.text)
    rule.as_of, rule.applied_at, rule.counts = bound.day, now, counts.as_plain()
    rule.save()
    noted = {
        "horizon": ground.horizon,
        "database": ground.database,
        "statement": statement_digest(bound),
        **more,
    }
    RuleGround.objects.update_or_create(rule=rule, defaults=noted)
