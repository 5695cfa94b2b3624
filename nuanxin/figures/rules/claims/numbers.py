"""Finding the numbers of a text that claim something; dates, ordinals, phones and the like do not."""

import re
from dataclasses import dataclass, replace

from nuanxin.figures.rules.claims.numerals import GROUPED, Leaning, Written, read_number
from nuanxin.figures.rules.claims.words import ABSTRACT, NOT_UNIT, UNIT_FAMILIES, UNITS

_HAN = "一二三四五六七八九十"
# Bounded: an endless run of digits must not be read anew at each of its signs.
_N = rf"(?:(?<!\d)\d{{1,12}}(?:\.\d{{1,6}})?|[{_HAN}两百零〇]{{1,9}})"
# Tried only where one of these signs stands: without it every alternative is tried at every sign.
_MAY_START = rf"(?=[\d{_HAN}两百零〇第〔\[【(（A-Za-z热电传邮拨账编代证微数图表附专例注①-⑳])"
_SKIPPED = re.compile(
    _MAY_START
    + "(?:"
    + "|".join(
        (
            r"https?://[\x21-\x7e]+|www\.[\x21-\x7e]+|[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]+",
            r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)",
            r"(?<!\d)0\d{2,3}[-—]\d{7,8}(?!\d)|(?<!\d)[48]00-?\d{3}-?\d{4}(?!\d)",
            r"[〔\[【(（]\s*(?:19|20)\d{2}\s*[〕\]】)）](?:\s*第?\s*\d+\s*号)?",
            rf"第\s?(?:\d{{1,9}}|[{_HAN}百零〇]{{1,9}})(?:\s?[—~～至-]\s?(?:\d{{1,9}}|[{_HAN}百零〇]{{1,9}}))?",
            r"(?<!\d)(?:19|20)\d{2}\s*[-/.]\s*\d{1,2}(?:\s*[-/.]\s*\d{1,2})?(?![\d%十百千万亿人家个名对元条场次所份件])",
            r"(?<!\d)(?:19|20)\d{2}\s*[-—–~～至到]+\s*(?:19|20)\d{2}(?:\s*年度?)?",
            r"\d{1,2}\s*[-—–~～至到、]\s*\d{1,2}\s*[月日]",
            rf"(?:\d{{1,4}}|[{_HAN}〇零两]{{1,4}})\s*(?:多|余)?\s*年(?:代|度|级|来|间|内|底|初|末)?",
            rf"(?:\d{{1,2}}|[{_HAN}]{{1,3}})\s*月(?:份|底|初|末)?(?:\s*(?:\d{{1,2}}|[{_HAN}]{{1,3}})\s*[日号])?",
            r"\d{1,2}[:：]\d{2}(?::\d{2})?",
            r"(?:热线|电话|传真|邮编|拨打|账号|编号|代码|证号|编码|邮政编码|微信号?|QQ)\s?[：:为是]?\s?\d[\d-]{0,30}",
            r"(?<!\d)(?:12351|12345|12333|12348|12328|12315|110|119|120|122|114)(?=[^\d，。]{0,12}(?:热线|电话|平台))",
            rf"{_N}\s*(?:多|余|来)?\s*(?:岁|周岁|周年|届|[度℃°]|个半?月|个工作日|工作日|个小时|分钟|秒|天|[日号]|个?星期|个?世纪"
            r"|级|季度|中全会|楼|层|室|栋|幢|弄|点钟?|时(?![间装])|后(?=[、，的青劳员骑]|$)|周(?!年|岁))",
            r"(?<!\d)(?:[1-9]|1\d|2[0-4])\s*小时",
            r"[A-Za-z]{1,20}-?\d[\dA-Za-z.-]{0,20}|(?<!\d)\d{1,12}(?:\.\d{1,6})?\s?[A-Za-z]{1,20}",
            rf"(?:数据|图|表|附件|附表|专栏|附图|例|注)\s*(?:\d{{1,2}}|[{_HAN}]{{1,2}})(?=\s|$|[:：、.。）)，])",
            rf"[（(]\s*(?:\d{{1,2}}|[{_HAN}]{{1,3}})\s*[)）]",
            rf"^(?:\d{{1,2}}|[{_HAN}]{{1,3}})\s*[)）、.．](?!\d)",
            r"(?<!\d)\d{1,12}\s?[:：/]\s?\d{1,12}",
            r"[①-⑳]",
            r"(?<![\d.])\d{1,12}(?:\.\d{1,6})?[万千]?(?:人次|[人名家个元])?\s?(?:[—–~～-]|至|到)\s?\d{1,12}(?:\.\d{1,6})?[万千]?(?:人次|[人名家个元])(?:不等)?(?![增减升降])",
        )
    )
    + ")",
    re.MULTILINE,
)
_SCALES = "百千万亿"
_CORE = re.compile(
    rf"(?:(?P<share>百分之|千分之|[{_HAN}\d]+分之)(?P<above>[零〇{_HAN}两百点\d.]+))"
    rf"|(?P<arabic>(?<![\d.])(?:{GROUPED}|\d+(?: ?\. ?\d+(?= ?[万亿]))?(?:\.\d+)?)"
    rf" ?(?:[余多来](?=[{_SCALES}]))?(?:[十百千]?[万亿]+|[百千](?![\u4e00-\u9fff]{{0,0}}分))?"
    rf"(?:\d+(?:\.\d+)?[百千]?[万亿])*)"
    rf"|(?P<han>[{_HAN}两][零〇{_HAN}百千万亿两]*(?:点[零〇{_HAN}]+[万亿]?)?(?:[余多来][万亿]+)?)"
)
_BEFORE = re.compile(
    r"(?:(?P<nearly>将近|接近|(?<![最附亲靠相邻远])近|不足|不到)|(?P<about>大约|大概|约为|(?<![节签履合预邀条特制公解])约)"
    r"|(?P<at_least>不少于|不低于|至少)|(?P<at_most>不超过|不高于|最多|至多)"
    r"|(?P<over>超过|超出|突破|(?<![赶反])超|逾|(?<!不)多达))\s?$"
)
_AFTER_SCALE = re.compile(r"\s?(?P<over>余|多|来)(?!自)")
_AFTER_UNIT = re.compile(r"\s?(?:(?P<over>有余|以上)|(?P<about>左右|上下)|(?P<at_most>以下|以内))")
_UNIT = re.compile(rf"\s?(?:{'|'.join(UNITS)})")
_MAY_FOLLOW = frozenset({unit[0] for unit in UNITS} | set("余多来 %‰成以左上有"))
_GROUP_OF_SPACES = re.compile(r"\d \d")
_VAGUE_BEFORE = re.compile("[数几好]")
MOST_BEFORE = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in a text: from ``start`` to ``end``, words about it and unit included."""

    start: int
    end: int
    written: Written
    unit: str

    @property
    def family(self) -> str:
        """Return the family of its unit, "" without one."""
        return UNIT_FAMILIES.get(self.unit, "")


def find_numbers(text: str, *, in_cell: bool = False) -> list[Number]:
    """Return the numbers of ``text`` (folded) that may claim something, in order.

    ``in_cell``: the text is a cell of a table or box, where a number needs no unit.
    """
    masked = _SKIPPED.sub(lambda found: "\x00" * len(found[0]), text)
    found: list[Number] = []
    position = 0
    while (match := _CORE.search(masked, position)) is not None:
        number = _number_at(masked, match, in_cell=in_cell)
        if number is not None and (not found or number.start >= found[-1].end):
            found.append(number)
            position = max(match.end(), number.end)
        else:
            position = _next_after(match)
    return found


def _next_after(match: re.Match[str]) -> int:
    """Return where to look on: a run of digits is never entered in its middle."""
    if match["arabic"] and _GROUP_OF_SPACES.search(match["arabic"]):
        return match.start() + match["arabic"].index(" ")
    return match.end()


def _number_at(text: str, match: re.Match[str], *, in_cell: bool) -> Number | None:
    core, end = match[0], match.end()
    if not in_cell and len(core) < 3 and text[end : end + 1] not in _MAY_FOLLOW:
        return None
    if match["arabic"] and " " in core:
        core = re.sub(r" ?\. ?", ".", core)
    written, end, sign = _read(text, core.rstrip(), match.start() + len(match[0].rstrip()))
    if written is None or (match["han"] and _VAGUE_BEFORE.match(text, match.start() - 1)):
        return None
    leaning = written.leaning
    after = _AFTER_SCALE.match(text, end)
    if after and leaning is Leaning.EXACT and not sign:
        leaning, end = Leaning.OVER, after.end()
    unit, end = (sign, end) if sign else _unit_at(text, end)
    tail = _AFTER_UNIT.match(text, end)
    if tail and tail.lastgroup:
        leaning, end = Leaning(tail.lastgroup), tail.end()
    start = match.start()
    before = _BEFORE.search(text, max(0, start - MOST_BEFORE), start)
    if before and before.lastgroup:
        leaning, start = Leaning(before.lastgroup), before.start()
    if not _claims_something(text, match, written, unit, end, in_cell=in_cell):
        return None
    return Number(start, end, replace(written, leaning=leaning), unit)


def _read(text: str, core: str, end: int) -> tuple[Written | None, int, str]:
    """Return the number, its end, and the sign that is its unit (% or "")."""
    if "分之" in core:
        return read_number(core), end, "%"
    if text.startswith(("%", " %", "‰"), end):
        end += 2 if text[end] == " " else 1
        return read_number(core + text[end - 1]), end, "%"
    if (
        text.startswith("成", end)
        and len(core) == 1
        and text[end + 1 : end + 2] in ("", *"以的左，。、；多")
    ):
        return read_number(core + "成"), end + 1, "%"
    return read_number(core), end, ""


def _unit_at(text: str, end: int) -> tuple[str, int]:
    found = _UNIT.match(text, end)
    if found is None:
        return "", end
    unit = found[0].strip()
    if text.startswith("个百分点", found.end() - 1):
        return "百分点", found.end() + 3
    if NOT_UNIT.match(text, found.end() - len(unit)):
        return "", end
    return unit, found.end()


def _claims_something(
    text: str, match: re.Match[str], written: Written, unit: str, end: int, *, in_cell: bool
) -> bool:
    if match["han"]:
        return _han_claims(text, match["han"], unit, end)
    if unit or match["share"]:
        return True
    arabic = match["arabic"]
    if " " in arabic.strip() and not in_cell:
        return False
    if in_cell:
        return len(arabic) < 12
    if any(char in arabic for char in "万亿,，"):
        return True
    follows = text[end : end + 1]
    return (
        "." not in arabic
        and 3 <= len(arabic) <= 8
        and arabic[0] != "0"
        and not (len(arabic) == 4 and arabic[:2] in ("19", "20"))
        and follows in ("", "，", "。", "；", "、", " ", "\n", ",", "）", ")")
        and "\u4e00" <= text[match.start() - 1 : match.start()] <= "\u9fff"
    )


def _han_claims(text: str, core: str, unit: str, end: int) -> bool:
    """一名, 千家万户, 两个维护 and 三个方面 claim nothing; 两万余名 and 七家单位 do."""
    if not unit or core in ("一", "两千两"):
        return unit == "%" and core != "一"
    if len(core) == 1 and unit in (
        "个",
        "项",
        "条",
        "件",
        "次",
        "份",
        "张",
        "部",
        "组",
        "期",
        "批",
        "对",
        "位",
        "站",
        "套",
    ):
        return ABSTRACT.match(text, end) is None and unit not in (
            "次",
            "期",
            "批",
            "张",
            "部",
            "组",
        )
    return True
