"""A service is defined at the desk: drafted, sent for review, released by somebody else from a day on."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.queries.definitions import look_at, owner_of_code, text_that_counts
from nuanxin.programmes.queries.rule_versions import owner_of
from nuanxin.programmes.rules.definition_faults import DefinitionFaulty, faults_of
from nuanxin.programmes.rules.definitions import LARGEST_TEXT, definition, entry_of, write_entry
from nuanxin.programmes.states import VersionState, check_version_move
from nuanxin.records.actions import append_event

LONGEST_REASON = 200
LATEST_START = timedelta(days=3 * 366)
_ADDRESSES = ("new", "versions")
"""What stands in the place of a code in the addresses of the desk."""
_IN_WORK = [VersionState.DRAFT, VersionState.SUBMITTED]
_OF_ITS_TIME = ("season", "offered_until")


@transaction.atomic
def begin_definition(
    *, code: str, title: str, source: str, like: str, union_id: int, actor: Actor, now: datetime
) -> DefinitionVersion:
    """Begin a service that there is not yet, from the definition of ``like`` or from a blank ("").

    Nothing can be offered of it before somebody else has released it. Raises ``Conflict``
    programmes.definition_code_taken, ``Malformed`` for a code that is none or a union that defines no
    services, ``NotFound`` for a union out of scope or an unknown ``like``.
    """
    union = _defining_union(union_id)
    permissions.check_can_draft_definition(actor, path=union.path)
    entry = _blank(business_day(now), like)
    entry |= {"code": code.strip(), "title": " ".join(title.split()), "source": source.strip()}
    for fault in faults_of(entry):
        if fault.name in ("code", "title", "source"):
            raise Malformed("programmes.definition_head", fault.sentence)
    if _is_known(entry["code"]):
        raise Conflict(
            "programmes.definition_code_taken", f"已经有一项叫 {entry['code']} 的服务，换一个代码。"
        )
    return _begin(entry["code"], write_entry(entry), union_id, actor, now)


@transaction.atomic
def take_in_definition(
    *, text: str, union_id: int, actor: Actor, now: datetime
) -> DefinitionVersion:
    """Begin a draft from a text in the language of definitions: a new service, or the next version of one.

    The text may have faults but in its code; the draft shows them. Raises ``Malformed`` for a text that
    cannot be read, ``Conflict`` programmes.definition_in_work while a version of that code is in work,
    else what ``begin_definition`` and ``succeed_definition`` raise.
    """
    try:
        entry = entry_of(text)
    except DefinitionFaulty as faulty:
        raise Malformed("programmes.definition_unreadable", faulty.faults[0].sentence) from None
    for fault in faults_of(entry):
        if fault.name == "code":
            raise Malformed("programmes.definition_head", fault.sentence)
    code = entry["code"]
    union = owner_of_code(code) if _is_known(code) else _defining_union(union_id)
    permissions.check_can_draft_definition(actor, path=union.path)
    if DefinitionVersion.objects.filter(code=code, state__in=_IN_WORK).exists():
        raise Conflict(
            "programmes.definition_in_work", f"{code} 有一版正在改，先定稿或者放弃那一版。"
        )
    return _begin(code, text.replace("\r\n", "\n"), union.id, actor, now)


@transaction.atomic
def succeed_definition(*, code: str, actor: Actor, now: datetime) -> DefinitionVersion:
    """Begin the next version of a service from what counts today; return the one in work if there is.

    Raises ``NotFound`` for an unknown service or one of a union out of scope.
    """
    union = owner_of_code(code)
    permissions.check_can_draft_definition(actor, path=union.path)
    text = text_that_counts(code, business_day(now))
    if not text:  # released for a later day, and nothing before it
        last = DefinitionVersion.objects.filter(code=code).exclude(state=VersionState.DISCARDED)
        text = last.latest("number").text
    return _begin(code, text, union.id, actor, now)


@transaction.atomic
def save_definition(
    *, version_id: int, text: str, revision: int, actor: Actor, now: datetime
) -> DefinitionVersion:
    """Keep the text of a draft as it was typed, with its faults; return the draft.

    Whoever changes a text becomes one of its editors and may not release it. Raises ``Conflict``
    programmes.definition_changed_meanwhile when somebody else has saved since ``revision``.
    """
    version = _for_update(version_id, actor, permissions.DRAFT_DEFINITION)
    if version.state != VersionState.DRAFT:
        check_version_move(VersionState(version.state), VersionState.DISCARDED)
    text = text.replace("\r\n", "\n")
    if len(text) > LARGEST_TEXT:
        raise Malformed(
            "programmes.definition_too_large", f"太长了：一项服务最多 {LARGEST_TEXT:,} 个字。"
        )
    if text == version.text:
        return version
    if revision != version.revision:
        raise Conflict(
            "programmes.definition_changed_meanwhile",
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


def with_fields(text: str, given: Mapping[str, Any]) -> str:
    """Return a text with the fields of a form in it; what is empty is left out, the rest stays."""
    try:
        entry = entry_of(text)
    except DefinitionFaulty:
        entry = {}
    entry |= given
    empty = [name for name, value in entry.items() if value in ("", [], None)]
    return write_entry({name: value for name, value in entry.items() if name not in empty})


@transaction.atomic
def submit_definition(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Send a draft for review: it has no faults and says something new."""
    version = _for_update(version_id, actor, permissions.DRAFT_DEFINITION)
    check_version_move(VersionState(version.state), VersionState.SUBMITTED)
    today = business_day(now)
    _check(version, today)
    if text_that_counts(version.code, today) == version.text:
        raise Conflict("programmes.definition_unchanged", "和现在用的一字不差，不用送审。")
    version.state, version.submitted_at, version.reason = VersionState.SUBMITTED, now, ""
    version.save(update_fields=["state", "submitted_at", "reason"])
    _record("programmes.definition_submitted", version, actor, now)


