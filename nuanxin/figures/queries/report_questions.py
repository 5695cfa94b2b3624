"""What each reference of a report asks, with what the report itself says filled in."""

from dataclasses import dataclass
from datetime import date

from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules.reports import Faults, Slot
from nuanxin.figures.rules.reports.head import (
    Setting,
    day_words,
    named_period,
    not_yet,
    period_words,
    place_words,
    region_code,
    relative_period,
)
from nuanxin.kernel import occupations
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import Period, PeriodKind, parse_period
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.states import Route, UnionKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question that can be asked: everything is known, nothing lies in the future.

    ``period`` None for a figure as of a day. ``union`` is a code, "" for a region.
    """

    definition: FigureDefinition
    region: int
    as_of: date
    period: Period | None
    union: str = ""
    union_id: int | None = None
    place: str = ""
    occupation: str = ""
    channel: str = ""
    kind: str = ""
    route: str = ""
    known_on: date | None = None

    @property
    def code(self) -> str:
        """Return the figure's code."""
        return self.definition.code

    def when(self) -> str:
        """Return the time in words."""
        told = period_words(self.period) if self.period else f"截至{day_words(self.as_of)}"
        return f"{told}（按{day_words(self.known_on)}所知）" if self.known_on else told

    def cut(self) -> str:
        """Return occupation, channel, kind and route in words, "" for all."""
        words = []
        if self.occupation:
            words.append(occupations.occupation(self.occupation).label)
        words += [one.label for one in Channel if one.code == self.channel]
        words += [one.label for one in UnionKind if one.value == self.kind]
        words += [one.label for one in Route if one.value == self.route]
        return "、".join(words)

    def as_plain(self) -> dict[str, str]:
        """Return the question as a document keeps it, to ask for the same number again."""
        told = {
            "region": "" if self.union else str(self.region),
            "union": self.union,
            "as_of": self.as_of.isoformat(),
            "period": str(self.period) if self.period else "",
            "occupation": self.occupation,
            "channel": self.channel,
            "kind": self.kind,
            "route": self.route,
            "known_on": self.known_on.isoformat() if self.known_on else "",
        }
        return {key: value for key, value in told.items() if value}


class _Stop(Exception):
    """A reference cannot be asked; what is wrong has been told."""


