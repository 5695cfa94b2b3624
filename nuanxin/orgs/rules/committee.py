"""How the members of one employer are led: committee, joint committee or organiser (工会法 a.11)."""

from nuanxin.kernel.decision import Decision
from nuanxin.orgs.states import Leadership


def leadership_options(members_persons: int, *, required_from_persons: int) -> list[Leadership]:
    """Return what so many members may choose from; from the threshold on a committee only (F-1)."""
    if members_persons >= required_from_persons:
        return [Leadership.COMMITTEE]
    return list(Leadership)


def may_choose_leadership(
    wanted: Leadership, members_persons: int, *, required_from_persons: int
) -> Decision:
    """Say whether so many members may choose ``wanted`` (A18: 25 no organiser, 24 any of three)."""
    facts = {"members_persons": members_persons, "wanted": wanted.value}
    options = leadership_options(members_persons, required_from_persons=required_from_persons)
    if wanted in options:
        return Decision.yes("orgs.leadership_allowed", facts=facts)
    return Decision.no(
        "orgs.committee_required",
        f"有会员 {members_persons} 人，满 {required_from_persons} 人应当建立基层工会委员会，"
        f"不能只{wanted.label}。请按建立委员会办理。",
        facts=facts,
        fact="members_persons",
        has=members_persons,
        needs=required_from_persons,
        would_change=f"会员不足 {required_from_persons} 人时可以{wanted.label}",
    )


def needs_womens_committee(women_persons: int, *, required_from_persons: int) -> Decision:
    """Say whether a women's committee is due (yes), or one commissioner does (no) (E-4)."""
    facts = {"women_persons": women_persons}
    if women_persons >= required_from_persons:
        return Decision.yes("orgs.womens_committee_due", facts=facts)
    return Decision.no(
        "orgs.womens_commissioner_enough",
        f"女会员 {women_persons} 人，不足 {required_from_persons} 人，设女职工委员一人即可。",
        facts=facts,
        fact="women_persons",
        has=women_persons,
        needs=required_from_persons,
    )
