"""Every write of 组织."""

from nuanxin.orgs.actions.employers import (
    NewOutlet,
    close_coverage,
    close_employer,
    close_outlet,
    extend_coverage,
    register_employer,
    register_outlet,
    register_outlets_in_bulk,
    reopen_employer,
    reopen_outlet,
)
from nuanxin.orgs.actions.founding import (
    NewUnion,
    activate_union,
    found_union,
    found_unions_in_bulk,
)
from nuanxin.orgs.actions.merging import (
    Ending,
    MembersGo,
    Splitting,
    acknowledge_dissolution,
    dissolve_union,
    merge_unions,
    split_union,
)
from nuanxin.orgs.actions.moving import correct_placement, move_union, set_second_parent
from nuanxin.orgs.actions.particulars import (
    edit_contact,
    rename_union,
    set_credit_code,
)
from nuanxin.orgs.actions.terms import expire_terms, extend_term, record_election
from nuanxin.orgs.actions.territory import correct_territory, set_territory

__all__ = [
    "Ending",
    "MembersGo",
    "NewOutlet",
    "NewUnion",
    "Splitting",
    "acknowledge_dissolution",
    "activate_union",
    "close_coverage",
    "close_employer",
    "close_outlet",
    "correct_placement",
    "correct_territory",
    "dissolve_union",
    "edit_contact",
    "expire_terms",
    "extend_coverage",
    "extend_term",
    "found_union",
    "found_unions_in_bulk",
    "merge_unions",
    "move_union",
    "record_election",
    "register_employer",
    "register_outlet",
    "register_outlets_in_bulk",
    "rename_union",
    "reopen_employer",
    "reopen_outlet",
    "set_credit_code",
    "set_second_parent",
    "set_territory",
    "split_union",
]
