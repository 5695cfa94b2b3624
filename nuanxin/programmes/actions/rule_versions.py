"""A rule is drafted, sent for review, and released by somebody else from a day on, or sent back."""

import hashlib
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from nuanxin.eligibility.rules.cases import failed_cases
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.reading import LARGEST_TEXT, read_rule
from nuanxin.eligibility.rules.tree import Rule
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
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
from nuanxin.programmes.states import PreviewState, VersionState, check_version_move
from nuanxin.records.actions import append_event

LONGEST_REASON = 200
LATEST_START = timedelta(days=3 * 366)


@transaction.atomic
def draft_rule(*, code: str, actor: Actor, now: datetime) -> RuleVersion:
    """Begin a new version from the text that counts today; return the one in work if there is one.

    Raises ``NotFound`` for an unknown rule or one of a union out of scope.
    """
    released = RuleVersion.objects.filter(code=code, state=VersionState.RELEASED)
    current = shown_text(code, business_day(now), released) or text_of(code, None, "")
    union = owner_of(read_rule(current.text, CATALOGUE).jurisdiction)
    permissions.check_can_draft_rule(actor, path=union.path)
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
    permissions.check_can_draft_rule(actor, path=union.path)
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
    """Keep a text as the version in work; return the one that is in work already, if there is one."""
    versions = RuleVersion.objects.filter(code=code)
    in_work = versions.filter(state__in=[VersionState.DRAFT, VersionState.SUBMITTED])
    if (working := in_work.first()) is not None:
        return working
    rule = read_rule(text, CATALOGUE)
    last = versions.order_by("-number").values_list("number", flat=True).first() or 0
    try:
        with transaction.atomic():
            made = RuleVersion.objects.create(
                code=code,
                number=last + 1,
                union_id=union_id,
                text=text,
                digest=digest_of(text),
                document=rule.document,
                checked_on=rule.checked_on,
                drafted_by=_account(actor),
                drafted_by_name=actor.name[:60],
                drafted_at=now,
                changed_at=now,
            )
    except IntegrityError:  # somebody began at the same moment: his is the one
        return in_work.get()
    _record("programmes.rule_drafted", made, actor, now)
    return made


@transaction.atomic
def save_rule_text(
    *, version_id: int, text: str, revision: int, actor: Actor, now: datetime
) -> RuleVersion:
    """Keep the text of a draft as it was typed, with its faults; return the draft.

    Whoever changes a text becomes one of its editors and may not release it. Raises ``Conflict``
    programmes.rule_changed_meanwhile when somebody else has saved since ``revision``.
    """
    version = _for_update(version_id, actor, permissions.DRAFT_RULE)
    if version.state != VersionState.DRAFT:
        check_version_move(VersionState(version.state), VersionState.DISCARDED)
    text = text.replace("\r\n", "\n")
    if len(text) > LARGEST_TEXT:
        raise Malformed("eligibility.too_large", f"条件太长：最多 {LARGEST_TEXT:,} 个字。")
    if text == version.text:
        return version
    if revision != version.revision:
        raise Conflict(
            "programmes.rule_changed_meanwhile",
            "这份草稿刚才在别处改过，您写的还没有存。把您写的复制下来，刷新以后再改。",
        )
    account = _account(actor)
    version.text, version.digest = text, digest_of(text)
    version.revision += 1
    version.changed_at = now
    if account not in version.editors:
        version.editors.append(account)
    version.save(update_fields=["text", "digest", "revision", "changed_at", "editors"])
    return version


