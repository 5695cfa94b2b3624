"""Whether a help session is on, whether an act can still be undone, and what may be stated for somebody."""

from datetime import datetime

from nuanxin.kernel.decision import Decision
from nuanxin.programmes.states import HelpKind

STATEABLE = {
    "programmes.local_months": "在当地干满几个月",
    "programmes.insured_months": "社保缴满几个月",
}
"""Facts that a helper may state for somebody: numbers that stand on a paper in the worker's hand."""


def may_help(*, expires_at: datetime, closed_at: datetime | None, now: datetime) -> Decision:
    """Return whether something may still be done in a help session."""
    if closed_at is not None:
        return Decision.no("help.over", "这次代办结束了。还要办，请本人重新同意一次。")
    if expires_at <= now:
        return Decision.no("help.over", "这次代办的时间到了。还要办，请本人重新同意一次。")
    return Decision.yes("may_help")


def may_undo(*, undone_at: datetime | None, undo_until: datetime, now: datetime) -> Decision:
    """Return whether an act for somebody can still be undone by him."""
    if undone_at is not None:
        return Decision.no("undone", "已经撤销过了，不用再点。", fact="undone_at")
    if undo_until < now:
        return Decision.no(
            "undo_over", "过了撤销的时间。可以自己撤回报名，或者打 12351。", fact="undo_until"
        )
    return Decision.yes("may_undo")


ON_PAPERS = frozenset({HelpKind.APPLY, HelpKind.CONFIRM, HelpKind.SESSION, HelpKind.DESK_BOOK})
"""What may be done for somebody by his papers: what takes nothing from him and can be taken back."""


def may_do_on_papers(kind: HelpKind, *, gives_up: bool) -> Decision:
    """Return whether an act may be done by papers alone; giving something up may not."""
    if kind not in ON_PAPERS or gives_up:
        return Decision.no(
            "help.needs_himself",
            "凭证件代办，只能报名、确认名额、选场次、约驿站。撤回、更换、取消、填情况、给孩子报，"
            "要他出示会员卡或者报验证码。",
        )
    return Decision.yes("may_do_on_papers")
