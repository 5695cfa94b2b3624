"""Pure decisions of 组织: leadership, terms, the shape of the tree, proposals for joining."""

from nuanxin.orgs.rules.candidates import (
    Candidate,
    Proposal,
    Proposals,
    Reason,
    Situation,
    rank,
)
from nuanxin.orgs.rules.committee import (
    leadership_options,
    may_choose_leadership,
    needs_womens_committee,
)
from nuanxin.orgs.rules.naming import stored_name
from nuanxin.orgs.rules.structure import (
    has_document,
    may_dissolve,
    may_end_by_merger,
    may_have_second_parent,
    may_stand_under,
    may_take_effect,
)
from nuanxin.orgs.rules.terms import (
    may_choose_term,
    may_extend_term,
    may_renew_certificate,
    renewal_window,
    term_end,
    term_standing,
)

__all__ = [
    "Candidate",
    "Proposal",
    "Proposals",
    "Reason",
    "Situation",
    "has_document",
    "leadership_options",
    "may_choose_leadership",
    "may_choose_term",
    "may_dissolve",
    "may_end_by_merger",
    "may_extend_term",
    "may_have_second_parent",
    "may_renew_certificate",
    "may_stand_under",
    "may_take_effect",
    "needs_womens_committee",
    "rank",
    "renewal_window",
    "stored_name",
    "term_end",
    "term_standing",
]
