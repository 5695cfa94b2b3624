"""What words in a draft mean for its numbers: units, verbs, levels, and names for one thing."""

import re
from functools import lru_cache

from nuanxin.kernel import regions

# Longest first: 人次 before 人. Each unit with the family whose members may be compared.
UNIT_FAMILIES = {
    "百分点": "points", "%": "percent", "‰": "percent",
    "人次": "person_times", "人天": "person_days", "户次": "visits", "家次": "visits",
    "件次": "visits", "车次": "visits", "场次": "events", "批次": "events", "班次": "events",
    "平方米": "area", "公里": "length", "课时": "hours", "学时": "hours", "小时": "hours",
    "美元": "dollars", "元": "money", "倍": "times",
    "人": "persons", "名": "persons", "位": "persons",
    "家": "bodies", "个": "bodies", "所": "bodies", "处": "bodies", "座": "bodies",
    "支": "bodies", "站": "bodies", "组": "bodies", "项": "items", "件": "items", "条": "items",
    "份": "items", "宗": "items", "起": "items", "篇": "items", "例": "items", "笔": "items",
    "单": "items", "对": "pairs", "户": "households", "场": "events", "次": "events",
    "期": "events", "批": "events", "辆": "vehicles", "台": "machines", "套": "sets",
    "张": "sheets", "册": "books", "部": "books", "间": "rooms", "亩": "area", "吨": "weight",
}  # fmt: skip
UNITS = sorted(UNIT_FAMILIES, key=len, reverse=True)
# What follows a unit and makes another word of it.
NOT_UNIT = re.compile(
    r"人[民大社均力才生工类物心]|名[单额列誉称为下]|位[于列居置]|个[月体性人]|家[庭长人乡务]"
    r"|对[于象应接比照外策口待话手]|条[件例款]|所[有以在需]|场[所馆景地]|次[日于年序]|期[间待末望]"
    r"|元[旦素宵月件]|部[门分署队]|单[位独一]|站[在点位]|组[织成建]|项[目]|起[来到草]|例[如外]"
    r"|间[接隔]|处[理置于长]|件[套]|批[准评]|户[外籍]|台[账州]|例[会]|支[持部付]|册[子]"
)
LOOSE_FAMILIES = frozenset({frozenset({"person_times", "events"}), frozenset({"bodies", "items"})})

_UNIT_WORDS = re.compile(r"[（(].*?[)）]|/.*$|\s")


def family_of(unit: str) -> str:
    """Return the family of a unit as written: 名(以上) and 位 are persons; "" is no unit."""
    plain = _UNIT_WORDS.sub("", unit)
    for scale in ("万", "亿", "千"):
        plain = plain.removeprefix(scale)
    return UNIT_FAMILIES.get(plain, plain)


def may_compare(one: str, other: str) -> bool:
    """Return whether numbers of two unit families count the same kind of thing."""
    return not one or not other or one == other or frozenset({one, other}) in LOOSE_FAMILIES


WHOLE = re.compile(r"全国|全省|全市|全县|全区|全街道|全镇|我省|我市|我县|我区|浙江省|省内|市内")
_LEVEL_OF = {"国": "国", "省": "省", "市": "市", "县": "县", "区": "区"}
_GENERIC_PEOPLE = re.compile(r"新就业形态劳动者|新业态劳动者|劳动者|职工|从业人员|群众|人员|大家")
_ADVERBS = re.compile(
    r"其中|总共|合计|一共|总计|共计|累计|已经|先后|目前|现有|共有|共|已|仅|就|还|又|达到|高达|达"
    r"|为期|约为|约|有|了|的|各类|各级|各地|广大|全年|同时|此外|另外|以及|分别|被|得到|并"
)
_LIGHT = re.compile(
    r"参加|参与|享受|接受|组织|建成|拥有|提供|开展|完成|实现|免费|获得|获(?=补助|资助)|服务于|吸引|惠及"
)
_SAME = (
    ("新就业形态", "新业态"),
    ("工会会员", "会员"),
    ("会员人数", "会员"),
    ("基层工会", "工会"),
    ("健康体检", "体检"),
    ("健康检查", "体检"),
    ("发展新会员", "新发展会员"),
    ("户外劳动者驿站", "户外劳动者服务站点"),
    ("工会驿站", "户外劳动者服务站点"),
    ("会员总数", "在籍会员"),
    ("现有会员", "在籍会员"),
    ("组建工会", "新建工会"),
)
_DROPPED = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]+")
_ENDINGS = re.compile(r"(?:总数|总量|数量|人数|家数|个数|总额|情况)$")


@lru_cache(maxsize=65536)
def canonical(text: str) -> str:
    """Return what a phrase counts, the same for its usual writings: 参加免费体检, 免费健康体检."""
    plain = _DROPPED.sub("", text)
    for one, other in _SAME:
        plain = plain.replace(one, other)
    plain = WHOLE.sub("", plain)
    plain = _LIGHT.sub("", _ADVERBS.sub("", plain))
    shorter = _ENDINGS.sub("", plain)
    return shorter or plain


