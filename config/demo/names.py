"""Invented names: of people, firms and unions. No real firm is among them on purpose."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from config.demo.wire import Array

# Surnames with their rough share, in thousandths.
_SURNAMES = (
    "王71李70张67陈64刘53黄29杨30赵27吴24周24徐21孙18马16朱17胡16林17郭14何14高12罗11郑12梁10谢10"
    "宋9唐9许9邓8冯7韩8曹7曾7彭6萧5蔡6潘7田5董6袁6于6余6叶9蒋7杜5苏6魏5程6吕6丁6任5卢5姚6沈9钟5"
    "姜5崔4谭4陆6范5汪5廖4石4金6韦3贾3夏4付4方6白3邹4孟3熊3秦4邱4江4尹3薛3段2雷3侯3龙3史2陶4"
    "黎2贺3顾4毛4郝2龚3邵4万2钱5严3戴4莫2孔2向2汤4章5施4俞5楼4应4竺2骆3虞2祝3诸1单1解1仇1"
)
_GIVEN_MALE = (
    "伟强磊军洋勇杰涛明超平刚建国志文海波斌鹏辉东宇浩峰龙飞林健鑫旭亮俊凯博阳晨毅诚宏光华永胜"
    "利根荣贵福顺水土山川江河新春生才良栋梁祥云松柏泽润瑞子豪天佑一帆思远嘉俊"
)
_GIVEN_FEMALE = (
    "芳娜敏静丽霞艳娟秀英红梅玲燕萍婷雪琴莉娇凤兰珍珠月菊香翠爱华云春秋莲美慧洁倩颖琳佳怡欣然"
    "雨桐思琪梦瑶诗涵梓萱小晓晴彩霞素芬桂花金凤银娣"
)

PLATFORMS = (
    ("禾风外卖", 4), ("星禾即送", 4), ("飞燕同城", 4),
    ("穗达速运", 3), ("千帆速递", 3), ("驰原快运", 3),
    ("云栈货运", 1), ("麦道卡车", 1), ("鹿鸣出行", 2), ("青岚约车", 2),
    ("安颐养老", 6), ("海棠家政", 7), ("和田灵工", 99),
)  # fmt: skip
"""Invented platforms with the trade (key of kernel.occupations) of their people."""

FIRM_HEADS = tuple(
    "恒瑞联丰顺通广源宏盛嘉禾锦程卓越金桥新途万里华远安捷力行同心众诚友邻东海西溪南山北辰"
)
FIRM_TAILS = {
    4: "餐饮配送", 3: "快递服务", 1: "货物运输", 2: "汽车服务", 6: "养老服务", 7: "家政服务",
    99: "灵活用工服务",
}  # fmt: skip
TRADES = {
    4: "网约配送", 3: "快递物流", 1: "货车司机", 2: "网约车", 6: "养老服务", 7: "家政服务",
    99: "新就业形态",
}  # fmt: skip
INDUSTRY = {4: "H6242", 3: "G6020", 1: "G5431", 2: "G5413", 6: "Q8514", 7: "O8010", 99: ""}
OUTLET_WORDS = ("站", "营业部", "网点", "分拨点", "服务点", "驿点")
STREET_WORDS = (
    "中山路", "人民路", "解放路", "建设路", "文化路", "学院路", "滨江路", "环城路", "新华路", "教工路",
    "湖滨路", "东升路", "西塘路", "南苑路", "北山路", "望江路", "钱塘路", "振兴路", "康桥路", "和平路",
)  # fmt: skip
_NUMERALS = ("", "第二", "第三", "第四", "第五", "第六", "第七", "第八", "第九", "第十")


def numbered(text: str, times: int) -> str:
    """Return ``text`` told apart from those of the same name: 第二 stands before its last word."""
    if not times:
        return text
    mark = _NUMERALS[times] if times < len(_NUMERALS) else f"第{times + 1}"
    for tail in ("行业工会联合会", "联合工会", "工会"):
        if text.endswith(tail):
            return f"{text.removesuffix(tail)}{mark}{tail}"
    return f"{text}（{times + 1}）"


def people_names(random: Generator, sexes: Sequence[str] | Array) -> list[str]:
    """Return a name for each "M" or "F" of ``sexes``: a surname and one or two characters."""
    surnames, shares = _surnames()
    count = len(sexes)
    heads = random.choice(len(surnames), size=count, p=shares)
    first = random.random(count)
    second = random.random(count)
    short = random.random(count) < 0.16
    names = []
    for head, a, b, is_short, sex in zip(
        heads.tolist(), first.tolist(), second.tolist(), short.tolist(), list(sexes), strict=True
    ):
        given = _GIVEN_FEMALE if sex == "F" else _GIVEN_MALE
        name = surnames[head] + given[int(a * len(given))]
        names.append(name if is_short else name + given[int(b * len(given))])
    return names


def _surnames() -> tuple[list[str], Array]:
    surnames: list[str] = []
    shares: list[float] = []
    number = ""
    for character in _SURNAMES + "王":
        if character.isdigit():
            number += character
            continue
        if number:
            shares.append(float(number))
            number = ""
        if len(surnames) == len(shares):
            surnames.append(character)
    surnames = surnames[: len(shares)]
    weights = np.array(shares)
    return surnames, weights / weights.sum()
