"""What a change of a union means, in words: pure, from counts that were read before."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Touched:
    """Who and what hangs on a union at this moment: persons, cases, unions, outlets."""

    live: int
    retained: int
    applications: int
    transfers: int
    children: int
    below: int
    outlets: int

    @property
    def members(self) -> int:
        """Return how many memberships there are in the union itself."""
        return self.live + self.retained


def words_of_merger(touched: Touched, *, name: str, target: str, on: date) -> list[str]:
    """Return what happens when ``name`` goes into ``target``."""
    said = [
        f"{on} 起「{name}」不再单独存在，并入「{target}」。",
        f"{touched.members:,} 人的会籍转到「{target}」，入会日期和卡号都不变，每人收到一条通知。"
        if touched.members
        else "它自己没有会员，没有人要转。",
    ]
    if touched.applications:
        said.append(f"{touched.applications:,} 份没办完的入会申请跟过去，接着办。")
    if touched.transfers:
        said.append(f"{touched.transfers:,} 份等本人同意的转会改为转到「{target}」。")
    if touched.children:
        said.append(f"直接下级 {touched.children:,} 家改挂到「{target}」下面。")
    if touched.outlets:
        said.append(f"它覆盖的 {touched.outlets:,} 个网点改由「{target}」覆盖。")
    return [*said, f"{on} 以前的隶属和任何一天的数都不变。"]


def words_of_dissolution(touched: Touched, *, name: str, upper: str, on: date) -> list[str]:
    """Return what happens when ``name`` is dissolved under ``upper``."""
    said = [
        f"{on} 起「{name}」撤销，登记和记录都留着。",
        f"{touched.members:,} 人的会籍先由「{upper}」保留，每人收到一条通知；"
        f"「{upper}」的待办里会多一件：30 天内逐个安置。"
        if touched.members
        else "它自己没有会员，没有人要安置。",
    ]
    if touched.applications:
        said.append(f"{touched.applications:,} 份没办完的入会申请退掉，申请人可以另选工会再交。")
    if touched.outlets:
        said.append(f"它覆盖的 {touched.outlets:,} 个网点不再有工会覆盖。")
    return [*said, f"{on} 以前的隶属和任何一天的数都不变。"]


def words_of_move(touched: Touched, *, name: str, before: str, after: str, on: date) -> list[str]:
    """Return what happens when ``name`` goes from under ``before`` to under ``after``."""
    below = f"和它下面的 {touched.below:,} 家" if touched.below else ""
    return [
        f"{on} 起「{name}」{below}从「{before}」改到「{after}」下面。",
        f"会籍一个不动：{touched.members:,} 名会员还在「{name}」。",
        f"{on} 起的数计入「{after}」；这天以前的数仍计在「{before}」。",
        "谁看得到它，跟着新的上级走。",
    ]


def words_of_correction(*, name: str, after: str, start: date, end: date | None) -> list[str]:
    """Return what a correction of the past says from now on, and what stays as it was known."""
    until = f"到 {end} 前一天" if end else "起一直"
    return [
        f"{start} {until}，「{name}」按在「{after}」下面算。",
        "以后问那几天的数，按更正后的隶属回答；当时是怎么知道的，选“按那天当时知道的”仍查得到。",
    ]


def words_of_founding(*, name: str, kind: str, upper: str, place: str, on: date) -> list[str]:
    """Return what a founding adds."""
    return [
        f"{on} 起「{upper}」下面多一家「{name}」，{kind}，在{place}。",
        "从这一天计入新建工会数。",
        "建错了可以撤销，撤销也会留下记录。",
    ]


def words_of_split(*, name: str, part: str, children: int, on: date) -> list[str]:
    """Return what a split does; members stay until they are asked."""
    return [
        f"{on} 起从「{name}」分出「{part}」，和它同一个上级；「{name}」继续存在。",
        f"跟过去的直接下级：{children:,} 家。" if children else "没有下级跟过去。",
        f"会员都留在「{name}」。要过去的，请本人转会，或者用名单集体办转会。",
    ]


def words_of_second(*, name: str, other: str, on: date) -> list[str]:
    """Return what dual subordination, or its end, changes."""
    if not other:
        return [f"{on} 起「{name}」不再双重隶属，只归主要的上级管。"]
    return [
        f"{on} 起「{name}」同时归「{other}」管，主要的上级不变。",
        "会员和工会只按主要的上级计一次，不会数两遍。",
    ]


def words_of_territory(
    *,
    name: str,
    seat_before: str,
    seat_after: str,
    added: list[str],
    ended: list[str],
    on: date,
) -> list[str]:
    """Return what is different from ``on`` on; ``seat_after`` "" where the seat stays."""
    said = []
    if seat_after:
        said += [
            f"{on} 起「{name}」的驻地从{seat_before}改到{seat_after}。",
            f"按地区的数，{on} 起计在{seat_after}；这天以前的仍计在{seat_before}。",
        ]
    if added:
        said.append(f"{on} 起还在这些地方：{_listed(added)}。那里的人入会时会看到它。")
    if ended:
        said.append(f"{on} 起不再管：{_listed(ended)}。")
    return [*said, "隶属、会员和覆盖的单位都不变；谁看得到它也不变。"]


def words_of_territory_days(
    *,
    name: str,
    place: str,
    is_seat: bool,
    before: tuple[date, date | None],
    after: tuple[date, date | None],
) -> list[str]:
    """Return which days an entry now holds on; days are (first, day after the last or None)."""
    what = f"驻地在{place}" if is_seat else f"在{place}"
    said = [f"「{name}」{what}，原来登记的是{_days(before)}，更正为{_days(after)}。"]
    if is_seat:
        said.append(
            "前一个驻地的截止日跟着变，中间不空一天。按地区的数，那几天改计在更正后的地方。"
        )
    return [
        *said,
        "以后问那几天，按更正后的回答；当时是怎么知道的，在「地域的经过」里仍查得到。",
    ]


def words_of_outlet_closing(*, members: int | None, place: str) -> list[str]:
    """Return what closing an outlet does; ``members`` None where they may not be counted."""
    said = ["从那天起它不再计入网点数，覆盖它的工会也不再列它。"]
    if members:
        said.append(
            f"登记在这里的 {members:,} 名会员会籍不动、不用转会；按地方数人时仍算在{place}，"
            "直到给他们换了网点。"
        )
    elif members == 0:
        said.append("没有会员登记在这里，没有人要动。")
    return [*said, "那天以前的数不变。停错了，在“已停用的网点”里恢复。"]


def words_of_employer_ending(
    *, outlets: int, covering: int, ending: list[tuple[str, int]], more: int
) -> list[str]:
    """Return what an employer's end does; ``ending`` are unions with their members."""
    said = [f"它在用的 {outlets:,} 个网点同一天停用。" if outlets else "它没有在用的网点。"]
    for name, members in ending:
        said.append(
            f"「{name}」只覆盖这一家单位，要由上级撤销（工会法第十三条）：上级的待办里会多一件；"
            f"{members:,} 名会员到撤销时由上级保留会籍。"
        )
    if more:
        said.append(f"还有 {more:,} 家也只覆盖它，一样办。")
    others = covering - len(ending) - more
    if others:
        said.append(f"覆盖它的另外 {others:,} 家工会照常。")
    return [*said, "会籍现在一个不动，那天以前的数不变。登记错了，在单位这一页恢复。"]


_LISTED_MOST = 12


def _listed(names: list[str]) -> str:
    shown = "、".join(names[:_LISTED_MOST])
    return shown + (f"等 {len(names)} 处" if len(names) > _LISTED_MOST else "")


def _days(days: tuple[date, date | None]) -> str:
    start, end = days
    return f" {start} 到 {end} 前一天" if end else f" {start} 起一直"
