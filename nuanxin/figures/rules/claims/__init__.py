"""Checking a draft: pure text and known values in, claims with verdicts out."""

from nuanxin.figures.rules.claims import telling
from nuanxin.figures.rules.claims.checking import (
    Checked,
    Report,
    check_draft,
    find_claims,
    judge,
)
from nuanxin.figures.rules.claims.claim import Claim
from nuanxin.figures.rules.claims.comparing import Against, Reason, Verdict
from nuanxin.figures.rules.claims.draft import Draft
from nuanxin.figures.rules.claims.references import Reference, read_references

__all__ = [
    "Against",
    "Checked",
    "Claim",
    "Draft",
    "Reason",
    "Reference",
    "Report",
    "Verdict",
    "check_draft",
    "find_claims",
    "judge",
    "read_references",
    "telling",
]
