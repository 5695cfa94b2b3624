"""A rule is drafted, sent for review, and released by somebody else from a day on, or sent back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.eligibility.rules.cases import failed_cases
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.reading import LARGEST_TEXT, read_rule
from nuanxin.eligibility.rules.tree import Rule
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.version_course import Course, Words
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import RulePreview, RuleVersion
from nuanxin.programmes.queries.rule_versions import (
    find_text,
    owner_of,
    shown_text,
    text_in_force,
    text_of,
)
from nuanxin.programmes.rules.conditions import has_rule
from nuanxin.programmes.rules.new_rules import NewRule, new_rule_text
from nuanxin.programmes.rules.version_text import digest_of as digest_of
from nuanxin.programmes.states import PreviewState, VersionState


@transaction.atomic
def draft_rule(*, code: str, actor: Actor, now: datetime) -> RuleVersion:
    """Begin a new version from the text that counts today; return the one in work if there is one.

    Raises ``NotFound`` for an unknown rule or one of a union out of scope.
    """
    released = RuleVersion.objects.filter(code=code, state=VersionState.RELEASED)
    current = shown_text(code, business_day(now), released) or text_of(code, None, "")
    union = owner_of(read_rule(current.text, CATALOGUE).jurisdiction)
    permissions.check_version(actor, permissions.DRAFT_RULE, path=union.path)
    return begin_version(code=code, text=current.text, union_id=union.id, actor=actor, now=now)


@transaction.atomic
def begin_rule(
    *, new: NewRule, like: str, union_id: int, actor: Actor, now: datetime
) -> RuleVersion:
    """Begin a rule that nobody has shipped, from the text of ``like`` or from the smallest one ("").

    It counts for nobody before somebody else has released it. Raises ``Conflict``
    programmes.rule_code_taken, ``Malformed`` for a code that is none or a union that owns no rules,
    ``NotFound`` for a union out of scope.
    """
    union = get_union(union_id)
    permissions.check_version(actor, permissions.DRAFT_RULE, path=union.path)
    jurisdiction = f"{union.adcode:06d}"
    if owner_of(jurisdiction).id != union.id:
        raise Malformed(
            "programmes.rule_owner", f"条件由省、市、县总工会定，{union.name}不能自己定一条。"
        )
    today = business_day(now)
    known = RuleVersion.objects.filter(code=new.code).exclude(state=VersionState.DISCARDED)
    if has_rule(new.code) or known.exists():
        raise Conflict(
            "programmes.rule_code_taken", f"已经有一条叫 {new.code} 的条件，换一个代码。"
        )
    text = new_rule_text(
        new,
        like=text_in_force(like, today).text if like else "",
        jurisdiction=jurisdiction,
        on=today,
    )
    return begin_version(code=new.code, text=text, union_id=union.id, actor=actor, now=now)


def begin_version(
    *, code: str, text: str, union_id: int, actor: Actor, now: datetime
) -> RuleVersion:
    """Keep a text as the version in work; return the one that is in work already, if there is one.

    Raises ``RuleFaulty`` for a text that does not read.
    """
    kept = _kept(read_rule(text, CATALOGUE))
    return RULES.begin(code=code, text=text, union_id=union_id, actor=actor, now=now, **kept)


# ---- what a version has to be ------------------------------------------------------------------


def _kept(rule: Rule) -> dict[str, Any]:
    """Return what is kept of a rule beside its text."""
    return {"document": rule.document, "checked_on": rule.checked_on}


def _text_that_counts(code: str, on: date) -> str:
    counts = find_text(code, on)
    return counts.text if counts else ""


def _may_submit(version: RuleVersion, on: date) -> Mapping[str, Any]:
    """Raise unless it reads and its cases come out."""
    return _kept(_checked(version, on))


def _may_release(version: RuleVersion, on: date) -> Mapping[str, Any]:
    """Raise unless it reads, its cases come out and it was tried over the register."""
    kept = _kept(_checked(version, on))
    tried = RulePreview.objects.filter(version=version, digest=version.digest)
    if not tried.filter(state=PreviewState.DONE).exists():
        raise Conflict(
            "programmes.rule_not_previewed", "先试算，看看谁会多出来、谁会少掉，再定稿。"
        )
    return kept


def _checked(version: RuleVersion, on: date) -> Rule:
    """Return the rule; raise ``RuleFaulty``, or ``Conflict`` for what a version may not be."""
    rule = read_checked(version.text, CATALOGUE, on=on).rule
    if rule.code != version.code:
        raise Conflict("programmes.rule_code", f"code 要写 {version.code}：这是它的新一版。")
    if owner_of(rule.jurisdiction).id != version.union_id:
        raise Conflict(
            "programmes.rule_jurisdiction", "地区（jurisdiction）不能改：那是别的工会定的。"
        )
    count, failed = failed_cases(rule, CATALOGUE)
    if failed:
        one = failed[0]
        raise Conflict(
            "programmes.rule_case_fails",
            f"有 {len(failed)} 个例子对不上。第 {one.line} 行“{one.name}”：{one.sentence}",
        )
    if not count:
        raise Conflict(
            "programmes.rule_no_cases", "写几个例子：谁可以、谁不可以。条件写错了，例子会先发现。"
        )
    return rule


RULES = Course(
    model=RuleVersion,
    noun="rule",
    draft_right=permissions.DRAFT_RULE,
    release_right=permissions.RELEASE_RULE,
    largest=LARGEST_TEXT,
    words=Words(
        label="条件",
        from_then="起用",
        not_from_the_past="不能从过去的日子起：那时已经按原来的条件答复过人。",
        too_large=("eligibility.too_large", f"条件太长：最多 {LARGEST_TEXT:,} 个字。"),
    ),
    page_of=lambda version: f"/desk/rules/versions/{version.id}/",
    text_that_counts=_text_that_counts,
    may_submit=_may_submit,
    may_release=_may_release,
)
save_rule_text = RULES.save
submit_rule = RULES.submit
take_back_rule = RULES.take_back
discard_rule = RULES.discard
send_back_rule = RULES.send_back
release_rule = RULES.release
revoke_rule = RULES.revoke
