"""What must be right of a publication before anybody approves it. Pure.

Every finding has a stable code and a Chinese sentence that says what is wrong and what to do. A
finding that ``blocks`` must be gone before the version is checked; the others are worth a look.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nuanxin.kernel import regions
from nuanxin.kernel.figure import Unit

Key = tuple[str, int, str, str]
"""Figure code, region, occupation, channel."""

SHORTEST_REASON = 4
NEW, LEFT, NET = (
    "membership.new_members_persons",
    "membership.left_members_persons",
    "membership.net_new_members_persons",
)
_TIMES = "_person_times"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line as it would be published; ``value`` None is withheld.

    ``defined_unit`` is what the definition says today; ``upkeep`` what the fast reading gives for
    the same question, None where it was not asked; ``last`` the value last published.
    """

    code: str
    label: str
    unit: str
    defined_unit: str
    region: int
    value: int | None
    as_of: date
    period_start: date | None = None
    occupation: str = ""
    channel: str = ""
    note: str = ""
    upkeep: int | None = None
    last: int | None = None
    decimals: int = 0

    @property
    def key(self) -> Key:
        """Return what makes the line one of its kind."""
        return (self.code, self.region, self.occupation, self.channel)

    def said(self, value: int | None) -> str:
        """Return a value of the line as a person reads it."""
        if value is None:
            return "没有"
        return f"{value / 10.0**self.decimals:.{self.decimals}f}" if self.decimals else f"{value:,}"

    @property
    def where(self) -> str:
        """Return place, figure and cut, as a person reads them."""
        cut = "".join(f"·{part}" for part in (self.occupation, self.channel) if part)
        return (
            f"{regions.full_name(str(self.region), with_province=False) or '全省'}{self.label}{cut}"
        )


@dataclass(frozen=True, slots=True)
class Threshold:
    """From what change on a reason is wanted: more than ``permille`` and at least ``least`` units."""

    permille: int
    least: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or worth a look; ``key`` names the line where it is one line's matter."""

    code: str
    sentence: str
    blocks: bool = True
    key: Key | None = None


def findings_of(
    lines: Sequence[LineFacts],
    *,
    measured_on: date,
    published_on: date,
    threshold: Threshold,
    is_withdrawal: bool = False,
) -> list[Finding]:
    """Return all findings, in the order of the rules; empty when everything stands."""
    if is_withdrawal:
        return []
    if not lines:
        return [Finding("figures.no_lines", "这一版里一个数也没有。请至少选一个指标和一个地区。")]
    by_key = {line.key: line for line in lines}
    return [
        *_units(lines),
        *_order(lines, measured_on, published_on),
        *_parts_of_regions(by_key),
        *_parts_of_cuts(by_key),
        *_persons_and_times(by_key),
        *_net(by_key),
        *_upkeep(lines),
        *_jumps(lines, threshold),
    ]


def _units(lines: Iterable[LineFacts]) -> Iterator[Finding]:
    for line in lines:
        if line.unit != line.defined_unit:
            yield Finding(
                "figures.unit_differs",
                f"{line.where}写的单位是“{line.unit}”，口径里是“{line.defined_unit}”。请重新测一遍。",
                key=line.key,
            )


def _order(lines: Iterable[LineFacts], measured: date, published: date) -> Iterator[Finding]:
    if measured > published:
        yield Finding(
            "figures.measured_after_published",
            f"测算的日子 {measured} 在发布的日子 {published} 后面。请核对服务器的时间。",
        )
    for line in lines:
        if line.period_start is not None and line.period_start > line.as_of:
            yield Finding(
                "figures.period_backwards",
                f"{line.where}的起始日 {line.period_start} 在截至日 {line.as_of} 后面，请对调。",
                key=line.key,
            )
        if line.as_of > measured:
            yield Finding(
                "figures.as_of_after_measured",
                f"{line.where}截至 {line.as_of}，测算时那一天还没到（{measured}）。请改早截至日。",
                key=line.key,
            )