@transaction.atomic
def take_back_definition(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Take a draft back from review, to go on writing."""
    version = _for_update(version_id, actor, permissions.DRAFT_DEFINITION)
    check_version_move(VersionState(version.state), VersionState.DRAFT)
    version.state, version.submitted_at = VersionState.DRAFT, None
    version.save(update_fields=["state", "submitted_at"])
    _record("programmes.definition_taken_back", version, actor, now)


@transaction.atomic
def discard_definition(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Give a draft up; it stays in the record."""
    version = _for_update(version_id, actor, permissions.DRAFT_DEFINITION)
    check_version_move(VersionState(version.state), VersionState.DISCARDED)
    version.state = VersionState.DISCARDED
    version.save(update_fields=["state"])
    _record("programmes.definition_discarded", version, actor, now)


@transaction.atomic
def send_back_definition(*, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Give a draft back to who wrote it, with the reason; he is told."""
    version = _for_update(version_id, actor, permissions.RELEASE_DEFINITION)
    _insist_on_another(version, actor)
    check_version_move(VersionState(version.state), VersionState.DRAFT)
    if not reason.strip():
        raise Malformed("programmes.reason_missing", "写一句为什么退回，起草的人好改。")
    version.state, version.submitted_at = VersionState.DRAFT, None
    version.reason = reason.strip()[:LONGEST_REASON]
    version.save(update_fields=["state", "submitted_at", "reason"])
    _record("programmes.definition_sent_back", version, actor, now)
    _tell(version, "服务退回来了", f"{actor.name}退回了您起草的服务：{version.reason}", now)


@transaction.atomic
def release_definition(*, version_id: int, valid_from: date, actor: Actor, now: datetime) -> None:
    """Let a reviewed version count from a day on; the one before ends the day before.

    Raises ``Forbidden`` for who wrote in it, ``Malformed`` for a day in the past, ``Conflict`` when
    it was decided meanwhile, has a fault on that day, or another version begins on that day or later.
    """
    version = _for_update(version_id, actor, permissions.RELEASE_DEFINITION)
    _insist_on_another(version, actor)
    check_version_move(VersionState(version.state), VersionState.RELEASED)
    today = business_day(now)
    if valid_from < today:
        raise Malformed("programmes.definition_from_the_past", "不能从过去的日子起。")
    if valid_from > today + LATEST_START:
        raise Malformed("programmes.definition_too_far", "最晚写到三年以后。")
    _check(version, valid_from)
    _end_before(version, valid_from)
    version.state, version.valid_from = VersionState.RELEASED, valid_from
    version.released_by, version.released_by_name = _account(actor), actor.name[:60]
    version.released_at = now
    version.save()
    _record("programmes.definition_released", version, actor, now, valid_from=str(valid_from))
    _tell(version, "服务定稿了", f"{actor.name}复核了您起草的服务，从 {valid_from} 起可以办。", now)


@transaction.atomic
def revoke_definition(*, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a released version back before its day; what it would have ended goes on in its place.

    Raises ``Conflict`` programmes.definition_in_use from its day on, ``Malformed`` without a reason.
    """
    version = _for_update(version_id, actor, permissions.RELEASE_DEFINITION)
    check_version_move(VersionState(version.state), VersionState.REVOKED)
    assert version.valid_from is not None
    if version.valid_from <= business_day(now):
        raise Conflict(
            "programmes.definition_in_use",
            f"这一版从 {version.valid_from} 起已经在用，不能撤回。要改，起草新的一版。",
        )
    if not reason.strip():
        raise Malformed("programmes.reason_missing", "写一句为什么撤回，同事看得明白。")
    version.state, version.reason = VersionState.REVOKED, reason.strip()[:LONGEST_REASON]
    version.revoked_by, version.revoked_by_name = _account(actor), actor.name[:60]
    version.revoked_at = now
    version.save(update_fields=["state", "reason", "revoked_by", "revoked_by_name", "revoked_at"])
    DefinitionVersion.objects.filter(
        code=version.code,
        state=VersionState.RELEASED,
        valid_to=version.valid_from - timedelta(days=1),
    ).update(valid_to=version.valid_to)
    _record("programmes.definition_revoked", version, actor, now)
    body = f"{actor.name}撤回了第 {version.number} 版（原定 {version.valid_from} 起用）：{version.reason}"
    for account in {version.drafted_by, version.released_by} - {actor.account_id, None}:
        _tell(version, "服务撤回了", body, now, to=account)


def digest_of(text: str) -> str:
    """Return what a text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


# ---- inside -----------------------------------------------------------------------------------


def _defining_union(union_id: int) -> UnionRow:
    """Return a union that defines services; raise ``Malformed`` programmes.definition_owner."""
    union = get_union(union_id)
    if owner_of(f"{union.adcode:06d}").id != union.id:
        raise Malformed(
            "programmes.definition_owner",
            f"服务由省、市、县总工会定，{union.name}不能自己定一项，可以用上级定的开一期。",
        )
    return union


def _is_known(code: str) -> bool:
    made = DefinitionVersion.objects.filter(code=code).exclude(state=VersionState.DISCARDED)
    return code in _ADDRESSES or definition(code) is not None or made.exists()


def _blank(today: date, like: str) -> dict[str, Any]:
    """Return the entry to begin with: of ``like`` as it counts, else the least there is to say."""
    if not like:
        return {"kind": "gift", "gives": "", "ways": ["first_come"], "checked_on": today}
    text = text_that_counts(like, today)
    if not text:
        raise NotFound()
    entry = {name: value for name, value in entry_of(text).items() if name not in _OF_ITS_TIME}
    return entry | {"checked_on": today}


def _begin(code: str, text: str, union_id: int, actor: Actor, now: datetime) -> DefinitionVersion:
    """Keep a text as the version in work; return the one that is in work already, if there is one."""
    versions = DefinitionVersion.objects.filter(code=code)
    in_work = versions.filter(state__in=_IN_WORK)
    if (working := in_work.first()) is not None:
        return working
    last = versions.order_by("-number").values_list("number", flat=True).first() or 0
    try:
        with transaction.atomic():
            made = DefinitionVersion.objects.create(
                code=code,
                number=last + 1,
                union_id=union_id,
                text=text,
                digest=digest_of(text),
                drafted_by=_account(actor),
                drafted_by_name=actor.name[:60],
                drafted_at=now,
                changed_at=now,
            )
    except IntegrityError:  # somebody began at the same moment: his is the one
        return in_work.get()
    _record("programmes.definition_drafted", made, actor, now)
    return made


def _for_update(version_id: int, actor: Actor, right: str) -> DefinitionVersion:
    """Return the version, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    version = DefinitionVersion.objects.select_for_update().filter(id=version_id).first()
    if version is None:
        raise NotFound()
    path = get_union(version.union_id).path
    if right == permissions.RELEASE_DEFINITION:
        permissions.check_can_release_definition(actor, path=path)
    else:
        permissions.check_can_draft_definition(actor, path=path)
    return version


def _insist_on_another(version: DefinitionVersion, actor: Actor) -> None:
    if _account(actor) in (version.drafted_by, *version.editors):
        raise Forbidden(
            "programmes.definition_by_another", "这一版您自己起草过，要请另一位同事来复核。"
        )


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise Forbidden("access.no_right", "这件事要登录工作台办。")
    return actor.account_id


def _check(version: DefinitionVersion, on: date) -> None:
    """Raise ``Conflict`` with the first thing that is wrong in the text on a day."""
    looked = look_at(version.text, on=on, union=get_union(version.union_id))
    if looked.faults:
        more = f"（一共 {len(looked.faults)} 处）" if len(looked.faults) > 1 else ""
        raise Conflict(
            "programmes.definition_faulty", f"还有写得不对的：{looked.faults[0].sentence}{more}"
        )
    if looked.entry["code"] != version.code:
        raise Conflict("programmes.definition_code", f"code 要写 {version.code}：这是它的新一版。")


def _end_before(version: DefinitionVersion, day: date) -> None:
    """End the version that would still count on ``day``; raise ``Conflict`` where one begins then."""
    released = DefinitionVersion.objects.filter(code=version.code, state=VersionState.RELEASED)
    later = released.filter(valid_from__gte=day).order_by("valid_from").first()
    if later is not None:
        raise Conflict(
            "programmes.definition_overlaps",
            f"第 {later.number} 版从 {later.valid_from} 起用，这一版要从那以后起。",
        )
    for before in released.filter(valid_from__lt=day).select_for_update():
        if before.valid_to is None or before.valid_to >= day:
            before.valid_to = day - timedelta(days=1)
            before.save(update_fields=["valid_to"])


def _record(
    kind: str, version: DefinitionVersion, actor: Actor, now: datetime, **more: str
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_definition",
        subject_id=version.id,
        union_id=version.union_id,
        data={"code": version.code, "number": version.number, "digest": version.digest, **more},
    )


def _tell(
    version: DefinitionVersion, title: str, body: str, now: datetime, *, to: UUID | None = None
) -> None:
    notify(
        kind="programmes.definition_decided",
        title=title,
        body=body,
        url=f"/desk/definitions/{version.code}/",
        account_id=to or version.drafted_by,
        now=now,
    )