class Questions:
    """Turns references into questions; what is wrong with one goes into ``faults``."""

    def __init__(self, setting: Setting, faults: Faults) -> None:
        self.setting, self.faults = setting, faults
        self._unions: dict[str, orgs.UnionRow | None] = {}

    def of(self, slot: Slot) -> Wanted | None:
        """Return what a reference asks, None where it cannot be asked."""
        try:
            return self._wanted(slot)
        except _Stop:
            return None
        except (Malformed, NotFound) as refusal:
            self.faults.refuse(slot.line, slot.column, refusal.code, refusal.message)
            return None

    def _stop(self, slot: Slot, code: str, message: str) -> _Stop:
        self.faults.stop(slot.line, slot.column, code, message)
        return _Stop()

    def _wanted(self, slot: Slot) -> Wanted:
        definition = self._definition(slot)
        union = self._union(slot)
        region = self._region(slot)
        period, as_of = self._time(slot, definition)
        item = slot.item
        cut = {
            "occupation": slot.asked.option("occupation"),
            "channel": slot.asked.option("channel"),
        }
        if item is not None and item.kind in cut and not cut[item.kind]:
            cut[item.kind] = item.code
        self._check_cut(slot, definition, **cut)
        cut |= self._union_cut(slot, definition)
        if union is not None and "union" not in definition.dimensions:
            raise self._stop(
                slot, "cannot_be_cut", f"“{definition.label}”只按地区算。请把 union= 换成 region=。"
            )
        return Wanted(
            definition=definition,
            region=int(region),
            as_of=as_of,
            period=period,
            union=union.code if union else "",
            union_id=union.id if union else None,
            place=union.name if union else place_words(region),
            known_on=self._known_on(slot),
            **cut,
        )

    def _definition(self, slot: Slot) -> FigureDefinition:
        try:
            definition = get_figure(slot.asked.code)
        except NotFound as refusal:
            raise NotFound(
                refusal.code,
                f"没有代码为 {slot.asked.code[:60]} 的指标。可以引用的数列在编辑页正文下面，"
                "命令行用 nuanxin figures list 看。",
            ) from None
        if not definition.public:
            raise self._stop(
                slot, "not_public",
                f"“{definition.label}”是内部用的数，不写进报告。请换一个公开的指标。",
            )  # fmt: skip
        return definition

    def _union(self, slot: Slot) -> orgs.UnionRow | None:
        code = slot.asked.option("union")
        if not code:
            return None
        if slot.asked.option("region"):
            raise self._stop(
                slot, "unreadable", "region= 和 union= 只写一个：按地区数，或者按工会数。"
            )
        if code not in self._unions:
            try:
                self._unions[code] = orgs.get_union_by_code(code)
            except NotFound:
                self._unions[code] = None
        union = self._unions[code]
        if union is None:
            raise self._stop(
                slot, "unknown_union", f"没有编码为 {code[:40]} 的工会。编码在这个工会的页面上。"
            )
        return union

    def _region(self, slot: Slot) -> str:
        told = slot.asked.option("region")
        if not told:
            item = slot.item
            return item.code if item is not None and item.kind == "region" else self.setting.region
        found = region_code(told)
        if found is None:
            raise self._stop(
                slot, "unknown_place",
                f"没有代码为“{told[:20]}”的地区。写 33（全省）、3301（市）或 330105（县、市、区）。",
            )  # fmt: skip
        return found

    def _time(self, slot: Slot, definition: FigureDefinition) -> tuple[Period | None, date]:
        asked, today = slot.asked, self.setting.today
        is_stock = definition.period_kind is PeriodKind.AS_OF
        wrong = "period" if is_stock else "as_of"
        if asked.option(wrong):
            said = (
                "某一天的数，请写 as_of=2023-09-30"
                if is_stock
                else "一段时间的数，请写 period=2023"
            )
            raise self._stop(slot, "time_kind", f"“{definition.label}”是{said}，不写 {wrong}=。")
        if is_stock:
            day = self._day(slot, asked.option("as_of")) if asked.option("as_of") else None
            return None, self._not_future(slot, day or self.setting.as_of)
        period = self._period(slot, asked.option("period"))
        if period is None:
            raise self._stop(
                slot, "no_period",
                f"“{definition.label}”是一段时间的数，要说明哪段时间。"
                "请在题头写“时间段: 2023”，或者在引用里写 period=2023。",
            )  # fmt: skip
        self._not_future(slot, period.end)
        if period.end > today:
            raise self._stop(slot, "future", not_yet(period.end, today))
        return period, period.end

    def _period(self, slot: Slot, told: str) -> Period | None:
        own = self.setting.period
        if not told:
            return own
        if told in ("previous", "last_year", "year_to_date") and own is not None:
            return relative_period(told, own)
        return named_period(told, self.setting.today) or parse_period(told)

    def _day(self, slot: Slot, told: str) -> date:
        if told == "start" and self.setting.period is not None:
            return date.fromordinal(self.setting.period.start.toordinal() - 1)
        try:
            return parse_period(told).end
        except Malformed:
            raise self._stop(
                slot, "unreadable_day",
                f"没有读懂日子“{told[:20]}”。写成 2023-09-30，或者 start（时间段开始的前一天）。",
            ) from None  # fmt: skip

    def _not_future(self, slot: Slot, day: date) -> date:
        if day > self.setting.today:
            raise self._stop(slot, "future", not_yet(day, self.setting.today))
        return day

    def _known_on(self, slot: Slot) -> date | None:
        told = slot.asked.option("known_on")
        return self._not_future(slot, self._day(slot, told)) if told else None

    def _union_cut(self, slot: Slot, definition: FigureDefinition) -> dict[str, str]:
        cut = {name: slot.asked.option(name) for name in ("kind", "route")}
        if any(cut.values()) and "route" not in definition.dimensions:
            raise self._stop(
                slot,
                "cannot_be_cut",
                f"“{definition.label}”不按工会类型和建会路径分。请去掉这个条件。",
            )
        for name, each in (("kind", UnionKind), ("route", Route)):
            known = [one.value for one in each]
            if cut[name] and cut[name] not in known:
                raise self._stop(
                    slot, f"unknown_{name}",
                    f"没有“{cut[name][:20]}”这种写法。{name}= 可以用：{'、'.join(known)}。",
                )  # fmt: skip
        return cut

    def _check_cut(
        self, slot: Slot, definition: FigureDefinition, occupation: str, channel: str
    ) -> None:
        if (occupation or channel) and "occupation" not in definition.dimensions:
            raise self._stop(
                slot, "cannot_be_cut", f"“{definition.label}”不按职业和渠道分。请去掉这个条件。"
            )
        if occupation:
            occupations.occupation(occupation)
        if channel and channel not in {one.code for one in Channel}:
            said = "、".join(one.code for one in Channel)
            raise self._stop(
                slot, "unknown_channel", f"没有“{channel[:20]}”这个渠道。可以用：{said}。"
            )