def _parts_of_regions(by_key: Mapping[Key, LineFacts]) -> Iterator[Finding]:
    """Parts below may leave a rest (unions that stand at the city itself), but never exceed."""
    groups: dict[Key, list[int | None]] = defaultdict(list)
    for (code, region, occupation, channel), line in by_key.items():
        upper = _upper(region)
        if upper:
            groups[code, upper, occupation, channel].append(line.value)
    for key, found in groups.items():
        total = by_key.get(key)
        parts = [part for part in found if part is not None]
        # What is withheld or missing may be negative (net, approvals taken back): no proof then.
        if total is None or total.value is None or len(parts) < len(found) or key[0] == NET:
            continue
        # Rates do not add up; whole hours are rounded, each by half an hour at most.
        slack = len(parts) // 2 + 1 if total.unit == Unit.HOURS.label else 0
        if not total.decimals and min(parts) >= 0 and sum(parts) > total.value + slack:
            yield Finding(
                "figures.parts_exceed_total",
                f"{total.where}是 {total.value:,}，下面各地加起来却是 {sum(parts):,}。"
                "请重新测一遍；再这样就不要发布，找管理员看明细。",
                key=key,
            )


def _parts_of_cuts(by_key: Mapping[Key, LineFacts]) -> Iterator[Finding]:
    for at, name in ((2, "各职业"), (3, "各渠道")):
        groups: dict[Key, list[int | None]] = defaultdict(list)
        for key, line in by_key.items():
            if key[at] and not key[5 - at]:
                groups[key[0], key[1], "", ""].append(line.value)
        for key, parts in groups.items():
            total = by_key.get(key)
            if total is None or total.value is None or None in parts or key[0] == NET:
                continue
            summed = sum(part for part in parts if part is not None)
            if summed > total.value:
                yield Finding(
                    "figures.cuts_exceed_total",
                    f"{total.where}是 {total.value:,}，{name}加起来却是 {summed:,}。请重新测一遍。",
                    key=key,
                )


def _persons_and_times(by_key: Mapping[Key, LineFacts]) -> Iterator[Finding]:
    for (code, *rest), times in by_key.items():
        if not code.endswith(_TIMES):
            continue
        persons = by_key.get((f"{code.removesuffix(_TIMES)}_persons", *rest))  # type: ignore[arg-type]
        if persons is None or persons.value is None or times.value is None:
            continue
        if persons.value > times.value:
            yield Finding(
                "figures.more_persons_than_times",
                f"{persons.where}有 {persons.value:,} 人，人次却只有 {times.value:,}。"
                "一个人至少算一次，请核对两个指标的口径。",
                key=persons.key,
            )


def _net(by_key: Mapping[Key, LineFacts]) -> Iterator[Finding]:
    for (code, *rest), net in by_key.items():
        if code != NET:
            continue
        gross = by_key.get((NEW, *rest))  # type: ignore[arg-type]
        exits = by_key.get((LEFT, *rest))  # type: ignore[arg-type]
        if gross is None or exits is None:
            continue
        if net.value is None or gross.value is None or exits.value is None:
            continue
        if net.value != gross.value - exits.value:
            yield Finding(
                "figures.net_differs",
                f"{net.where}是 {net.value:,}，可是新发展 {gross.value:,} 减退会 {exits.value:,}"
                f"是 {gross.value - exits.value:,}。请重新测一遍。",
                key=net.key,
            )


def _upkeep(lines: Iterable[LineFacts]) -> Iterator[Finding]:
    for line in lines:
        if line.upkeep is not None and line.value is not None and line.upkeep != line.value:
            yield Finding(
                "figures.upkeep_differs",
                f"{line.where}一笔一笔加出来是 {line.said(line.value)}，平时的累计数是 {line.said(line.upkeep)}。"
                "请管理员执行 nuanxin figures recount 查清再发布。",
                key=line.key,
            )


def _jumps(lines: Iterable[LineFacts], threshold: Threshold) -> Iterator[Finding]:
    for line in lines:
        if not is_jump(line.value, line.last, threshold):
            continue
        said = len(line.note.strip()) >= SHORTEST_REASON
        yield Finding(
            "figures.jump_explained" if said else "figures.jump_needs_reason",
            f"{line.where}上次发布 {line.said(line.last)}，这次 {line.said(line.value)}，变动超过"
            f" {threshold.permille / 10:g}%。" + (f"说明：{line.note}" if said else "请写明原因。"),
            blocks=not said,
            key=line.key,
        )


def is_jump(value: int | None, last: int | None, threshold: Threshold) -> bool:
    """Return whether the change since the last publication wants a reason."""
    if value is None or last is None:
        return False
    change = abs(value - last)
    return change >= threshold.least and change * 1000 > threshold.permille * abs(last)


def _upper(region: int) -> int:
    if region % 100:
        return region // 100 * 100
    return region // 10_000 * 10_000 if region % 10_000 else 0
