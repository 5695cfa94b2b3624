"""How offers and claims are told on pages: in short clauses with numbers and dates."""

from datetime import date, datetime
from typing import Any

from django.urls import reverse

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.queries.finding import ReminderCounts
from nuanxin.programmes.queries.offers import COUNTED, ClaimRow, OfferRow
from nuanxin.programmes.states import ClaimState, OfferState, Way

HOW_SHARED = {
    Way.FIRST_COME: "先到先得，点了就定。满了排候补，有人退按次序给你留着。",
    Way.SCORE: "报名截止以后，按分数从高到低给。",
    Way.NEED: "报名截止以后，按困难程度给，最难的在前。",
    Way.DRAW: "报名截止以后公开抽签。名单先封存，谁都能照着文件重抽一遍。",
    Way.BY_CLASS: "按班报，先到先得。满了排候补，有人退按次序给孩子留着。兄弟姐妹可以一起。",
    Way.SLOT: "选个时段，点了就定。这个时段满了，换一个。",
}


def day(moment: datetime | None) -> str:
    """Return 12 月 5 日."""
    if moment is None:
        return ""
    there = moment.astimezone(SHANGHAI)
    return f"{there.month} 月 {there.day} 日"


def moment(at: datetime | None) -> str:
    """Return 12 月 5 日 18:00."""
    return "" if at is None else f"{day(at)} {at.astimezone(SHANGHAI):%H:%M}"


def said(on: date) -> str:
    """Return 2027 年 12 月 5 日."""
    return f"{on.year} 年 {on.month} 月 {on.day} 日"


def left(row: OfferRow, *, counted: int = COUNTED) -> str:
    """Return what is at the right of an offer: places left (up to ``counted``), or places in all."""
    if row.left is None:
        return f"{row.places:,} 个名额"
    if row.left > counted:
        return f"剩 {counted:,} 个以上"
    full = "约满了" if row.way is Way.SLOT else "满了，可候补"
    return f"剩 {row.left:,} 个" if row.left else full


def offer_line(row: OfferRow, now: datetime) -> dict[str, Any]:
    """Return a row of the list."""
    begins = "" if row.opens_at <= now else f"{day(row.opens_at)}起报名，"
    return {
        "title": row.title,
        "text": f"{begins}{row.way.label}，{row.union_name}",
        "end_strong": left(row),
        "end": f"{day(row.closes_at)}止",
        "url": reverse("offer", args=[row.code]),
    }


def facts_of(row: OfferRow) -> list[dict[str, str]]:
    """Return what one must know of an offer, label and value."""
    facts = [
        {"label": "给什么", "value": row.about},
        {"label": "报名", "value": f"{day(row.opens_at)}到 {moment(row.closes_at)}"},
        {"label": "名额", "value": _places(row)},
        {"label": "怎么给", "value": HOW_SHARED[row.way]},
        {"label": "谁能报", "value": "；".join(row.conditions) or "工会会员"},
        {"label": "要带什么", "value": "、".join(row.evidence) or "人来就行"},
    ]
    if row.money_fen:
        facts.append({"label": "工会出", "value": f"每人 {format_yuan(row.money_fen)}"})
    if row.provider:
        facts.append({"label": "谁来办", "value": row.provider})
    if row.cost_bearer:
        facts.append({"label": "谁出钱", "value": row.cost_bearer})
    if row.publicity_days:
        facts.append({"label": "公示", "value": f"{row.publicity_days} 个工作日"})
    facts.append({"label": "主办", "value": row.union_name})
    return [fact for fact in facts if fact["value"]]


def _places(row: OfferRow) -> str:
    said = f"{row.places:,} 个"
    if row.left is not None:
        said += f"，{left(row)}"
    else:
        said += f"，{row.applicants:,} 人报了名"
    if row.directed_places:
        said += f"。其中 {row.directed_places:,} 个先给货车、网约车、快递、外卖这四种"
        said += f"，{day(row.released_at)}起放开" if row.released_at else ""
    return said


