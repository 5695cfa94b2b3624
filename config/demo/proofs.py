"""Proof of work in a demonstration: who may attest, what was attested, a helper's receipt.

Some attested, one corrected, one refused, one waiting; an attester who was revoked, so that one
attestation waits for a look.
"""

from datetime import datetime, timedelta

from config.demo import accounts, programmes
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.membership.queries.card import get_card
from nuanxin.programmes.actions import helping
from nuanxin.programmes.actions.attesters import AttesterDraft, register_attester, revoke_attester
from nuanxin.programmes.actions.attesting import Ask, Reply, answer_by_link, ask_attestation
from nuanxin.programmes.actions.helping_with_places import Wanted
from nuanxin.programmes.models import Attester
from nuanxin.programmes.rules.attestations import LOCAL_MONTHS
from nuanxin.programmes.states import AttesterKind, HelpKind

_MONTHS = (36, 14, 25, 8, 40, 19)
_REPLIES = ("yes", "yes", "yes", "correct", "no", "")


def attest(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> None:
    """Register attesters of the home county and let members ask them; help one member."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    members = programmes.members_below(built, cadre)[: len(_MONTHS) + 2]
    keeper = _register(cadre, AttesterKind.KEEPER, "方建国", "站长", "19900007701", now)
    leaver = _register(cadre, AttesterKind.OFFICER, "沈云", "工会干事", "19900007702", now)
    for member, months, reply in zip(members, _MONTHS, _REPLIES, strict=False):
        _ask(keeper, member, months, reply, now - timedelta(days=2))
    _ask(leaver, members[-1], 22, "yes", now - timedelta(days=20))
    revoke_attester(attester_id=leaver.id, why="调到外地去了", actor=cadre, now=now)
    _help(cadre, members[-2], now)


def _register(
    cadre: Actor, kind: AttesterKind, name: str, post: str, phone: str, now: datetime
) -> Attester:
    begun = now - timedelta(days=40)
    draft = AttesterDraft(
        kind=kind, name=name, post_title=post, phone=phone,
        valid_to=business_day(begun) + timedelta(days=365), place="暖新演示驿站",
    )  # fmt: skip
    union_id = cadre.grants[0].union_id
    assert union_id is not None
    return register_attester(draft=draft, union_id=union_id, actor=cadre, now=begun)


def _ask(by: Attester, member: Actor, months: int, reply: str, at: datetime) -> None:
    asked = ask_attestation(
        ask=Ask({LOCAL_MONTHS: months}, "演示站点"), attester_id=by.id, actor=member, now=at
    )
    said = {
        "yes": Reply({LOCAL_MONTHS: months}),
        "correct": Reply({LOCAL_MONTHS: months + 3}),
        "no": Reply(None, "他说的和我知道的对不上。"),
    }.get(reply)
    if said is not None:
        token = asked.link.rstrip("/").rpartition("/")[2]
        answer_by_link(token=token, reply=said, network="demonstration", now=at)


def _help(helper: Actor, member: Actor, now: datetime) -> None:
    code = get_card(actor=member, now=now).token
    session = helping.begin_by_card(code=code, actor=helper, now=now)
    wanted = Wanted(HelpKind.STATE, LOCAL_MONTHS, value=18)
    helping.help_with(session_id=session.id, wanted=wanted, actor=helper, now=now)
    helping.close_session(session_id=session.id, actor=helper, now=now)