@lru_cache(maxsize=65536)
def pairs_of(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring signs of a phrase, by which phrases are compared."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1)) or frozenset({text} - {""})


VERBS = (
    "新建", "新增", "新发展", "发展", "补助", "资助", "培训", "慰问", "走访", "覆盖", "涵盖", "服务",
    "指导", "联系", "帮扶", "帮助", "救助", "发放", "拨付", "投入", "安排", "设立", "建成", "建立",
    "组建", "举办", "开展", "组织", "签订", "表彰", "评选", "培育", "推荐", "选派", "派出", "收到",
    "受理", "办理", "处理", "调解", "化解", "筹集", "募集", "减免", "吸纳", "吸收", "招募", "聘请",
    "带动", "惠及", "征集", "报送", "印发", "制定", "出台", "新签", "拥有", "招聘", "提供", "打造",
    "创建", "命名", "授予", "完成", "检查", "排查", "整改", "购买", "配备", "赠送", "争取", "下拨",
    "为", "有", "达", "由", "使", "对", "给", "向", "让", "动员", "明确", "赴", "联合", "设置", "布局",
)  # fmt: skip
_BARE_VERBS = frozenset("为有达由使对给向让") | {
    "建成",
    "拥有",
    "组织",
    "提供",
    "开展",
    "明确",
    "完成",
}
VERB_AT_END = re.compile(rf"(?:{'|'.join(sorted(VERBS, key=len, reverse=True))})(?:了|过|近|共)?$")
NOUN_AT_END = re.compile(
    r"(?:工会|会员|网点|站点?|驿站|企业|公司|职工|人员|劳动者|骑手|司机|[快递外卖配送驾驶护理保洁]员|人数|家数"
    r"|数量|总数|总量|经费|资金|资助金|慰问金|补助金?|金额|总额|机构|单位|家庭|项目|活动|合同|案件|干部|名额"
    r"|比例|占比|率|服务站|服务点|覆盖面|岗位|课程|阵地|平台|协议|组织|体检|疗休养|培训|保障|数|户|场所|积分|补贴)$"
)
SPLIT = re.compile(r"参加|参与|享受|接受|获得|成为|加入|开展|实现|完成|签订|提供")
GENERIC_OBJECTS = frozenset({"工作", "活动", "服务", "会员", "工会", "帮助", "支持", ""})
NOT_SUBJECT = re.compile(
    r"^(?:和|与|及|以及|或|并|比|较|同比|环比|增长|增加|下降|减少|提高|提升|以上|以下|左右|上下|等[，。]?$|不等|之多|后|前|时|中|内|外|起)"
)
TARGET = re.compile(
    r"计划|目标|力争|预计|争取到?|确保|规划|拟|不少于|要求|将(?:有|新|达|建)[^近]{0,6}$|任务"
)
CHANGE = re.compile(
    r"(?:同比|环比|比上年|比去年|较上年|较去年|比上月)?(?:净增长?|增长|增加|增幅|上升|提高|提升|增速|下降|减少|降低|回落)了?(?:近|约|超)?$"
)
EACH = re.compile(
    r"(?:每[^年月季半周天日，]{0,6}|平均[^，]{0,8}|人均|户均|单次|最多|最高|最少|最低|至少一)$"
)
FORMER = re.compile(r"(?:从|由|原来?有?|此前|上年|往年|之前)[^，。]{0,12}$")
PART = re.compile(r"其中|包括|含|分别")
TOTAL = re.compile(r"(?:合计|共计|总计|总共|一共|小计)[^，。、；：]{0,4}$")
ABSTRACT = re.compile(
    r"方面|环节|阶段|层面|维度|意识|自信|确立|维护|小时|工作日|星期|世纪|身份|角度|关键|字|月|不|到位|统一"
    r"|坚持|结合|转变|抓手|步骤|原则|重大|一批|机制|体系"
)


@lru_cache(maxsize=1)
def place_names() -> re.Pattern[str]:
    """Return the pattern of the province's cities and counties, with and without 市, 县, 区."""
    names: set[str] = set()
    for one in (*regions.cities(), *regions.counties()):
        names |= {one.name, one.short_name} if hasattr(one, "short_name") else {one.name}
        bare = re.sub(r"(?:自治县|市|县|区)$", "", one.name)
        if len(bare) >= 2:
            names.add(bare)
    ordered = sorted(names, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)))


@lru_cache(maxsize=1024)
def place_key(name: str) -> str:
    """Return one name for a place: 杭州 for 杭州市."""
    return re.sub(r"(?:自治县|市|县|区)$", "", name) if len(name) > 2 else name


BODY = re.compile(
    r"顺丰|美团|饿了么|滴滴|曹操|京东|菜鸟|中通|圆通|申通|韵达|极兔|邮政|货拉拉|满帮|百世|盒马|叮咚"
    r"|[\u4e00-\u9fff]{2,8}(?:公司|集团|联合会)"
    r"|[\u4e00-\u9fff]{2,4}(?:街道|镇(?!级)|社区|开发区|新区|村(?!民))"
)


def levels_in(text: str) -> frozenset[str]:
    """Return the levels that 全省, 我市 … in a text speak of: 省, 市."""
    return frozenset(word[-1] for word in WHOLE.findall(text) if word[-1] in _LEVEL_OF)


def is_generic(people: str) -> bool:
    """Return whether a word for people picks nobody out: 劳动者, 职工."""
    rest = _ADVERBS.sub("", _GENERIC_PEOPLE.sub("", people))
    return not _DROPPED.sub("", rest)


def only_light_verb(verb: str) -> bool:
    """Return whether the verb before a number says nothing of what is counted."""
    return re.sub(r"[了过近共]$", "", verb) in _BARE_VERBS