def claim_words(claim: ClaimRow) -> tuple[str, str]:
    """Return the heading and the sentence that tell somebody where he stands."""
    if claim.together > 1 and claim.state in (
        ClaimState.WAITING,
        ClaimState.GRANTED,
        ClaimState.CONFIRMED,
    ):
        return _family_words(claim)
    told = {
        ClaimState.APPLIED: ("你报上名了", "截止以后定名额，定了会告诉你。"),
        ClaimState.WAITING: (
            f"你排在候补第 {claim.place_in_line}",
            "有人退，就按次序给你留着，会告诉你。",
        ),
        ClaimState.GRANTED: (
            "名额给你留着",
            f"留到 {moment(claim.keep_until)}，确认一下就是你的，过了给下一位。",
        ),
        ClaimState.CONFIRMED: (
            "名额是你的了",
            f"{moment(claim.slot_at)} 来就行。来不了，早点撤回，让给别人。"
            if claim.slot_at
            else f"{moment(claim.applied_at)} 报的名。",
        ),
        ClaimState.WITHDRAWN: ("你撤回了", "想再报，报名没截止就可以。"),
        ClaimState.EXPIRED: (
            "名额给了下一位",
            "留的时间过了，没有确认。想再报，报名没截止就可以。",
        ),
        ClaimState.PROPOSED: (
            "你在名单里，正在公示",
            "公示完了、没有成立的异议，名额就定给你，会告诉你。",
        ),
        ClaimState.STRUCK: (
            "公示后没定给你",
            "有异议，查了成立，原因发给你了。不同意，可以向主办工会的上一级工会申诉，或者打 12351。",
        ),
        ClaimState.FORFEITED: (
            "名额取消了",
            "原因和怎么申诉，都发给你了。不清楚，打 12351。",
        ),
    }
    return told[claim.state]


def _family_words(claim: ClaimRow) -> tuple[str, str]:
    """Return the same for a family that asked together."""
    if claim.state is ClaimState.WAITING:
        ahead = (claim.place_in_line or 1) - 1
        passed = (
            f"空出来的不够 {claim.together} 个，先给过后面的 {claim.skipped} 次，你们的次序没变。"
            if claim.skipped
            else ""
        )
        return (
            f"你们一家 {claim.together} 人在候补",
            (f"前面还有 {ahead} 人。" if ahead else "前面没有人了。")
            + passed
            + f"空够 {claim.together} 个，一起给你们留着，会告诉你们。",
        )
    if claim.state is ClaimState.GRANTED:
        return (
            f"{claim.together} 个名额给你们一家留着",
            f"留到 {moment(claim.keep_until)}，一个人确认，全家的就都定了；过了给下一家。",
        )
    when = moment(claim.slot_at) + " 一起来就行。" if claim.slot_at else ""
    return (
        f"你们一家 {claim.together} 人都有名额",
        when + "谁来不了，谁自己撤回，不影响别人。",
    )


def slot_choices(slots: list[tuple[datetime, int]]) -> list[dict[str, str]]:
    """Return the slots that have places, to choose one of."""
    return [
        {"value": at.isoformat(), "label": f"{moment(at)}，剩 {free:,} 个"}
        for at, free in slots
        if free
    ]


def why_closed(row: OfferRow, now: datetime) -> str:
    """Return why one cannot apply now, or the empty string."""
    if row.state is OfferState.CANCELLED:
        return "这一期取消了。"
    if row.state is OfferState.AWARDED:
        return "名额定了。"
    if row.state is OfferState.PUBLICITY:
        return "报名结束了，名单正在公示。"
    if now < row.opens_at:
        return f"{moment(row.opens_at)} 开始报名。到时间再来，不用抢。"
    return "" if row.is_open(now) else "报名结束了。"


def reminder_facts(counts: ReminderCounts) -> list[dict[str, str]]:
    """Return what became of finding people for an offer; nothing before anybody was found."""
    asked = [("只差一项、问了的", counts.one_fact), ("问了以后符合或报名", counts.answered)]
    asked = asked if counts.one_fact else []
    if not counts.found:
        return [{"label": label, "value": f"{count:,} 人"} for label, count in asked]
    told = [
        ("找到", counts.found),
        ("告诉了", counts.told),
        ("等着告诉", counts.waiting),
        ("作罢（报了、关了、不再符合）", counts.dropped),
        ("打开看了", counts.opened),
        ("看了以后报名", counts.applied),
    ]
    return [{"label": label, "value": f"{count:,} 人"} for label, count in [*told, *asked]]


number_of = whole_number
