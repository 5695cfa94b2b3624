"""The night over a register: every shipped rule answered for everybody, again after 1 % changed; finding.

    python -m bench.rulings [--full] [--rows 10000,1175000] [--data FOLDER]

A made-up register (unions, people, memberships, jobs, what they stated, consents) is filled in by
sets in a database of its own, removed afterwards (unless ``--data`` names a folder). Measured are the
product's own actions: ``keep_all_answers`` in full, with nothing changed, after 1 % of the people have
changed, and on the next day; then ``find_people`` for three open offers and ``tell_found``; last, whom one
fact is missing of (``find_missing_facts``) for two offers that nobody was told of, and telling them. What was
followed up must equal what everybody answered anew gives, or it fails. Shares are of seconds
computed (this process and its connection's), which a busy machine does not stretch.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures_page import ANCESTRY, SEATS, UNTIL, _fill_unions, _triggers
from bench.ground import PROVINCE, own_database, parser_of, promise, sizes_of, slope

TABLES = (
    "programmes_ruling",
    "programmes_offerreminder",
    "programmes_freeseat",
    "programmes_statedfact",
    "people_engagement",
    "people_consent",
    "membership_membership",
    "orgs_ancestry",
    "orgs_territory",
    "orgs_union",
    "people_worker",
)
OFFERS = ("health_exam", "recuperation", "skill_training")
LACKING = ("degree_yearly", "degree_and_skill")
"""Of whom one fact is missing: of the first nearly everybody, the worst case."""
LARGEST_SHARE = 0.05
_PEOPLE = """
INSERT INTO people_worker (id, name, name_key, identity_hint, identity_kind, phone_hint, sex,
    assurance, created_at, birth_on)
SELECT n, '测速', '', '', 1, '', CASE WHEN n %% 5 = 0 THEN 'F' ELSE 'M' END, 1, %(now)s,
       CASE WHEN n %% 20 <> 0 THEN %(day)s::date - (6200 + hashint8(n)::bigint %% 7000 + 7000)::int END
FROM generate_series(1, %(rows)s) AS n
"""
_MEMBERS = """
INSERT INTO membership_membership (worker_id, union_id, state, channel, occupation, started_on,
    ended_on, end_reason, joined_on, recorded_at)
SELECT n, u.ids[1 + n * 31 %% cardinality(u.ids)], CASE WHEN n %% 12 = 5 THEN 3 ELSE 1 END, 1 + (n %% 3)::int,
    (ARRAY[4,4,4,4,4,3,3,3,2,2,1,1,6,6,7,99])[1 + n * 13 %% 16], m.day,
    CASE WHEN n %% 12 = 5 THEN %(day)s::date - 3 END, CASE WHEN n %% 12 = 5 THEN 2 END, m.day, m.day
FROM generate_series(1, %(rows)s) AS n
CROSS JOIN LATERAL (SELECT %(day)s::date - 10 - (abs(hashint8(n * 7)::bigint) %% 1700)::int AS day) m
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM orgs_union WHERE level = 5) AS u
WHERE n %% 8 <> 0
"""
_JOBS = """
INSERT INTO people_engagement (worker_id, occupation, place_stated, relation, started_on, recorded_at,
    source)
SELECT n, (ARRAY[4,4,4,4,4,3,3,3,2,2,1,1,6,6,7,99])[1 + n * 13 %% 16], '', 1 + (n %% 3)::int,
    %(day)s::date - 20 - (abs(hashint8(n * 3)::bigint) %% 1500)::int, %(now)s, 'bench'
FROM generate_series(1, %(rows)s) AS n WHERE n %% 25 <> 0
"""
_STATED = """
INSERT INTO programmes_statedfact (worker_id, name, whole, stated_on, source, recorded_at)
SELECT n, 'programmes.' || f.name, abs(hashint8(n * f.at)::bigint) %% f.most, %(day)s::date
    - (abs(hashint8(n + f.at)::bigint) %% 400)::int, 'bench', %(now)s
FROM generate_series(1, %(rows)s) AS n
JOIN (VALUES (1, 'insured_months', 60), (2, 'degree', 6), (3, 'skill_level', 6),
             (4, 'is_retired', 2)) AS f (at, name, most) ON n %% 10 = f.at
