"""What may be attested, by whom, and how it is written down: pure decisions, no clock, no database."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Malformed
from nuanxin.programmes.rules.attestable import all_attestable, attestable
from nuanxin.programmes.states import AttesterKind, RequestState

LOCAL_MONTHS = "programmes.local_months"
OCCUPATION = "people.occupation"
MOST_MONTHS = 720
LONGEST_REASON = 200
LONGEST_SOURCE = 60


@dataclass(frozen=True, slots=True)
class Point:
    """A named fact with the value that is asked for, or that was confirmed."""

    name: str
    value: int

    @property
    def label(self) -> str:
        """Return what it is about; its name when nobody attests it any more."""
        known = attestable(self.name)
        return known.label if known else self.name

    @property
    def said(self) -> str:
        """Return the value in words."""
        known = attestable(self.name)
        return known.said(self.value) if known else str(self.value)


def read_points(values: Mapping[str, object]) -> tuple[Point, ...]:
    """Return what is to be attested, in a fixed order.

    Raises ``Malformed`` attestation.scope for nothing, for a fact that nobody attests, or a value that
    cannot be.
    """
    points = []
    for name, value in values.items():
        known = attestable(name)
        if known is None or isinstance(value, bool) or not isinstance(value, int):
            raise Malformed("attestation.scope", f"这一项请不了人证明。能证明的是{_said_all()}。")
        if not known.holds(value):
            most = (
                f"，写 {known.least} 到 {known.most} 之间的数" if known.most else "，从里面选一个"
            )
            raise Malformed("attestation.scope", f"{known.ask}{most}。")
        points.append(Point(name, value))
    if not points:
        raise Malformed("attestation.scope", f"至少选一项请他证明：{_said_all()}。")
    order = [one.fact for one in all_attestable()]
    return tuple(sorted(points, key=lambda point: order.index(point.name)))


def _said_all() -> str:
    return "、".join(one.ask for one in all_attestable())


def days_of(point: Point, *, most: int) -> int:
    """Return how many days a point holds: its own, and no longer than ``most`` of the place."""
    known = attestable(point.name)
    return min(known.days, most) if known else most


def may_say(points: Sequence[Point], kind: AttesterKind) -> Decision:
    """Return whether an attester of this kind may attest each of the points."""
    for point in points:
        known = attestable(point.name)
        if known is not None and kind not in known.by:
            who = "、".join(one.label for one in AttesterKind if one in known.by)
            return Decision.no(
                "attestation.not_his",
                f"“{known.ask}”要由{who}证明。换一位，或者不请他证明这一项。",
                fact=known.fact,
            )
    return Decision.yes("may_say")


def kind_of_role(role: str) -> AttesterKind:
    """Return as what kind of attester somebody speaks from a post of this role."""
    return AttesterKind.KEEPER if role == "station_keeper" else AttesterKind.OFFICER


def as_plain(points: Sequence[Point]) -> list[dict[str, object]]:
    """Return points as they are kept."""
    return [{"name": point.name, "value": point.value} for point in points]


def as_points(kept: Sequence[Mapping[str, object]]) -> tuple[Point, ...]:
    """Return kept points as values."""
    return tuple(Point(str(one["name"]), int(str(one["value"]))) for one in kept)


def say_points(points: Sequence[Point]) -> str:
    """Return 做什么：外卖员；在当地干了：36 个月."""
    return "；".join(f"{point.label}：{point.said}" for point in points)


def may_answer_link(*, state: RequestState, expires_at: datetime, now: datetime) -> Decision:
    """Return whether a request can still be answered: once, and in time."""
    if state is RequestState.WITHDRAWN:
        return Decision.no("request_withdrawn", "本人不用你证明了，这件已经撤了。")
    if state is not RequestState.ASKED:
        return Decision.no("answered", f"这件已经答复过了：{state.label}。链接只能用一次。")
    if expires_at <= now:
        return Decision.no("link_expired", "这个链接过期了。请本人再发一次。", fact="expires_at")
    return Decision.yes("may_answer")


def may_attest(
    *, is_live: bool, is_own: bool, is_in_scope: bool, today: int, most: int
) -> Decision:
    """Return whether an attester may say it of this worker today."""
    if not is_live:
        return Decision.no("attester_over", "证明人的登记停用或到期了。请找登记的工会续上。")
    if is_own:
        return Decision.no("own", "不能给自己证明。请另一位证明人来。", fact="attester")
    if not is_in_scope:
        return Decision.no("out_of_scope", "他不在你能证明的工会或网点里。请他找自己那里的证明人。")
    if today >= most:
        return Decision.no(
            "enough", f"今天已经证明了 {today} 人次，到上限了。明天再来。", has=today, needs=most
        )
    return Decision.yes("may_attest")


def digest_of(said: Mapping[str, object]) -> str:
    """Return the SHA-256 of what was said, over one canonical text."""
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def source_words(*, union: str, name: str, kind_label: str, valid_until: date) -> str:
    """Return the source of an attested fact: 大关快递工会李×确认，到 2027 年 5 月 26 日."""
    who = f"{name[:1]}×"
    end = f"确认，到 {valid_until.year} 年 {valid_until.month} 月 {valid_until.day} 日"
    room = LONGEST_SOURCE - len(kind_label) - len(who) - len(end)
    return f"{union[:room]}{kind_label}{who}{end}"
