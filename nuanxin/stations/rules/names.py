"""What is compared when two lists call one station differently."""

import re
from functools import lru_cache

from nuanxin.kernel.names import sort_key
from nuanxin.kernel.text import compact

_BRACKETS = re.compile(r"[(（【\[][^)）】\]0-9]*[)）】\]]")
"""What is said in brackets (北门) tells no two stations apart; a number does."""
_GENERIC = re.compile(
    "户外劳动者服务站点|户外劳动者服务站|户外劳动者驿站|户外劳动者|环卫工人|新就业形态劳动者|"
    "司机之家|骑手驿站|骑手之家|快递员之家|小哥驿站|工会爱心驿站|爱心驿站|工会驿站|劳动驿站|职工驿站|"
    "暖心驿站|暖新驿站|服务驿站|服务站点|服务站|驿站|工会"
)
_HAN = "[\u4e00-\u9fff]"
_REGIONS = re.compile(
    f"^(?:浙江省?)?(?:{_HAN}{{2,4}}?市)?(?:{_HAN}{{1,4}}?(?:县|市|(?<![小社园校厂])区))?"
    f"(?:{_HAN}{{1,6}}?(?:街道|镇|乡))?"
)
_LEAST_ADDRESS = 3
_DOOR = re.compile(f"({_HAN}{{2,4}}(?:大道|路|街|巷|弄))([0-9]{{1,4}})号")
_PUNCTUATION = re.compile(r"[\W_]+")


def compact_name(name: str) -> str:
    """Return the name without white space, punctuation and brackets' content, letters lowered."""
    return (
        _PUNCTUATION.sub("", compact(_BRACKETS.sub("", name))).lower()[:80]
        or _PUNCTUATION.sub("", compact(name))[:80]
    )


@lru_cache(maxsize=50_000)
def core_of(compacted: str) -> str:
    """Return what is left of a compact name without the words that all stations share."""
    return _GENERIC.sub("", compacted)


@lru_cache(maxsize=50_000)
def sound_of(core: str) -> str:
    """Return the pinyin of the core without tones: 文晖 and 文辉 sound alike."""
    return sort_key(core)


def compact_address(address: str) -> str:
    """Return an address as it is compared: without province, city, county, town, punctuation."""
    text = _PUNCTUATION.sub("", _BRACKETS.sub("", compact(address)))
    rest = _REGIONS.sub("", text, count=1)
    return rest if len(rest) >= _LEAST_ADDRESS else text


def road_and_number(compacted: str) -> tuple[str, int] | None:
    """Return road and house number of a compact address, None where it names no door."""
    found = _DOOR.search(compacted)
    return (found[1], int(found[2])) if found else None
