"""Which unions a person could join: found by employer, trade and place; ranked by ``rules.rank``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel import occupations, regions
from nuanxin.kernel.clock import business_day, now
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import haversine_m
from nuanxin.kernel.industries import is_within_industry
from nuanxin.kernel.occupations import Occupation
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.rules.candidates import Candidate, Proposals, Situation, rank
from nuanxin.orgs.rules.naming import stored_name
from nuanxin.orgs.states import UnionKind

LONGEST_LIST = 60
"""Unions looked at by each way; the nearest and narrowest are asked for first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works or lives: codes, and a point where one was measured (WGS-84)."""

    adcode: int | None = None
    town_code: int | None = None
    lng: float | None = None
    lat: float | None = None

    @property
    def county(self) -> int | None:
        """Return the county, also of a town given alone."""
        if self.adcode is not None:
            return self.adcode
        return self.town_code // 1000 if self.town_code is not None else None


def candidates_for(
    *,
    adcode: int | None = None,
    town_code: int | None = None,
    occupation: str | int | Sequence[str | int] | None = None,
    employer_text: str = "",
    platform_id: int | None = None,
    has_labour_relation: bool | None = None,
    home_adcode: int | None = None,
    home_town_code: int | None = None,
    lng: float | None = None,
    lat: float | None = None,
    on: date | None = None,
) -> Proposals:
    """Return the union proposed to somebody who joins, with reasons, and up to two others (2.2).

    ``occupation`` is one or several codes or keys. ``employer_text`` is what the person typed,
    ``platform_id`` an employer with the flag. Region codes are integers. ``lng``/``lat`` is a
    measured point; without one the town's or county's centre orders by distance, but no walking
    time is promised. ``on`` chooses the parameters (today).
    """
    work = Place(adcode, town_code, lng, lat)
    home = Place(home_adcode, home_town_code)
    day = on or business_day(now())
    trades = _occupations(occupation)
    situation = _situation(work, home, trades, employer_text, has_labour_relation, platform_id, day)
    rows = _rows(work, home, trades, employer_text, platform_id)
    return rank([_candidate(row, work, home, trades) for row in rows], situation)


_ROWS = """
WITH named AS (
    SELECT e.id, e.name, e.id = %(platform)s AS is_platform FROM orgs_employer e
    WHERE e.closed_on IS NULL AND (e.id = %(platform)s OR e.name = %(employer)s
          OR (length(%(employer)s) >= 2 AND e.name LIKE %(employer_like)s))
    ORDER BY e.id = %(platform)s DESC NULLS LAST, e.name <> %(employer)s, length(e.name), e.id
    LIMIT 8
), by_employer AS (
    SELECT c.union_id AS id, bool_or(NOT n.is_platform OR n.is_platform IS NULL) AS employer,
           bool_or(coalesce(n.is_platform, false)) AS platform, min(n.name) AS name
    FROM named n JOIN orgs_coverage c ON c.employer_id = n.id
    LEFT JOIN orgs_outlet o ON o.id = c.outlet_id
    WHERE c.superseded_at IS NULL AND c.valid_to IS NULL
      AND (o.id IS NULL OR %(county)s::int IS NULL OR o.adcode = %(county)s)
    GROUP BY c.union_id LIMIT %(limit)s
), by_trade AS (
    SELECT u.id FROM orgs_union u
    WHERE u.kind = 'industry_federation' AND u.ended_on IS NULL AND u.industry_code <> ''
      AND EXISTS (SELECT 1 FROM unnest(%(industries)s::text[]) AS i(code)
                  WHERE i.code LIKE u.industry_code || '%%'
                     OR (length(i.code) < length(u.industry_code)
                         AND u.industry_code LIKE i.code || '%%'))
      AND (u.adcode = ANY(%(areas)s) OR EXISTS (
           SELECT 1 FROM orgs_territory t WHERE t.union_id = u.id AND t.adcode = ANY(%(areas)s)
           AND t.superseded_at IS NULL AND t.valid_to IS NULL))
    ORDER BY u.adcode = %(county)s DESC NULLS LAST, u.level DESC, u.id LIMIT %(limit)s
), by_place AS (
    SELECT u.id FROM orgs_union u
    WHERE u.ended_on IS NULL
      AND (u.kind IN ('township', 'community', 'regional_federation')
           OR u.route = 'backstop' OR (u.kind = 'joint' AND u.route = 'small'))
      AND (u.adcode = ANY(%(counties)s) OR EXISTS (
           SELECT 1 FROM orgs_territory t WHERE t.union_id = u.id
           AND t.adcode = ANY(%(counties)s)
           AND t.superseded_at IS NULL AND t.valid_to IS NULL))
    ORDER BY u.town_code = ANY(%(towns)s) DESC NULLS LAST, u.level, u.id LIMIT %(limit)s
)
SELECT u.id, u.code, u.name, u.kind, u.route, u.adcode, u.town_code, u.industry_code, u.lng, u.lat,
       coalesce(e.employer, false), coalesce(e.platform, false), coalesce(e.name, ''),
       coalesce((SELECT array_agg(t.adcode) FROM orgs_territory t WHERE t.union_id = u.id
                 AND t.superseded_at IS NULL AND t.valid_to IS NULL
                 AND t.town_code IS NULL), '{{}}') AS counties,
       coalesce((SELECT array_agg(t.town_code) FROM orgs_territory t WHERE t.union_id = u.id
                 AND t.superseded_at IS NULL AND t.valid_to IS NULL
                 AND t.town_code IS NOT NULL), '{{}}') AS towns,
       u.id IN (SELECT id FROM by_trade) AS of_trade, u.id IN (SELECT id FROM by_place) AS of_place
