"""A draft is tried over the register before anybody decides; the result is kept with its text."""

from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, NotFound, Refusal
from nuanxin.orgs.queries.unions import get_root, get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import RulePreview, RuleVersion
from nuanxin.programmes.queries.previewing import (
    day_of,
    estimate_rule,
    is_small_register,
    sensitive_facts,
    try_rule,
)
from nuanxin.programmes.queries.rule_versions import find_text
from nuanxin.programmes.states import PreviewState
from nuanxin.records.actions import append_event

GIVEN_UP = timedelta(minutes=15)
"""A trial that has run so long was cut off: asking again begins a new one."""


@transaction.atomic
def ask_for_preview(*, version_id: int, actor: Actor, now: datetime) -> RulePreview:
    """Note that a version is to be tried as it reads now; one that runs or is of today is returned.

    Raises ``RuleFaulty`` for a text that cannot be tried.
    """
    version = RuleVersion.objects.select_for_update().filter(id=version_id).first()
    if version is None:
        raise NotFound()
    permissions.check_version(actor, permissions.DRAFT_RULE, path=get_union(version.union_id).path)
    day = day_of(version, business_day(now))
    read_checked(version.text, CATALOGUE, on=day)
    same = RulePreview.objects.filter(version=version, digest=version.digest, as_of=day)
    known = same.exclude(state=PreviewState.FAILED).order_by("-id").first()
    if known and (known.state == PreviewState.DONE or known.asked_at > now - GIVEN_UP):
        return known
    asked = RulePreview.objects.create(
        version=version, digest=version.digest, as_of=day, asked_by=actor.account_id, asked_at=now
    )
    append_event(
        "programmes.rule_tried",
        actor=actor,
        at=now,
        subject_type="programme_rule",
        subject_id=version.id,
        union_id=version.union_id,
        data={"code": version.code, "number": version.number, "digest": version.digest},
    )
    return asked


def carry_out_preview(*, preview_id: int, now: datetime) -> None:
    """Try a version and keep what came out; again changes nothing once it is done.

    A text changed meanwhile is not tried: its own trial will be asked for.
    """
    mine = RulePreview.objects.filter(id=preview_id)
    if not mine.filter(state=PreviewState.WAITING).update(state=PreviewState.RUNNING):
        return
    preview = mine.select_related("version").get()
    started = monotonic()

    def tell(share: int) -> None:
        mine.update(result=preview.result | {"share": share})

    try:
        before, after, below = _texts(preview)
        result = try_rule(before, after, below=below, tell=None if is_small_register() else tell)
        result["sensitive"] = sensitive_facts(after)
    except Refusal as refusal:
        preview.state, preview.result = PreviewState.FAILED, {"problem": refusal.message}
    else:
        preview.state, preview.result = PreviewState.DONE, result
    preview.done_at, preview.took_ms = now, round(1000 * (monotonic() - started))
    preview.save(update_fields=["state", "result", "done_at", "took_ms"])


def estimate_preview(*, preview_id: int) -> None:
    """Note about what a trial that waits will say, from a sample: while the official waits.

    Nothing is decided by it: a release asks for the trial itself.
    """
    waiting = RulePreview.objects.filter(id=preview_id, state=PreviewState.WAITING, result={})
    preview = waiting.select_related("version").first()
    if preview is not None:
        before, after, below = _texts(preview)
        waiting.update(result={"estimate": estimate_rule(before, after, below=below)})


def _texts(preview: RulePreview) -> tuple[BoundRule | None, BoundRule, str]:
    """Return the text that counts, the text that is tried, and below which union ("" for all)."""
    version, day = preview.version, preview.as_of
    if version.digest != preview.digest:
        raise Conflict("programmes.rule_changed_meanwhile", "试算的时候条件又改了。再算一次。")
    counts = find_text(version.code, day)
    before = None if counts is None else read_checked(counts.text, CATALOGUE, on=day)
    after = read_checked(version.text, CATALOGUE, on=day)
    root, owner = get_root(), get_union(version.union_id)
    below = "" if root is not None and root.id == owner.id else owner.path
    return before, after, below
