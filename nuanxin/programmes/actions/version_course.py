"""The course of a text that two persons bring into force: a rule, a definition of a service.

Drafted, sent for review, released by somebody else from a day on, or sent back; a released one may be
revoked before its day. What the texts say differs, how they come into force does not: both kinds take
each step here (ADR 0183).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models.versions import TextVersion
from nuanxin.programmes.rules.version_text import digest_of
from nuanxin.programmes.states import VersionState, check_version_move
from nuanxin.records.actions import append_event

LONGEST_REASON = 200
LATEST_START = timedelta(days=3 * 366)
V = TypeVar("V", bound=TextVersion)
IN_WORK = (VersionState.DRAFT, VersionState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class Words:
    """What is told of one kind of text: what it is called, and where that differs, a sentence."""

    label: str
    from_then: str
    not_from_the_past: str
    too_large: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Course(Generic[V]):
    """How texts of one kind come into force; its steps are the actions of that kind.

    ``noun`` stands in codes and events: programmes.<noun>_changed_meanwhile, _unchanged, _by_another,
    _from_the_past, _too_far, _overlaps, _in_use; programmes.<noun>_drafted and so on.
    ``may_submit`` and ``may_release`` raise for a text that may not begin on a day, and return what is
    kept of it beside the text; ``text_that_counts`` is "" where none does.
    """

    model: type[V]
    noun: str
    draft_right: str
    release_right: str
    largest: int
    words: Words
    page_of: Callable[[V], str]
    text_that_counts: Callable[[str, date], str]
    may_submit: Callable[[V, date], Mapping[str, Any]]
    may_release: Callable[[V, date], Mapping[str, Any]]

    def in_work(self, code: str) -> V | None:
        """Return the version of a code that somebody still writes or reviews."""
        return self._all.filter(code=code, state__in=IN_WORK).first()

    def begin(
        self, *, code: str, text: str, union_id: int, actor: Actor, now: datetime, **kept: Any
    ) -> V:
        """Keep a text as the version in work; return the one that is in work already, if there is one."""
        if (working := self.in_work(code)) is not None:
            return working
        numbers = self._all.filter(code=code).order_by("-number")
        last = numbers.values_list("number", flat=True).first() or 0
        try:
            with transaction.atomic():
                made = self._all.create(
                    code=code,
                    number=last + 1,
                    union_id=union_id,
                    text=text,
                    digest=digest_of(text),
                    drafted_by=_account(actor),
                    drafted_by_name=actor.name[:60],
                    drafted_at=now,
                    changed_at=now,
                    **kept,
                )
        except IntegrityError:  # somebody began at the same moment: his is the one
            return self._all.get(code=code, state__in=IN_WORK)
        self._record("drafted", made, actor, now)
        return made

    @transaction.atomic
    def save(self, *, version_id: int, text: str, revision: int, actor: Actor, now: datetime) -> V:
        """Keep the text of a draft as it was typed, with its faults; return the draft.

        Whoever changes a text becomes one of its editors and may not release it. Raises ``Conflict``
        …_changed_meanwhile when somebody else has saved since ``revision``, ``Malformed`` for a text
        that is too long.
        """
        version = self._for_update(version_id, actor, self.draft_right)
        if version.state != VersionState.DRAFT:
            check_version_move(VersionState(version.state), VersionState.DISCARDED)
        text = text.replace("\r\n", "\n")
        if len(text) > self.largest:
            raise Malformed(*self.words.too_large)
        if text == version.text:
            return version
        if revision != version.revision:
            raise Conflict(
                f"programmes.{self.noun}_changed_meanwhile",
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
    def submit(self, *, version_id: int, actor: Actor, now: datetime) -> None:
        """Send a draft for review: it could begin today, and it says something new."""
        version = self._for_update(version_id, actor, self.draft_right)
        check_version_move(VersionState(version.state), VersionState.SUBMITTED)
        today = business_day(now)
        kept = self.may_submit(version, today)
        if self.text_that_counts(version.code, today) == version.text:
            raise Conflict(f"programmes.{self.noun}_unchanged", "和现在用的一字不差，不用送审。")
        _keep(version, state=VersionState.SUBMITTED, submitted_at=now, reason="", **kept)
        self._record("submitted", version, actor, now)

    @transaction.atomic
    def take_back(self, *, version_id: int, actor: Actor, now: datetime) -> None:
        """Take a draft back from review, to go on writing."""
        version = self._for_update(version_id, actor, self.draft_right)
        check_version_move(VersionState(version.state), VersionState.DRAFT)
        _keep(version, state=VersionState.DRAFT, submitted_at=None)
        self._record("taken_back", version, actor, now)

    @transaction.atomic
    def discard(self, *, version_id: int, actor: Actor, now: datetime) -> None:
        """Give a draft up; it stays in the record."""
        version = self._for_update(version_id, actor, self.draft_right)
        check_version_move(VersionState(version.state), VersionState.DISCARDED)
        _keep(version, state=VersionState.DISCARDED)
        self._record("discarded", version, actor, now)

    @transaction.atomic
    def send_back(self, *, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
        """Give a draft back to who wrote it, with the reason; he is told.

        Raises ``Forbidden`` for who wrote in it, ``Malformed`` without a reason.
        """
        version = self._for_update(version_id, actor, self.release_right)
        self._insist_on_another(version, actor)
        check_version_move(VersionState(version.state), VersionState.DRAFT)
        if not reason.strip():
            raise Malformed("programmes.reason_missing", "写一句为什么退回，起草的人好改。")
        why = reason.strip()[:LONGEST_REASON]
        _keep(version, state=VersionState.DRAFT, submitted_at=None, reason=why)
        self._record("sent_back", version, actor, now)
        label = self.words.label
        body = f"{actor.name}退回了您起草的{label}：{version.reason}"
        self._tell(version, f"{label}退回来了", body, now, to=version.drafted_by)

    @transaction.atomic
    def release(self, *, version_id: int, valid_from: date, actor: Actor, now: datetime) -> None:
        """Let a reviewed version count from a day on; the one before ends the day before.

        Raises ``Forbidden`` for who wrote in it, ``Malformed`` for a day in the past or more than three
        years ahead, ``Conflict`` when it was decided meanwhile, may not begin on that day, or another
        version begins on that day or later.
        """
        version = self._for_update(version_id, actor, self.release_right)
        self._insist_on_another(version, actor)
        check_version_move(VersionState(version.state), VersionState.RELEASED)
        today = business_day(now)
        if valid_from < today:
            raise Malformed(f"programmes.{self.noun}_from_the_past", self.words.not_from_the_past)
        if valid_from > today + LATEST_START:
            raise Malformed(f"programmes.{self.noun}_too_far", "最晚写到三年以后。")
        kept = self.may_release(version, valid_from)
        self._end_before(version, valid_from)
        _keep(
            version,
            state=VersionState.RELEASED,
            valid_from=valid_from,
            released_by=_account(actor),
            released_by_name=actor.name[:60],
            released_at=now,
            **kept,
        )
        self._record("released", version, actor, now, valid_from=valid_from.isoformat())
        label, from_then = self.words.label, self.words.from_then
        body = f"{actor.name}复核了您起草的{label}，从 {valid_from} {from_then}。"
        self._tell(version, f"{label}定稿了", body, now, to=version.drafted_by)

    @transaction.atomic
    def revoke(self, *, version_id: int, reason: str, actor: Actor, now: datetime) -> None:
        """Take a released version back before its day; what it would have ended goes on in its place.

        It stays in the record with who, when and why; who wrote and who released it are told. Raises
        ``Conflict`` …_in_use from its day on, ``Malformed`` without a reason.
        """
        version = self._for_update(version_id, actor, self.release_right)
        check_version_move(VersionState(version.state), VersionState.REVOKED)
        assert version.valid_from is not None
        if version.valid_from <= business_day(now):
            raise Conflict(
                f"programmes.{self.noun}_in_use",
                f"这一版从 {version.valid_from} 起已经在用，不能撤回。要改，起草新的一版。",
            )
        if not reason.strip():
            raise Malformed("programmes.reason_missing", "写一句为什么撤回，同事看得明白。")
        _keep(
            version,
            state=VersionState.REVOKED,
            reason=reason.strip()[:LONGEST_REASON],
            revoked_by=_account(actor),
            revoked_by_name=actor.name[:60],
            revoked_at=now,
        )
        day_before = version.valid_from - timedelta(days=1)
        self._released(version.code).filter(valid_to=day_before).update(valid_to=version.valid_to)
        self._record("revoked", version, actor, now, valid_from=version.valid_from.isoformat())
        body = f"{actor.name}撤回了第 {version.number} 版（原定 {version.valid_from} 起用）：{version.reason}"
        for account in {version.drafted_by, version.released_by} - {actor.account_id, None}:
            self._tell(version, f"{self.words.label}撤回了", body, now, to=account)

    # ---- inside -------------------------------------------------------------------------------

    @property
    def _all(self) -> QuerySet[V]:
        return self.model._default_manager.all()

    def _for_update(self, version_id: int, actor: Actor, right: str) -> V:
        """Return the version, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
        found = self._all.select_for_update().filter(id=version_id).first()
        if found is None:
            raise NotFound()
        permissions.check_version(actor, right, path=get_union(found.union_id).path)
        return found

    def _insist_on_another(self, version: V, actor: Actor) -> None:
        if _account(actor) in (version.drafted_by, *version.editors):
            raise Forbidden(
                f"programmes.{self.noun}_by_another",
                "这一版您自己起草过，要请另一位同事来复核。",
            )

    def _released(self, code: str) -> QuerySet[V]:
        return self._all.filter(code=code, state=VersionState.RELEASED)

    def _end_before(self, version: V, day: date) -> None:
        """End the version that would still count on ``day``; raise ``Conflict`` where one begins then."""
        released = self._released(version.code)
        later = released.filter(valid_from__gte=day).order_by("valid_from").first()
        if later is not None:
            raise Conflict(
                f"programmes.{self.noun}_overlaps",
                f"第 {later.number} 版从 {later.valid_from} 起用，这一版要从那以后起。",
            )
        for before in released.filter(valid_from__lt=day).select_for_update():
            if before.valid_to is None or before.valid_to >= day:
                _keep(before, valid_to=day - timedelta(days=1))

    def _record(self, what: str, version: V, actor: Actor, now: datetime, **more: str) -> None:
        append_event(
            f"programmes.{self.noun}_{what}",
            actor=actor,
            at=now,
            subject_type=f"programme_{self.noun}",
            subject_id=version.id,
            union_id=version.union_id,
            data={"code": version.code, "number": version.number, "digest": version.digest, **more},
        )

    def _tell(self, version: V, title: str, body: str, now: datetime, *, to: UUID | None) -> None:
        notify(
            kind=f"programmes.{self.noun}_decided",
            title=title,
            body=body,
            url=self.page_of(version),
            account_id=to,
            now=now,
        )


def _keep(version: TextVersion, **values: Any) -> None:
    """Keep these values of a version, and nothing else of it."""
    for name, value in values.items():
        setattr(version, name, value)
    version.save(update_fields=[*values])


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise Forbidden("access.no_right", "这件事要登录工作台办。")
    return actor.account_id
