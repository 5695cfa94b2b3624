"""Rules of services under way in a demonstration: one version released by two officials, one that waits."""

from collections.abc import Callable
from datetime import datetime

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.eligibility.rules.editing import list_slots, with_case, with_values
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.programmes.actions import rule_versions as actions
from nuanxin.programmes.actions.previewing import ask_for_preview, carry_out_preview
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import RuleVersion

MONTHS = "membership.months"
_FACTS = {"membership.is_member": "true", "programmes.had_recuperation": "false"}


def draft_rules(sign_ins: list[SignIn], *, now: datetime) -> dict[str, int]:
    """Release a version of one rule and leave one of another for review; return their ids."""
    cadres = [one for one in sign_ins if one.role is Role.PROVINCE_CADRE][:2]
    if len(cadres) < 2:
        return {}
    first, second = (accounts.actor_of(one, now) for one in cadres)
    exam = _written(first, "health_exam", _with_one_more_case, now)
    actions.release_rule(version_id=exam.id, valid_from=business_day(now), actor=second, now=now)
    trip = _written(first, "recuperation", _sooner, now)
    return {"rule_released": exam.id, "rule_waiting": trip.id}


def _written(actor: Actor, code: str, change: Callable[[str], str], now: datetime) -> RuleVersion:
    version = actions.draft_rule(code=code, actor=actor, now=now)
    text = change(version.text)
    actions.save_rule_text(
        version_id=version.id, text=text, revision=version.revision, actor=actor, now=now
    )
    asked = ask_for_preview(version_id=version.id, actor=actor, now=now)
    carry_out_preview(preview_id=asked.id, now=now)
    actions.submit_rule(version_id=version.id, actor=actor, now=now)
    return version


def _with_one_more_case(text: str) -> str:
    return with_case(
        text, name="资料一样也没有", facts={"membership.is_member": "false"}, answer="no"
    )


def _sooner(text: str) -> str:
    """Return the rule of 疗休养 from the sixth month of membership on, with its cases."""
    (slot,) = (one for one in list_slots(text, CATALOGUE) if one.fact.name == MONTHS)
    text = with_values(text, CATALOGUE, {slot.number: ["6"]})
    text = text.replace("入会十一个月", "入会五个月").replace(f"{MONTHS}: 11", f"{MONTHS}: 5")
    return with_case(text, name="入会六个月整", facts=_FACTS | {MONTHS: "6"}, answer="yes")