FROM orgs_union u LEFT JOIN by_employer e ON e.id = u.id
WHERE u.id IN (SELECT id FROM by_employer UNION SELECT id FROM by_trade UNION
               SELECT id FROM by_place)
  AND u.accepts_members AND u.ended_on IS NULL AND u.state <> 'preparing'
""".replace("{{}}", "{}")


def _rows(
    work: Place,
    home: Place,
    trades: Sequence[Occupation],
    employer_text: str,
    platform_id: int | None,
) -> list[tuple[Any, ...]]:
    employer = stored_name(employer_text)[:60]
    escaped = employer.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    counties = [c for c in dict.fromkeys((work.county, home.county)) if c is not None]
    areas = list(counties[:1]) if work.county is not None else []
    if work.county is not None:
        areas += [int(one.code) for one in regions.ancestors(str(work.county))]
    return fetch_all(
        _ROWS,
        {
            "platform": platform_id,
            "employer": employer,
            "employer_like": f"%{escaped}%",
            "county": work.county,
            "counties": counties,
            "areas": areas,
            "towns": [t for t in (work.town_code, home.town_code) if t is not None],
            "industries": [code for trade in trades for code in trade.industry_codes],
            "limit": LONGEST_LIST,
        },
    )


def _candidate(
    row: tuple[Any, ...], work: Place, home: Place, trades: Sequence[Occupation]
) -> Candidate:
    adcode, town, industry = row[5], row[6], row[7]
    counties, towns, of_trade, of_place = set(row[13]), set(row[14]), row[15], row[16]
    towns |= {town} if town is not None else set()
    counties |= {adcode} if town is None else set()
    distance, is_exact = _distance(row, work)
    kind = UnionKind(row[3])
    in_county = work.county in counties or any(t // 1000 == work.county for t in towns)
    trade = next((t.label for t in trades if of_trade and _is_of(t, industry)), "")
    is_backstop = not trade and of_place and (kind is UnionKind.TOWNSHIP or row[4] == "backstop")
    is_work = work.town_code is not None and work.town_code in towns
    is_home = home.town_code is not None and home.town_code in towns
    covers = bool(row[10] or row[11])
    return Candidate(
        union_id=row[0],
        code=row[1],
        name=row[2],
        kind=kind,
        covers_employer=row[10],
        covers_platform=row[11],
        employer_name=row[12],
        trade_label=trade,
        is_work_town=is_work,
        is_work_county=in_county,
        is_home_town=is_home,
        region_span=_span(adcode, town),
        distance_m=distance,
        is_distance_exact=is_exact,
        # A township union in whose town the person neither works nor lives is the last resort.
        is_backstop=is_backstop and not is_work and not is_home and not covers,
    )


def _is_of(trade: Occupation, industry: str) -> bool:
    return any(
        is_within_industry(code, industry) or is_within_industry(industry, code)
        for code in trade.industry_codes
    )


def _span(adcode: int, town_code: int | None) -> int:
    if town_code is not None:
        return 0
    if adcode % 10_000 == 0:
        return 3
    return 2 if adcode % 100 == 0 else 1


def _distance(row: tuple[Any, ...], work: Place) -> tuple[float | None, bool]:
    """Return metres from the person to the union, and whether both points were measured."""
    here, here_exact = _point(work.lng, work.lat, work.town_code or work.county)
    there, there_exact = _point(row[8], row[9], row[6] or row[5])
    if here is None or there is None:
        return None, False
    metres = haversine_m(here[1], here[0], there[1], there[0])
    return metres, here_exact and there_exact


def _point(
    lng: float | None, lat: float | None, region: int | None
) -> tuple[tuple[float, float] | None, bool]:
    if lng is not None and lat is not None:
        return (lng, lat), True
    found = regions.REGIONS.get(str(region)) if region is not None else None
    return ((found.lng, found.lat) if found else None), False


def _occupations(given: str | int | Sequence[str | int] | None) -> list[Occupation]:
    if given is None or given == "":
        return []
    listed = [given] if isinstance(given, (str, int)) else list(given)
    found = []
    for one in listed:
        is_key = isinstance(one, int) or one.isdigit()
        found.append(occupations.by_key(int(one)) if is_key else occupations.occupation(str(one)))
    return found


def _situation(
    work: Place,
    home: Place,
    trades: Sequence[Occupation],
    employer_text: str,
    has_labour_relation: bool | None,
    platform_id: int | None,
    day: date,
) -> Situation:
    place = str(work.county or regions.PROVINCE_CODE)
    platform = fetch_all("SELECT name FROM orgs_employer WHERE id = %(id)s", {"id": platform_id})
    return Situation(
        has_labour_relation=has_labour_relation,
        occupation_labels=tuple(trade.label for trade in trades),
        county_name=_name(work.county),
        town_name=_name(work.town_code),
        home_name=_name(home.town_code),
        employer_said=stored_name(employer_text),
        platform_name=platform[0][0] if platform else "",
        walking_metres=parameter("orgs.walking_distance_metres", adcode=place, on=day).value,
        metres_a_minute=parameter("orgs.walking_metres_a_minute", adcode=place, on=day).value,
        others=parameter("orgs.proposal_others", adcode=place, on=day).value,
    )


def _name(code: int | None) -> str:
    if code is None:
        return ""
    try:
        return regions.region(str(code)).name
    except Malformed:
        return ""