"""
_CONSENTS = """
INSERT INTO people_consent (worker_id, purpose, notice_version, granted_at, granted_via)
SELECT n, 3, '2026-11-01', %(now)s, 'bench' FROM generate_series(1, %(rows)s) AS n WHERE n %% 3 <> 0
"""
# A third of them changes trade, a third states something, a third is born on another day.
_CHANGES = (
    """INSERT INTO people_engagement (worker_id, occupation, place_stated, relation, started_on,
           recorded_at, source)
       SELECT id, 3, '', 2, %(day)s, %(now)s, 'bench' FROM people_worker WHERE id %% 300 = 1""",
    """INSERT INTO programmes_statedfact (worker_id, name, whole, stated_on, source, recorded_at)
       SELECT id, 'programmes.insured_months', 12, %(day)s, 'bench', %(now)s
       FROM people_worker WHERE id %% 300 = 2""",
    "UPDATE people_worker SET birth_on = %(day)s::date - 15000 WHERE id %% 300 = 3",
)
_SUMS = """
SELECT k.code, count(r.failing[k.place]), sum(r.failing[k.place]::bigint * (r.worker_id %% 1009 + 1)),
       sum(r.missing[k.place]::bigint * (r.worker_id %% 1009 + 1))
FROM programmes_ruling r CROSS JOIN programmes_keptrule k GROUP BY k.code
"""


def main() -> int:
    """Measure every size and print the tables."""
    options = _options()
    whole = []
    with own_database(options.data):
        for rows in sizes_of(options):
            whole.append((rows, _size(rows)))
    if len(whole) > 1:
        seen = slope(whole[0], whole[-1])
        print(
            f"\nlog-log slope of the full run from {whole[0][0]:,} to {whole[-1][0]:,}: {seen:.2f}"
        )
    return 0


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--data", default="", help="a data folder to fill and to keep")
    return parser.parse_args()


def _size(rows: int) -> float:
    """Measure one size; return the seconds of answering everybody anew."""
    from nuanxin.kernel import clock

    day = UNTIL
    now = clock.day_start(day) + timedelta(hours=2, minutes=40)
    _fill(rows, day, now)
    print("\n| people | the night | s | computing s | of the full run | answered anew | written |")
    print("|---|---|---|---|---|---|---|", flush=True)
    first = _run(rows, "every rule for the first time, everybody", day, now, 0.0)
    whole = _run(rows, "again, everybody", day, now, 0.0, forget=True)
    _run(rows, "again, nothing changed", day, now, whole)
    _change(day, now)
    part = _run(rows, "after 1 % changed", day, now, whole)
    _must_be_equal("1 %", rows, day, now)
    tomorrow = day + timedelta(days=1)
    _run(rows, "the next day, nothing written", tomorrow, now + timedelta(days=1), whole)
    _must_be_equal("the next day", rows, tomorrow, now + timedelta(days=1))
    if rows == PROVINCE:
        share = part / whole
        promise("kept answers after 1 % changed", "≤ 5 % of full", f"{share:.1%}",
                is_kept=share <= LARGEST_SHARE)  # fmt: skip
    _find(rows, now + timedelta(days=1))
    _find_facts(rows, now + timedelta(days=1))
    print(f"(first time {first / whole:.1f} × the full run again: every ruling is a new row)")
    return whole


def _run(
    rows: int, what: str, day: date, now: datetime, whole: float, *, forget: bool = False
) -> float:
    from nuanxin.programmes.actions.ruling import keep_all_answers
    from nuanxin.programmes.models import RuleGround

    if forget:
        RuleGround.objects.all().delete()
    rules = _rules(day)
    started, computed = time.perf_counter(), _computing()
    kept = keep_all_answers(rules, now=now)
    seconds, computed = time.perf_counter() - started, _computing() - computed
    anew = sum(one.is_whole for one in kept)
    share = f"{computed / whole:.1%}" if whole else ""
    written = sum(one.counts.changed for one in kept)
    print(f"| {rows:,} | {what} | {seconds:.2f} | {computed:.2f} | {share} | {anew} of {len(kept)} rules |"
          f" {written:,} |", flush=True)  # fmt: skip
    return computed


def _computing() -> float:
    """Return the seconds for which this process and its connection's have computed: not what others did."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text(encoding="ascii").split()
    return time.process_time() + (int(told[13]) + int(told[14])) / os.sysconf("SC_CLK_TCK")


