"""Where a row of a table lies, told from what its cells say: city, county, town, address. Pure.

An officer writes 杭州拱墅大关, 拱墅区, 大关街道, 330105 or only an address. What can mean two places is
never guessed: the row comes back with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nuanxin.kernel import regions
from nuanxin.kernel.regions import Region, RegionLevel
from nuanxin.kernel.text import compact

_COUNTY_DIGITS, _TOWN_DIGITS = 6, 9
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Located:
    """A place, or why there is none: ``adcode`` 0 exactly where ``reason`` says something."""

    adcode: int = 0
    town_code: int | None = None
    reason: str = ""


@lru_cache(maxsize=8192)
def locate(city: str, county: str, town: str, address: str, *, near: int) -> Located:
    """Return the county (and town) that the cells name; ``near`` is the adcode of the union.

    A town that several counties have is looked for near the union first.
    """
    said = [compact(part) for part in (city, county, town, address)]
    if not any(said):
        return Located(reason="没有写在哪里。补上县（市、区）或街道。")
    code = _by_code(said[1]) or _by_code(said[2])
    if code is not None:
        return code
    narrow = "".join(said[:3])
    found = _counties_in(narrow, is_short_enough=True)
    if not found and not said[1]:
        found = _counties_in(said[3])
    found = _of_named_city(found, "".join(said))
    if len(found) > 1:
        return Located(reason=f"写了不止一个县（市、区）：{_names(found)}。只留一个。")
    if found:
        return _within(found[0], said[2] or said[1], said[2], said[3])
    return _by_town_alone(said, near)


def _by_code(text: str) -> Located | None:
    if not text.isdigit() or len(text) not in (_COUNTY_DIGITS, _TOWN_DIGITS):
        return None
    one = regions.REGIONS.get(text)
    if one is None or one.is_abolished or one.level in (RegionLevel.PROVINCE, RegionLevel.CITY):
        return Located(reason=f"没有代码是 {text} 的县（市、区）或街道。")
    return _place(one)


def _counties_in(text: str, *, is_short_enough: bool = False) -> list[Region]:
    """Return the counties whose name stands in ``text``; short names only where no full one does."""
    if not text:
        return []
    full = [one for one in _counties() if one.name in text]
    if full or not is_short_enough:
        return full
    return [
        one for one in _counties() if len(one.short_name) >= _SHORTEST and one.short_name in text
    ]


def _of_named_city(found: list[Region], text: str) -> list[Region]:
    """Leave those whose city is named too, where one is; the longest name where one holds another."""
    if len(found) < _SHORTEST:
        return found
    named = [
        one
        for one in found
        if (city := regions.city_of(one.code)) is not None and city.short_name in text
    ]
    left = named or found
    return [one for one in left if not any(one.name != o.name and one.name in o.name for o in left)]


def _within(county: Region, words: str, town: str, address: str) -> Located:
    """Return the town of a county that the words or the address name, else the county."""
    towns = list(_towns(county.code))
    for text in (words, address):
        hits = [one for one in towns if one.name in text]
        if not hits and text == words and town:
            hits = [one for one in towns if one.short_name == _bare(town)]
        if len(hits) == 1:
            return _place(hits[0])
    if town and county.name not in town and county.short_name not in town:
        return Located(reason=f"{county.name}没有“{town[:20]}”。核对街道（乡镇），或者空着。")
    return Located(int(county.code))


def _by_town_alone(said: list[str], near: int) -> Located:
    text = said[2] or said[1] or said[3]
    hits = [one for one in _all_towns() if one.name in text or one.name == text]
    own = [one for one in hits if one.code.startswith(str(near))]
    own = own or [one for one in hits if one.code.startswith(str(near)[:4])]
    hits = own if len(own) == 1 else hits
    if len(hits) == 1:
        return _place(hits[0])
    if hits:
        where = "、".join(regions.full_name(one.code, with_province=False) for one in hits[:3])
        return Located(reason=f"不止一处：{where}。连着县（市、区）一起写。")
    whole = "".join(said[:3]) or said[3]
    if any(one.short_name in whole for one in regions.cities()):
        return Located(reason="只写到市。写到县（市、区）或街道。")
    return Located(reason=f"没有“{whole[:20]}”这个地方。写到县（市、区）或街道。")


def _place(one: Region) -> Located:
    is_town = one.level is RegionLevel.TOWN
    return Located(int(one.code[:_COUNTY_DIGITS]), int(one.code) if is_town else None)


def _bare(text: str) -> str:
    for ending in ("街道", "镇", "乡"):
        if text.endswith(ending):
            return text[: -len(ending)]
    return text


def _names(found: list[Region]) -> str:
    return "、".join(one.name for one in found[:3])


@lru_cache(maxsize=1)
def _counties() -> tuple[Region, ...]:
    return tuple(regions.counties())


@lru_cache(maxsize=128)
def _towns(county: str) -> tuple[Region, ...]:
    return tuple(regions.towns(county))


@lru_cache(maxsize=1)
def _all_towns() -> tuple[Region, ...]:
    return tuple(_each_town())


def _each_town() -> Iterator[Region]:
    for county in _counties():
        yield from _towns(county.code)
