"""Terms of office, late re-election, and the window for renewing the certificate."""

from collections.abc import Sequence
from datetime import date, timedelta

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.period import Period, shift_months
from nuanxin.orgs.states import TermStanding


def term_end(elected_on: date, years: int) -> date:
    """Return the last day of a term: the matching day so many years on (Civil Code a.202)."""
    return shift_months(elected_on, 12 * years)


def may_choose_term(years: int, *, allowed_years: Sequence[int]) -> Decision:
    """Say whether a congress may choose a term of ``years`` (工会法 a.16; E-1, E-2)."""
    if years in allowed_years:
        return Decision.yes("orgs.term_allowed", facts={"years": years})
    said = "或".join(f"{one} 年" for one in allowed_years)
    return Decision.no(
        "orgs.term_not_allowed",
        f"这类工会每届任期是{said}，填的是 {years} 年。请按会议决定的年数重填。",
        facts={"years": years},
        fact="years",
        has=years,
        needs=list(allowed_years),
    )


def term_standing(ends_on: date | None, *, on: date, remind_days: int) -> TermStanding:
    """Say how a term stands on a day; ``ends_on`` is its last day (A23)."""
    if ends_on is None:
        return TermStanding.UNSET
    if on > ends_on:
        return TermStanding.EXPIRED
    if on >= ends_on - timedelta(days=remind_days):
        return TermStanding.ENDS_SOON
    return TermStanding.RUNNING


def may_extend_term(months: int, *, longest_months: int, document: str) -> Decision:
    """Say whether a re-election may be put off: with upper approval, at most so long (E-3, A23)."""
    facts = {"months": months, "has_document": bool(document.strip())}
    if not document.strip():
        return Decision.no(
            "orgs.extension_needs_approval",
            "延期换届要经上级工会批准。请填上批准的文号。",
            facts=facts,
            fact="has_document",
        )
    if 1 <= months <= longest_months:
        return Decision.yes("orgs.extension_allowed", facts=facts)
    return Decision.no(
        "orgs.extension_too_long",
        f"延期最长 {longest_months} 个月，填的是 {months} 个月。到期仍不能换届的，请与上级工会商量。",
        facts=facts,
        fact="months",
        has=months,
        needs=longest_months,
    )


def renewal_window(certificate_valid_to: date, *, opens_days_before: int) -> Period:
    """Return the days on which renewal of the certificate may be applied for (R-6, A24)."""
    return Period(certificate_valid_to - timedelta(days=opens_days_before), certificate_valid_to)


def may_renew_certificate(
    certificate_valid_to: date, *, on: date, opens_days_before: int
) -> Decision:
    """Say whether renewal may be applied for on a day; after the window it is a new application."""
    window = renewal_window(certificate_valid_to, opens_days_before=opens_days_before)
    facts = {"valid_to": certificate_valid_to.isoformat(), "on": on.isoformat()}
    if on in window:
        return Decision.yes("orgs.certificate_renewal_open", facts=facts)
    if on < window.start:
        return Decision.no(
            "orgs.certificate_renewal_not_open",
            f"证书 {certificate_valid_to} 到期，{window.start} 起可以申请换发。到那天再来办。",
            facts=facts,
            fact="on",
            has=on.isoformat(),
            needs=window.start.isoformat(),
        )
    return Decision.no(
        "orgs.certificate_expired",
        f"证书 {certificate_valid_to} 已经到期，不能换发。请联系登记的总工会补办。",
        facts=facts,
        fact="on",
        has=on.isoformat(),
        needs=window.end.isoformat(),
    )
