"""A reference in a report: ``{{ membership.new_members_persons region=33 period=2023 | wan | unit }}``.

Reading never raises: what cannot be read comes back as words on what is wrong and where.
"""

import re
from dataclasses import dataclass, field

KEYS = (
    "region", "union", "period", "as_of", "occupation", "channel", "kind", "route", "known_on",
    "optional", "small",
)  # fmt: skip
STYLES = ("wan", "full", "approx")
FILTERS = (*STYLES, "unit")
ITEM_WORDS = ("name", "short_name", "code")
REPORT_WORDS = ("title", "region", "period", "as_of", "today", "issuer")
_CODE = re.compile(r"[a-z][a-z_]{0,30}\.[a-z][a-z0-9_]{0,60}")
_ARGUMENT = re.compile(r'([a-z_]+)=(?:"([^"{}]*)"|([^\s"|{}=]+))(?=\s|$)')
_BARE = re.compile(r"[^\s\"|{}=]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference asks. ``options`` holds only what is written, in the order of ``KEYS``."""

    code: str
    options: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()

    def option(self, key: str) -> str:
        """Return what is written for ``key``, "" for nothing."""
        return dict(self.options).get(key, "")

    def __str__(self) -> str:
        """Return the reference as one would type it; reading it gives the same again."""
        words = [self.code, *(f"{key}={_written(value)}" for key, value in self.options)]
        return f"{{{{ {' '.join(words)}{''.join(f' | {one}' for one in self.filters)} }}}}"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the report itself: ``{{ report.region }}`` or, in a loop, ``{{ each.name }}``."""

    of: str
    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What stands in the brackets and cannot be read; ``offset`` is from the opening bracket."""

    code: str
    message: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class LoopStart:
    """``{{ each=cities }}``."""

    over: str


@dataclass(frozen=True, slots=True)
class LoopEnd:
    """``{{ end }}``."""


Inside = Asked | Word | LoopStart | LoopEnd | Unread


@dataclass
class _Reading:
    options: dict[str, str] = field(default_factory=dict)


def read_inside(inside: str) -> Inside:
    """Return what stands between ``{{`` and ``}}``."""
    head, *filters = inside.split("|")
    stripped = head.strip()
    if stripped == "end":
        return LoopEnd()
    if found := re.fullmatch(r"each(?:=|\s+)([a-z]+)", stripped):
        return LoopStart(found[1])
    code, _, rest = stripped.partition(" ")
    if code.startswith(("report.", "each.")):
        return _word(code, rest, filters)
    if not _CODE.fullmatch(code):
        return Unread(
            "unreadable",
            f"没有读懂“{stripped[:40]}”。写成 {{{{ 指标代码 region=33 period=2023 }}}}，"
            "指标代码在编辑页右边的列表里。",
        )
    return _asked(code, inside, len(code), filters)


def _word(code: str, rest: str, filters: list[str]) -> Inside:
    of, _, name = code.partition(".")
    words = ITEM_WORDS if of == "each" else REPORT_WORDS
    if name not in words or rest.strip() or filters:
        said = "、".join(f"{of}.{one}" for one in words)
        return Unread("unknown_word", f"没有“{code[:40]}”这个词。可以用：{said}。")
    return Word(of, name)


def _asked(code: str, inside: str, length: int, filters: list[str]) -> Inside:
    start = inside.index(code) + length
    text = inside.split("|")[0][start:]
    options: dict[str, str] = {}
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _ARGUMENT.match(text, at)
        if found is None:
            bad = text[at:].split()[0][:30]
            return Unread(
                "unreadable",
                f"没有读懂“{bad}”。写成 名字=值，例如 region=33，值里有空格时加英文双引号。",
                start + at + 2,
            )
        key, value = found[1], found[2] if found[2] is not None else found[3]
        if problem := _problem(key, options):
            return Unread(*problem, start + at + 2)
        options[key] = value
        at = found.end()
    return _with_filters(code, options, filters)


def _problem(key: str, options: dict[str, str]) -> tuple[str, str] | None:
    if key not in KEYS:
        return "unknown_key", f"没有“{key}”这个写法。可以用：{'、'.join(KEYS)}。"
    if key in options:
        return "unreadable", f"“{key}”写了两次，请留一个。"
    return None


def _with_filters(code: str, options: dict[str, str], filters: list[str]) -> Inside:
    names = tuple(one.strip() for one in filters)
    for name in names:
        if name not in FILTERS:
            return Unread(
                "unknown_filter",
                f"没有“{name[:20]}”这种数字写法。可以用：wan（117.5万）、full（1,175,000）、"
                "approx（117万余、近118万）、unit（带上单位）。",
            )
    if sum(name in STYLES for name in names) > 1 or len(set(names)) != len(names):
        return Unread("unknown_filter", "wan、full、approx 只能选一个，每种写法只写一次。")
    kept = tuple((key, options[key]) for key in KEYS if key in options)
    return Asked(code, kept, names)


def _written(value: str) -> str:
    return value if _BARE.fullmatch(value) else f'"{value}"'
