"""政策找人 in a demonstration: some members agreed to be told; yesterday's night found and told them.

Those who sign in have stated for how long they are insured: of their degree alone nothing is known yet,
and they are told so.
"""

from datetime import datetime, timedelta

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.membership.models import Membership
from nuanxin.people.actions import grant_consent
from nuanxin.people.queries import current_notice
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.finding import find_people, tell_found
from nuanxin.programmes.actions.finding_facts import find_missing_facts, tell_missing_facts
from nuanxin.programmes.actions.ruling import keep_answers
from nuanxin.programmes.actions.stating import state_fact
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.rules.conditions import rule_text

CONSENTING = 150
RULES = ("health_exam", "season_gift", "degree_and_skill")
INSURED_MONTHS = 14


def find_and_tell(sign_ins: list[SignIn], *, now: datetime) -> None:
    """Let members agree, apply the rules, find, and tell in the afternoon."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    path = accounts.actor_of(entry, now).grants[0].union_path
    yesterday = business_day(now) - timedelta(days=1)
    purpose = ConsentPurpose.SERVICE_NOTICES
    version = current_notice(purpose, on=yesterday).version
    held = Membership.objects.filter(ended_on=None, retained_on=None, union__path__startswith=path)
    members = held.order_by("worker_id").values_list("worker_id", flat=True)[:CONSENTING]
    themselves = [one.worker_id for one in sign_ins if one.worker_id is not None]
    for worker_id in sorted({*members, *themselves}):
        grant_consent(worker_id=worker_id, purpose=purpose, notice_version=version, via="web",
                      actor=Actor(worker_id=worker_id, name="本人"), now=now - timedelta(days=20))  # fmt: skip
    for worker_id in sorted(set(themselves)):
        _state(worker_id, now - timedelta(days=20))
    night = day_start(yesterday) + timedelta(hours=2, minutes=50)
    for code in RULES:
        keep_answers(read_checked(rule_text(code), CATALOGUE, on=yesterday), now=night)
    find_people(now=night)
    find_missing_facts(now=night)
    tell_found(now=night + timedelta(hours=12))
    tell_missing_facts(now=night + timedelta(hours=12))


def _state(worker_id: int, then: datetime) -> None:
    """Let somebody state for how many months he is insured, on the day he agreed."""
    state_fact(worker_id=worker_id, name="programmes.insured_months", value=INSURED_MONTHS,
               source="本人在手机上填的", actor=Actor(worker_id=worker_id, name="本人"), now=then,
               on=business_day(then))  # fmt: skip