def _rules(day: date) -> list[Any]:
    from nuanxin.eligibility.rules.checking import read_near
    from nuanxin.programmes.facts import CATALOGUE
    from nuanxin.programmes.rules.conditions import rule_codes, rule_text

    found = [read_near(rule_text(code), CATALOGUE, on=day) for code in rule_codes()]
    return [bound for bound in found if bound.day == day]


def _must_be_equal(what: str, rows: int, day: date, now: datetime) -> None:
    """Answer everybody anew and compare every rule's masks, weighted by person."""
    from nuanxin.programmes.actions.ruling import keep_all_answers
    from nuanxin.programmes.models import RuleGround

    before = _sums()
    RuleGround.objects.all().delete()
    keep_all_answers(_rules(day), now=now)
    assert before == _sums(), f"{what}: what was followed differs from everybody ({rows:,})"


def _sums() -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {})
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _find(rows: int, now: datetime) -> None:
    """Measure finding and telling; the telling of all who wait, by batches as in the product."""
    from nuanxin.programmes.actions.finding import find_people, tell_found

    _offers(now)
    started = time.perf_counter()
    found = find_people(now=now)
    finding = time.perf_counter() - started
    started = time.perf_counter()
    afternoon, told = now + timedelta(hours=12, minutes=20), 0
    while batch := tell_found(now=afternoon)[0]:
        told += batch
    telling = time.perf_counter() - started
    again = time.perf_counter()
    assert find_people(now=now).people == 0 or found.people >= 300_000
    again = time.perf_counter() - again
    print(f"\nfound for {len(OFFERS)} offers: {found.people:,} in {finding:.2f} s, again in {again:.2f} s;"
          f" told {told:,} in {telling:.1f} s", flush=True)  # fmt: skip


def _find_facts(rows: int, now: datetime) -> None:
    """Measure finding whom one fact is missing of, when nobody was told of anything, and telling them."""
    from nuanxin.programmes.actions.finding_facts import find_missing_facts, tell_missing_facts
    from nuanxin.programmes.models import OfferReminder

    OfferReminder.objects.all().delete()
    _offers(now, LACKING)
    started, computed = time.perf_counter(), _computing()
    found = find_missing_facts(now=now)
    finding, computed = time.perf_counter() - started, _computing() - computed
    started = time.perf_counter()
    afternoon, told = now + timedelta(hours=12, minutes=20), 0
    while any(batch := tell_missing_facts(now=afternoon)):
        told += batch[0]
    telling = time.perf_counter() - started
    print(f"one fact missing: {found.people:,} in {finding:.2f} s ({computed:.2f} s computed);"
          f" told {told:,} in {telling:.1f} s", flush=True)  # fmt: skip


def _offers(now: datetime, codes: Sequence[str] = OFFERS) -> None:
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.orgs.models import Union
    from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
    from nuanxin.programmes.models import Offer
    from nuanxin.programmes.rules.definitions import definition
    from nuanxin.programmes.states import Way

    Offer.objects.update(state=5)
    root = Union.objects.get(level=1)
    for code in codes:
        defined = definition(code)
        assert defined is not None
        way = next(one for one in defined.ways if one is not Way.SLOT)
        draft = OfferDraft(code, "测速", way, 1_000, now - timedelta(days=1),
                           now + timedelta(days=20))  # fmt: skip
        made = create_offer(draft=draft, union_id=root.id, actor=SYSTEM, now=now)
        publish_offer(offer_id=made.id, actor=SYSTEM, now=now)


# ---- the register -----------------------------------------------------------------------------


def _fill(rows: int, day: date, now: datetime) -> None:
    from django.db import connection

    started = time.perf_counter()
    values = {"rows": rows, "day": day, "now": now}
    with connection.cursor() as cursor:
        # Triggers are for writers; here sets are laid down that are known to fit.
        _triggers(cursor, "DISABLE", *TABLES)
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        _triggers(cursor, "ENABLE", "orgs_union")  # it sets the path
        _fill_unions(cursor, max(90, min(6_777, rows // 30)))
        cursor.execute(SEATS)
        cursor.execute(ANCESTRY)
        for statement in (_PEOPLE, _MEMBERS, _JOBS, _STATED, _CONSENTS):
            cursor.execute(statement, values)
        _triggers(cursor, "ENABLE", *TABLES)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"\n{rows:,} people (filled in {time.perf_counter() - started:.0f} s)", flush=True)


def _change(day: date, now: datetime) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in _CHANGES:
            cursor.execute(statement, {"day": day, "now": now})


if __name__ == "__main__":
    sys.exit(main())
