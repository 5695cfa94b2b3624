"""Whether somebody may ask for a place now: a decision that says what to do next."""

from datetime import datetime

from nuanxin.kernel.decision import Decision
from nuanxin.programmes.states import OfferState


def may_apply(
    *, state: OfferState, opens_at: datetime, closes_at: datetime, now: datetime,
    is_member: bool, has_pool: bool,
) -> Decision:  # fmt: skip
    """Return whether the offer is open to this person: time first, then membership, then the pool."""
    if state is OfferState.CANCELLED:
        return Decision.no("programmes.cancelled", "这一期取消了，不再报名。看看别的服务。")
    if now < opens_at:
        return Decision.no("programmes.not_open_yet", "还没开始报名。到了时间再来，不用抢。")
    if state is not OfferState.OPEN or now >= closes_at:
        return Decision.no("programmes.closed", "报名结束了。下一期开了，这里会写出来。")
    if not is_member:
        return Decision.no(
            "programmes.members_only",
            "这是给会员的。入会不收钱，几分钟就能办，批下来就能报。",
            fact="membership.is_member",
            has=False,
            needs=True,
        )
    if not has_pool:
        return Decision.no(
            "programmes.no_pool", "这一期没有给你所在地区或职业的名额。可以问问你的工会。"
        )
    return Decision.yes("programmes.may_apply")