@transaction.atomic
def submit_rule(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Send a draft for review: it reads, its cases come out, and it says something new."""
    version = _for_update(version_id, actor, permissions.DRAFT_RULE)
    check_version_move(VersionState(version.state), VersionState.SUBMITTED)
    today = business_day(now)
    rule = _checked(version, today)
    counts = find_text(version.code, today)
    if counts is not None and counts.digest == version.digest:
        raise Conflict("programmes.rule_unchanged", "和现在用的一字不差，不用送审。")
    version.state, version.submitted_at, version.reason = VersionState.SUBMITTED, now, ""
    version.document, version.checked_on = rule.document, rule.checked_on
    version.save(update_fields=["state", "submitted_at", "reason", "document", "checked_on"])
    _record("programmes.rule_submitted", version, actor, now)


@transaction.atomic
def take_back_rule(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Take a draft back from review, to go on writing."""
    version = _for_update(version_id, actor, permissions.DRAFT_RULE)
    check_version_move(VersionState(version.state), VersionState.DRAFT)
    version.state, version.submitted_at = VersionState.DRAFT, None
    version.save(update_fields=["state", "submitted_at"])
    _record("programmes.rule_taken_back", version, actor, now)


@transaction.atomic
def discard_rule(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Give a draft up; it stays in the record."""
    version = _for_update(version_id, actor, permissions.DRAFT_RULE)
    check_version_move(VersionState(version.state), VersionState.DISCARDED)
    version.state = VersionState.DISCARDED
    version.save(update_fields=["state"])
    _record("programmes.rule_discarded", version, actor, now)


@transaction.atomic
def send_back_rule(*, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Give a draft back to who wrote it, with the reason; he is told."""
    version = _for_update(version_id, actor, permissions.RELEASE_RULE)
    _insist_on_another(version, actor)
    check_version_move(VersionState(version.state), VersionState.DRAFT)
    if not reason.strip():
        raise Malformed("programmes.reason_missing", "写一句为什么退回，起草的人好改。")
    version.state, version.submitted_at = VersionState.DRAFT, None
    version.reason = reason.strip()[:LONGEST_REASON]
    version.save(update_fields=["state", "submitted_at", "reason"])
    _record("programmes.rule_sent_back", version, actor, now)
    _tell(version, "条件退回来了", f"{actor.name}退回了您起草的条件：{version.reason}", now)


@transaction.atomic
def release_rule(*, version_id: int, valid_from: date, actor: Actor, now: datetime) -> None:
    """Let a reviewed version count from a day on; the one before ends the day before.

    Raises ``Forbidden`` for who wrote in it, ``Malformed`` for a day in the past, ``Conflict`` when
    it was decided meanwhile, a case fails, it was not tried over the register, or another version
    begins on that day or later.
    """
    version = _for_update(version_id, actor, permissions.RELEASE_RULE)
    _insist_on_another(version, actor)
    check_version_move(VersionState(version.state), VersionState.RELEASED)
    today = business_day(now)
    if valid_from < today:
        raise Malformed(
            "programmes.rule_from_the_past", "不能从过去的日子起：那时已经按原来的条件答复过人。"
        )
    if valid_from > today + LATEST_START:
        raise Malformed("programmes.rule_too_far", "最晚写到三年以后。")
    rule = _checked(version, valid_from)
    if not _was_tried(version):
        raise Conflict(
            "programmes.rule_not_previewed", "先试算，看看谁会多出来、谁会少掉，再定稿。"
        )
    _end_before(version, valid_from)
    version.state, version.valid_from = VersionState.RELEASED, valid_from
    version.document, version.checked_on = rule.document, rule.checked_on
    version.released_by, version.released_by_name = _account(actor), actor.name[:60]
    version.released_at = now
    version.save()
    _record("programmes.rule_released", version, actor, now, valid_from=valid_from.isoformat())
    _tell(version, "条件定稿了", f"{actor.name}复核了您起草的条件，从 {valid_from} 起用。", now)


@transaction.atomic
def revoke_rule(*, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a released version back before its day; what it would have ended goes on in its place.

    It stays in the record with who, when and why; who wrote and who released it are told. Raises
    ``Conflict`` programmes.rule_in_use from its day on, ``Malformed`` without a reason.
    """
    version = _for_update(version_id, actor, permissions.RELEASE_RULE)
    check_version_move(VersionState(version.state), VersionState.REVOKED)
    assert version.valid_from is not None
    if version.valid_from <= business_day(now):
        raise Conflict(
            "programmes.rule_in_use",
            f"这一版从 {version.valid_from} 起已经在用，不能撤回。要改，起草新的一版。",
        )
    if not reason.strip():
        raise Malformed("programmes.reason_missing", "写一句为什么撤回，同事看得明白。")
    version.state, version.reason = VersionState.REVOKED, reason.strip()[:LONGEST_REASON]
    version.revoked_by, version.revoked_by_name = _account(actor), actor.name[:60]
    version.revoked_at = now
    version.save(update_fields=["state", "reason", "revoked_by", "revoked_by_name", "revoked_at"])
    RuleVersion.objects.filter(
        code=version.code,
        state=VersionState.RELEASED,
        valid_to=version.valid_from - timedelta(days=1),
    ).update(valid_to=version.valid_to)
    _record(
        "programmes.rule_revoked", version, actor, now, valid_from=version.valid_from.isoformat()
    )
    body = f"{actor.name}撤回了第 {version.number} 版（原定 {version.valid_from} 起用）：{version.reason}"
    for account in {version.drafted_by, version.released_by} - {actor.account_id, None}:
        _tell(version, "条件撤回了", body, now, to=account)


def digest_of(text: str) -> str:
    """Return what a text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


# ---- inside -----------------------------------------------------------------------------------


def _for_update(version_id: int, actor: Actor, right: str) -> RuleVersion:
    """Return the version, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    version = RuleVersion.objects.select_for_update().filter(id=version_id).first()
    if version is None:
        raise NotFound()
    path = get_union(version.union_id).path
    if right == permissions.RELEASE_RULE:
        permissions.check_can_release_rule(actor, path=path)
    else:
        permissions.check_can_draft_rule(actor, path=path)
    return version


def _insist_on_another(version: RuleVersion, actor: Actor) -> None:
    if _account(actor) in (version.drafted_by, *version.editors):
        raise Forbidden("programmes.rule_by_another", "这一版您自己起草过，要请另一位同事来复核。")


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise Forbidden("access.no_right", "这件事要登录工作台办。")
    return actor.account_id


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


def _was_tried(version: RuleVersion) -> bool:
    tried = RulePreview.objects.filter(version=version, digest=version.digest)
    return tried.filter(state=PreviewState.DONE).exists()


def _end_before(version: RuleVersion, day: date) -> None:
    """End the version that would still count on ``day``; raise ``Conflict`` where one begins then."""
    released = RuleVersion.objects.filter(code=version.code, state=VersionState.RELEASED)
    later = released.filter(valid_from__gte=day).order_by("valid_from").first()
    if later is not None:
        raise Conflict(
            "programmes.rule_overlaps",
            f"第 {later.number} 版从 {later.valid_from} 起用，这一版要从那以后起。",
        )
    for before in released.filter(valid_from__lt=day).select_for_update():
        if before.valid_to is None or before.valid_to >= day:
            before.valid_to = day - timedelta(days=1)
            before.save(update_fields=["valid_to"])


def _record(
    kind: str, version: RuleVersion, actor: Actor, now: datetime, **more: str
) -> None:  # fmt: skip
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_rule",
        subject_id=version.id,
        union_id=version.union_id,
        data={"code": version.code, "number": version.number, "digest": version.digest, **more},
    )


def _tell(
    version: RuleVersion, title: str, body: str, now: datetime, *, to: UUID | None = None
) -> None:
    notify(
        kind="programmes.rule_decided",
        title=title,
        body=body,
        url=f"/desk/rules/versions/{version.id}/",
        account_id=to or version.drafted_by,
        now=now,
    )
