"""What a loop of a report goes over: places, occupations, channels."""

from dataclasses import dataclass
from datetime import date

from nuanxin.kernel import occupations, regions
from nuanxin.membership.states import Channel

LOOPS = {
    "below": "地区",
    "cities": "市",
    "counties": "县（市、区）",
    "occupations": "职业",
    "channels": "渠道",
}
"""``below``: the cities of a province, the counties of a city."""


@dataclass(frozen=True, slots=True)
class Item:
    """One round of a loop. ``kind`` is region, occupation or channel, ``code`` what is asked by."""

    kind: str
    code: str
    name: str
    short_name: str


def items_of(over: str, region: str, on: date) -> list[Item]:
    """Return what a loop over ``over`` goes through in a region on a day; empty where nothing is."""
    match over:
        case "below":
            found = regions.children(region, on) if region.endswith("00") else []
        case "cities":
            found = regions.children(region, on) if region.endswith("0000") else []
        case "counties" if region.endswith("0000"):
            found = regions.counties(on)
        case "counties":
            found = regions.children(region, on) if region.endswith("00") else []
        case "occupations":
            return [
                Item("occupation", one.code, one.label, one.label)
                for one in occupations.all_occupations(on)
            ]
        case "channels":
            return [Item("channel", one.code, one.label, one.label) for one in Channel]
        case _:
            found = []
    return [Item("region", one.code, one.name, one.short_name) for one in found]
