"""Employers that unions cover, and what rates are divided by: two of the page's twelve figures."""

from datetime import date
from typing import Any

TABLES = ("orgs_coverage", "orgs_outlet", "orgs_employer", "figures_denominator")

EMPLOYERS = """
INSERT INTO orgs_employer (name, adcode, industry_code, is_platform, is_key_enterprise, recorded_at)
SELECT '测速单位' || n, NULL, '', false, false, %(first)s FROM generate_series(1, %(count)s) AS n
"""
# One in five is covered by two unions, one in ten no longer; the place is that of the union.
COVERAGES = """
INSERT INTO orgs_coverage (union_id, employer_id, industry_code, valid_from, valid_to, recorded_at)
SELECT u.id, e.id, u.id::text, greatest(u.founded_on, %(first)s::date + (e.id * 7919 %% 1500)::int),
       CASE WHEN e.id %% 10 = 0 THEN %(last)s::date + 1 END, %(first)s
FROM orgs_employer e CROSS JOIN generate_series(0, 1) AS again
JOIN orgs_union u ON u.level = 5 AND u.code = 'B' || (1 + (e.id * 104729 + again * 31) %% %(unions)s)
WHERE again = 0 OR e.id %% 5 = 0
"""
PLACES = """
UPDATE orgs_employer e SET adcode = t.adcode FROM (
    SELECT DISTINCT ON (c.employer_id) c.employer_id, t.adcode FROM orgs_coverage c
    JOIN orgs_territory t ON t.union_id = c.union_id AND t.is_seat ORDER BY 1, 2) AS t
WHERE t.employer_id = e.id
"""
DENOMINATORS = """
INSERT INTO figures_denominator
    (kind, region, as_of, value, source, checked_on, reason, entered_at, entered_by_name)
SELECT kind, region, make_date(year, 12, 31), 100000 + region %% 1000, '测速用', make_date(year, 12, 31),
       '', make_date(year, 12, 31), '测速'
FROM (SELECT DISTINCT adcode AS region FROM orgs_territory WHERE is_seat) AS places,
     unnest(ARRAY['workers_in_scope', 'employers_in_scope']) AS kind, generate_series(2019, 2025) AS year
"""


def fill_employers(cursor: Any, count: int, unions: int, *, first: date, last: date) -> None:
    """Fill in ``count`` employers, whom they are covered by, and a denominator a place and year."""
    values = {"count": count, "unions": unions, "first": first, "last": last}
    for statement in (EMPLOYERS, COVERAGES, PLACES, DENOMINATORS):
        cursor.execute(statement, values)
    # The triggers that keep it are off while sets are laid down.
    cursor.execute("SELECT orgs_keep_covered_days(array_agg(id)) FROM orgs_employer")
