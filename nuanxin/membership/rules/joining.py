"""Who may ask to join (domain M-1 to M-3, M-19; acceptance A32): ages, retirement, the union.

Pure: facts and terms in, ``Decision`` out. Terms are the dated parameters of a place on a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from nuanxin.kernel.decision import Decision, all_of
from nuanxin.kernel.identity import age_on
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import shift_months

PROVINCE = "330000"
"""Where a number that a law sets for the whole country is looked up when no place is known."""


@dataclass(frozen=True, slots=True)
class RetirementTerms:
    """The statutory age of one sex with the gradual delay of 2025 on.

    Who was born in or after the month ``delay_from`` retires one month later for every
    ``months_a_step`` months born later (a begun step counts), at most ``longest_delay_months``.
    """

    base_years: int
    delay_from: date
    months_a_step: int
    longest_delay_months: int


@dataclass(frozen=True, slots=True)
class JoinTerms:
    """The dated parameters that decide who may join, for a place on a day."""

    on: date
    minimum_age_years: int
    retirement_male: RetirementTerms
    retirement_female: RetirementTerms
    near_retirement_months: int
    many_from_one_phone_persons: int


@lru_cache(maxsize=64)
def join_terms(adcode: str, on: date) -> JoinTerms:
    """Return the terms in force for the county ``adcode`` on ``on``; read once a place and day."""

    def value(key: str) -> Any:
        return parameter(f"membership.{key}", adcode=adcode, on=on).value

    return JoinTerms(
        on=on,
        minimum_age_years=value("minimum_age_years"),
        retirement_male=_retirement(
            value("retirement_age_male_years"), value("retirement_delay_male")
        ),
        retirement_female=_retirement(
            value("retirement_age_female_years"), value("retirement_delay_female")
        ),
        near_retirement_months=value("near_retirement_months"),
        many_from_one_phone_persons=value("many_from_one_phone_persons"),
    )


def retires_on(birth_on: date, sex: str, terms: JoinTerms) -> date:
    """Return the day on which the statutory age is reached.

    Source: 全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定 (2024-09-13) and its
    method; for women the later of the two ages (worker, cadre) counts, so that nobody is refused
    wrongly. A man born in January 1965 reaches it at 60 years and one month.
    """
    chosen = terms.retirement_female if sex == "F" else terms.retirement_male
    first = chosen.delay_from
    months_later = (birth_on.year - first.year) * 12 + birth_on.month - first.month + 1
    delay = min(max(-(-months_later // chosen.months_a_step), 0), chosen.longest_delay_months)
    return shift_months(birth_on, chosen.base_years * 12 + delay)


def check_minimum_age(birth_on: date, terms: JoinTerms) -> Decision:
    """Return no below the minimum age (未成年人保护法 a.61), with the day that changes it."""
    age = age_on(birth_on, terms.on)
    if age >= terms.minimum_age_years:
        return Decision.yes("old_enough", facts={"age_years": age})
    old_enough_on = shift_months(birth_on, terms.minimum_age_years * 12)
    return Decision.no(
        "underage",
        f"满 {terms.minimum_age_years} 周岁才能入会，现在 {age} 岁。"
        f"{_said(old_enough_on)}起就可以，那天再来。",
        fact="age_years",
        has=age,
        needs=terms.minimum_age_years,
        would_change=f"到 {_said(old_enough_on)}",
        facts={"age_years": age},
    )


def check_not_retired(birth_on: date, sex: str, terms: JoinTerms) -> Decision:
    """Return no from the statutory retirement day on (domain M-19), pointing to retention (M-15)."""
    day = retires_on(birth_on, sex, terms)
    if terms.on < day:
        return Decision.yes("working_age", facts={"retires_on": day})
    return Decision.no(
        "retired",
        "到了退休年龄不再新入会。以前入过会的，会籍在原来的工会保留，照样能参加活动；"
        "找原来的工会办「保留会籍」，不知道是哪家，打 12351 问。",
        fact="retires_on",
        has=day,
        needs=terms.on,
        would_change="原来有会籍的，可以办保留会籍",
        facts={"retires_on": day},
    )


def is_near_retirement(birth_on: date, sex: str, terms: JoinTerms) -> bool:
    """Return whether the statutory day is less than ``near_retirement_months`` away or past."""
    return shift_months(retires_on(birth_on, sex, terms), -terms.near_retirement_months) <= terms.on


def may_join(birth_on: date, sex: str, terms: JoinTerms) -> Decision:
    """Return whether a person of this age may newly join; the first reason says what to do."""
    return all_of(
        (check_minimum_age(birth_on, terms), check_not_retired(birth_on, sex, terms)),
        code="may_join",
    )


def check_union_takes(
    *, is_known: bool = True, is_live: bool, accepts_members: bool, name: str
) -> Decision:
    """Return whether a union takes members itself; a no says where to go instead."""
    if not is_known:
        return Decision.no(
            "union_unknown",
            "没有找到这个码对应的工会，可能印错了。按地方和职业找一家，一样能进。",
            fact="union_is_known",
        )
    if not is_live:
        return Decision.no(
            "union_closed",
            f"{name}已经撤销。选一家离得近的，一样能进。",
            fact="union_is_live",
        )
    if not accepts_members:
        return Decision.no(
            "union_not_taking",
            f"{name}不直接收会员。下面这几家都能进，选一家就行。",
            fact="union_accepts_members",
        )
    return Decision.yes("union_takes")


def _retirement(base_years: int, delay: Mapping[str, Any]) -> RetirementTerms:
    return RetirementTerms(
        base_years=base_years,
        delay_from=date.fromisoformat(f"{delay['first_birth_month']}-01"),
        months_a_step=delay["months_a_step"],
        longest_delay_months=delay["longest_months"],
    )


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


@dataclass(frozen=True, slots=True)
class NearRetirement:
    """The latest births that are near retirement: for a question to many rows at once."""

    male: date
    female: date


@lru_cache(maxsize=64)
def near_retirement_births(terms: JoinTerms) -> NearRetirement:
    """Return the latest day of birth of each sex for which ``is_near_retirement`` is true."""
    return NearRetirement(_latest_near("M", terms), _latest_near("F", terms))


def _latest_near(sex: str, terms: JoinTerms) -> date:
    """Find it by halving: whoever is born later retires later."""
    low, high = date(1900, 1, 1).toordinal(), terms.on.toordinal()
    while low < high:
        middle = (low + high + 1) // 2
        if is_near_retirement(date.fromordinal(middle), sex, terms):
            low = middle
        else:
            high = middle - 1
    return date.fromordinal(low)
