"""Personal names: one stored form, the masked form, the order in lists, and the search index."""

import re
from functools import lru_cache

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import readable

LONGEST = 50
"""Characters. The longest names in use (transliterated, with middle dots) stay well below."""

_SPACE_OR_DOT = re.compile(r" *[·•‧∙⋅・･.．] *| +")
_UNINDEXED = re.compile(r"[\s·.\-']+")

COMPOUND_SURNAMES = frozenset(
    (
        "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫",
        "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊", "赫连", "澹台",
        "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容",
        "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘",
        "子车", "亓官", "司寇", "巫马", "公西", "颛孙", "壤驷", "公良",
        "漆雕", "乐正", "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐",
        "段干", "百里", "呼延", "东郭", "南门", "羊舌", "微生", "梁丘",
        "左丘", "东门", "西门", "第五", "南荣", "完颜", "耶律", "叱干",
        "纳兰", "叶赫", "单于",
    )
)  # fmt: skip

_SURNAME_READINGS = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao",
    "任": "ren", "华": "hua", "盖": "ge", "缪": "miao", "乐": "yue", "召": "shao", "员": "yun",
    "黑": "he", "秘": "bi", "种": "chong", "重": "chong", "折": "she", "尉": "wei", "翟": "zhai",
    "纪": "ji", "葛": "ge", "冼": "xian", "宓": "mi", "郇": "xun", "逄": "pang", "乜": "nie",
    "繁": "po", "洗": "xian", "覃": "qin", "阚": "kan", "祭": "zhai", "瞿": "qu", "俱": "ju",
    "卜": "bu", "晁": "chao", "谌": "chen", "褚": "chu", "长": "zhang", "幺": "yao", "撒": "sa",
    "曲": "qu", "哈": "ha", "殷": "yin", "么": "yao", "过": "guo", "车": "che", "牟": "mou",
    "宁": "ning", "隗": "wei", "燕": "yan", "应": "ying", "那": "na", "贾": "jia", "沈": "shen",
    "强": "qiang", "石": "shi", "洪": "hong", "麦": "mai", "万": "wan", "於": "yu",
    "莘": "shen", "邸": "di", "戚": "qi", "粘": "nian", "降": "jiang", "柏": "bai", "薄": "bo",
    "适": "kuo", "相": "xiang", "番": "pan", "貊": "mo", "行": "xing", "盛": "sheng", "藏": "zang",
    "尉迟": "yu chi", "万俟": "mo qi", "澹台": "tan tai", "长孙": "zhang sun", "单于": "chan yu",
    "鲜于": "xian yu", "令狐": "ling hu", "亓官": "qi guan", "乐正": "yue zheng",
    "谷梁": "gu liang", "夏侯": "xia hou", "子车": "zi ju",
}  # fmt: skip

_GIVEN_READINGS = {"长": "chang", "晟": "sheng", "都": "du", "曾": "zeng", "卜": "bu"}


def normalise_name(text: str) -> str:
    """Return the name in its stored form; never raises.

    NFKC; no spaces inside a Chinese name (「张　三」 is 张三); the middle dot of a transliterated
    name in one form (·); one space between the words of a name in letters.
    """
    name = readable(text)
    if name.isascii() or not any(map(is_han, name)):
        return name
    return _SPACE_OR_DOT.sub(lambda gap: _joint(gap, name), name)


def check_name(text: str) -> str:
    """Return the stored form; raise ``Malformed`` name.missing or name.too_long."""
    name = normalise_name(text)
    if not name:
        raise Malformed("name.missing", "还没有填姓名。请填证件上的姓名。")
    if len(name) > LONGEST:
        raise Malformed("name.too_long", f"姓名最多 {LONGEST} 个字。请只填证件上的姓名。")
    return name


def surname_of(name: str) -> str:
    """Return the surname of a stored name: two characters where it is a compound one.

    A transliterated name (with a middle dot) or one in letters has no surname here: "".
    """
    if not name or "·" in name or not is_han(name[0]):
        return ""
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]


def mask_name(name: str) -> str:
    """Return the surname and one star a further character: 张*, 张**, 欧阳**.

    A name with a middle dot or in letters keeps its first character: 阿***, J***.
    A name of a single character is masked wholly.
    """
    if len(name) <= 1:
        return "*" * len(name)
    surname = surname_of(name)
    if not surname:
        return name[0] + "***"
    return surname + "*" * (len(name) - len(surname))


def sort_key(name: str) -> str:
    """Return the pinyin of the name without tones, one space between syllables: "shan xiu ying".

    The surname is read as surnames are read (单 shan, 曾 zeng, 解 xie); other characters by their
    commonest reading. Order by this, then by the name itself. About 1 us a name after warm-up.
    """
    surname = surname_of(name)
    head = _SURNAME_READINGS.get(surname, "")
    rest = name[len(surname) :] if head else name
    syllables = [head] if head else []
    letters = ""
    for character in rest:
        if is_han(character):
            if letters:
                syllables.append(letters)
                letters = ""
            syllables.append(_reading(character))
        elif character.isalnum():
            letters += character.lower()
        elif letters:
            syllables.append(letters)
            letters = ""
    if letters:
        syllables.append(letters)
    return " ".join(syllables)


def initials(name: str) -> str:
    """Return the first letters of the pinyin, for quick search: 单秀英 gives "sxy"."""
    return "".join(syllable[0] for syllable in sort_key(name).split())


def bigrams(name: str) -> list[str]:
    """Return every character of the name and every pair of neighbours, each once.

    Dots, spaces and hyphens are left out, letters lowered. Kept in an array under an index; a
    search asks for rows whose array holds all of ``bigrams(query)``.
    """
    kept = _UNINDEXED.sub("", name).lower()
    pairs = [kept[i : i + 2] for i in range(len(kept) - 1)]
    return list(dict.fromkeys([*kept, *pairs]))


def is_han(character: str) -> bool:
    """Return whether it is a Chinese character (unified ideographs of all planes, and 〇)."""
    point = ord(character)
    return (
        0x4E00 <= point <= 0x9FFF
        or 0x3400 <= point <= 0x4DBF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x323AF
        or point == 0x3007
    )


def _joint(gap: re.Match[str], name: str) -> str:
    """Return what stays between two parts of a name: a dot, nothing beside Han, or what was."""
    before, after = name[: gap.start()][-1:], name[gap.end() :][:1]
    beside_han = [bool(side) and is_han(side) for side in (before, after)]
    if gap[0].strip():
        return "·" if all(beside_han) else gap[0]
    return "" if any(beside_han) else gap[0]


@lru_cache(maxsize=32_768)
def _reading(character: str) -> str:
    if character in _GIVEN_READINGS:
        return _GIVEN_READINGS[character]
    from pypinyin import Style, lazy_pinyin  # late: its tables take a while to load

    read: list[str] = lazy_pinyin(character, style=Style.NORMAL)
    return read[0] if read else character
