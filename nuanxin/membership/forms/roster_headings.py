"""The usual headings of rosters, and which field each of them means.

A heading is compared after folding (NFKC, no spaces, no 「*」, no 「（必填）」). Exact names come
first, then patterns; headings about somebody else (紧急联系人电话) or something else (工会名称)
are kept away from the fields by ``_OTHER``.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class Field(StrEnum):
    """What a column of a roster can hold."""

    SERIAL = "serial"
    NAME = "name"
    IDENTITY = "identity"
    PHONE = "phone"
    SEX = "sex"
    BIRTH_ON = "birth_on"
    EMPLOYER = "employer"
    OUTLET = "outlet"
    PLATFORM = "platform"
    DEPARTMENT = "department"
    OCCUPATION = "occupation"
    JOINED_ON = "joined_on"
    ADDRESS = "address"
    REMARK = "remark"
    RESULT = "result"
    OTHER = "other"

    @property
    def label(self) -> str:
        """Return the Chinese name shown on the correction screen."""
        return _LABELS[self]


_LABELS = {
    Field.SERIAL: "序号",
    Field.NAME: "姓名",
    Field.IDENTITY: "身份证号",
    Field.PHONE: "手机号",
    Field.SEX: "性别",
    Field.BIRTH_ON: "出生日期",
    Field.EMPLOYER: "工作单位",
    Field.OUTLET: "站点或网点",
    Field.PLATFORM: "平台",
    Field.DEPARTMENT: "部门",
    Field.OCCUPATION: "工种",
    Field.JOINED_ON: "入职日期",
    Field.ADDRESS: "地址",
    Field.REMARK: "备注",
    Field.RESULT: "上次的结果",
    Field.OTHER: "其他（不使用）",
}

RESULT_HEADING = "结果"
REASON_HEADING = "原因和怎么改"

ASSIGNABLE = tuple(f for f in Field if f not in {Field.SERIAL, Field.RESULT, Field.OTHER})
"""Fields that a column may be assigned to; each to at most one column."""

_PERSON = "(?:员工|职工|会员|骑手|司机|驾驶员|快递员|人员|本人|入会人|申请人|劳动者|工人|从业人员|护理员|被保险人|新会员|姓名|用户|个人|小哥|队员|成员|保安|保安员|家政员|服务员|配送员|送餐员|外卖员|主播|货车司机)?"

_EXACT: dict[Field, str] = {
    Field.SERIAL: "序号 序 编号 号 no no. num number 行号 顺序号 工号 员工编号 员工号 职工编号 员工工号 "
    "骑手编号 骑手id 会员编号 会员号 会员证号 人员编号 id号码 工牌号 staffid index seq #",
    Field.NAME: "姓名 名字 名 员工姓名 职工姓名 会员姓名 骑手姓名 司机姓名 人员姓名 真实姓名 中文姓名 "
    "姓名全称 姓名(全名) name fullname xm 称呼 员工 人员 骑手 小哥姓名 入会人 入会职工",
    Field.IDENTITY: "身份证 身份证号 身份证号码 身份证件号 身份证件号码 公民身份号码 公民身份证号 公民身份证号码 "
    "居民身份证号 居民身份证号码 居民身份证 身份号码 身份证编号 身份证明号码 证件号 证件号码 证件编号 "
    "有效证件号码 有效证件号 二代身份证 二代身份证号 二代身份证号码 证号 idno idno. idcard idcardno "
    "idnumber idcardnumber sfz sfzh sfzhm 社会保障号 社会保障号码 身份 公民身份证",
    Field.PHONE: "手机 手机号 手机号码 手机电话 移动电话 联系电话 电话 电话号码 联系方式 联系手机 联系号码 "
    "手机联系方式 移动号码 本人电话 本人手机 本人手机号 本人联系电话 联络电话 常用电话 常用手机号 "
    "通讯号码 注册手机号 phone mobile tel telephone cellphone phonenumber mobilephone mobileno sjh sjhm lxdh "
    "联系电话手机 手机长号 长号 手机号(必填) 绑定手机号 登录手机号 预留手机号",
    Field.SEX: "性别 男女 sex gender xb",
    Field.BIRTH_ON: "出生日期 出生年月 出生年月日 出生时间 生日 出生 出生年份 birthday birthdate dateofbirth dob csrq",
    Field.EMPLOYER: "工作单位 单位 单位名称 所属单位 所在单位 用工单位 用人单位 现工作单位 单位全称 公司 公司名称 所属公司 "
    "所在公司 企业 企业名称 所属企业 所在企业 用工企业 签约公司 合同单位 劳务公司 派遣公司 派遣单位 加盟商 "
    "工作单位名称 工作单位及部门 就业单位 雇主 供职单位 所属机构 机构名称 机构 所属企业名称 用工主体 "
    "company employer organization organisation gzdw dwmc 单位(公司) 法人单位 服务单位 供应商 合作商 服务商",
    Field.OUTLET: "站点 网点 门店 所属网点 所属站点 所属门店 所在站点 所在网点 网点名称 站点名称 门店名称 配送站 配送站点 "
    "配送站名称 营业部 所属营业部 分部 营业点 服务点 服务站 工作站点 工作地点 所属驿站 片区 车队 所属车队 "
    "工作网点 揽投部 所属揽投部 分公司 所属分公司 驻点 项目点 所属项目 项目部 所属场站 场站 站 店铺 店名 团队 商圈",
    Field.PLATFORM: "平台 所属平台 平台名称 平台企业 接单平台 所在平台 从业平台 注册平台 服务平台 工作平台 平台公司 品牌 "
    "所属品牌 app platform 就业平台 主要平台",
    Field.DEPARTMENT: "部门 所属部门 所在部门 部门名称 科室 班组 所属班组 小组 车间 department dept 组别 处室",
    Field.OCCUPATION: "岗位 工种 职务 职业 职位 岗位名称 工作岗位 从事岗位 从事工种 从业类型 职业类别 职业工种 人员类别 "
    "从事职业 从业岗位 岗位类别 岗位工种 职务岗位 工作岗位名称 就业形态 新就业形态 新就业形态类别 群体 群体类别 "
    "新就业群体 所属群体 类别 身份类别 用工类别 职称岗位 岗位职务 职业名称 工作性质 业务类型 job position title occupation role gz",
    Field.JOINED_ON: "入职日期 入职时间 参加工作时间 参加工作日期 参加工作年月 工作时间 进厂时间 进厂日期 到岗时间 到岗日期 "
    "上岗时间 上岗日期 入司时间 入司日期 进单位时间 来本单位时间 到本单位时间 到本单位工作时间 入职年月 入职 到职日期 "
    "报到日期 合同起始日期 合同开始日期 签约日期 签约时间 开始工作时间 开始工作日期 开始跑单日期 开始跑单时间 开始接单日期 "
    "注册日期 注册时间 从业时间 从业日期 加入时间 加入日期 用工起始日期 joindate hiredate startdate rzrq",
    Field.ADDRESS: "地址 住址 家庭住址 家庭地址 现住址 现住地址 居住地址 居住地 联系地址 通讯地址 户籍地址 户口所在地 户籍所在地 "
    "户籍地 身份证地址 住所 address 常住地址",
    Field.REMARK: "备注 说明 备注说明 附注 注 其他 其它 其他说明 remark remarks note notes memo comment 备考",
    Field.RESULT: "结果 原因和怎么改 导入结果 校验结果 处理结果 原因 失败原因 错误原因",
    Field.OTHER: "民族 文化程度 学历 政治面貌 籍贯 婚姻状况 婚姻 车牌号 车牌 车牌号码 工资 月收入 银行卡号 银行账号 银行卡 "
    "开户行 邮箱 电子邮箱 email 微信 微信号 qq 年龄 工龄 证件类型 证件种类 证件名称 固定电话 座机 办公电话 单位电话 "
    "户籍 户籍类型 户口性质 健康状况 是否党员 是否农民工 农民工 技术等级 职称 入会时间 入会日期 会籍状态 会籍 "
    "工会名称 所属工会 所在工会 基层工会 上级工会 照片 签名 签字 本人签字 签到 健康证号 健康证 驾驶证号 驾照号 从业资格证号 "
    "统一社会信用代码 社会信用代码 信用代码 组织机构代码 国籍 国家 衣服尺码 尺码 紧急联系人 介绍人 推荐人 负责人 站长",
}  # fmt: skip

_OTHER_PERSON = re.compile(
    r"紧急|应急|配偶|爱人|父亲|母亲|父母|子女|孩子|家属|家长|监护|亲属|亲人|担保|介绍人|推荐人|负责人|"
    r"站长|店长|队长|组长|经办|填表|填报|审核|法人|法定代表|领导|主管|经理|单位联系|开户|"
    r"emergency|spouse|parent|guardian|contactperson|单位电话|办公|座机|固话|固定电话|传真|fax|"
    r"家庭电话|宅电|短号|虚拟|是否|(?:证件|身份证|单位|企业|户口|户籍)(?:类型|种类|类别)|有效期|到期|照片|复印|扫描|工会"
)
_PATTERNS: tuple[tuple[Field, re.Pattern[str]], ...] = (
    (Field.NAME, re.compile(r"姓名$")),
    (Field.IDENTITY, re.compile(r"身份证|公民身份|身份号码|证件号|身份证号|idcard|^id(?:no|number|号)?$")),
    (Field.ADDRESS, re.compile(r"地址|住址|住所|户籍地")),
    (Field.PHONE, re.compile(r"手机|移动电话|电话|联系方式|mobile|phone")),
    (Field.NAME, re.compile(rf"^{_PERSON}(?:的)?(?:真实|中文)?(?:姓名|名字|名称)$|^.{{0,4}}姓名.{{0,4}}$")),
    (Field.SEX, re.compile(r"性别")),
    (Field.BIRTH_ON, re.compile(r"出生|生日|birth")),
    (Field.JOINED_ON, re.compile(
        r"入职|参加工作|到岗|上岗|入司|进厂|进单位|到职|报到|开始(?:工作|跑单|接单|从业)|合同(?:起|开)始|跑单|从业(?:时间|日期)")),
    (Field.PLATFORM, re.compile(r"平台")),
    (Field.OUTLET, re.compile(r"网点|站点|门店|营业部|配送站|服务站|分公司|车队|揽投|分部|驿站|项目部|场站")),
    (Field.EMPLOYER, re.compile(r"单位|公司|企业|雇主|加盟商|服务商|机构")),
    (Field.DEPARTMENT, re.compile(r"部门|科室|班组|车间")),
    (Field.OCCUPATION, re.compile(r"岗位|工种|职务|职业|职位|就业形态|就业群体")),
    (Field.SERIAL, re.compile(r"^序|编号$|工号$|^no\.?$|流水号")),
    (Field.REMARK, re.compile(r"备注|说明|附注")),
)  # fmt: skip

_BRACKETED = re.compile(r"[(\[【〔{<《][^)\]】〕}>》]*[)\]】〕}>》]")
_NOT_LETTERS = re.compile(r"[\s*＊★☆:：、,，.。;；/\\|_\-—~!?\"'“”‘’`^+=·•#]+")


def fold_heading(text: str) -> str:
    """Return a heading as it is compared: no brackets and what is in them, no marks, lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = _NOT_LETTERS.sub("", _BRACKETED.sub("", folded))
    return plain or _NOT_LETTERS.sub("", folded)


def _table() -> dict[str, Field]:
    table: dict[str, Field] = {}
    for field, names in _EXACT.items():
        for name in names.split():
            table.setdefault(fold_heading(name), field)
    return table


_FIELD_BY_HEADING = _table()
_LONGEST_HEADING = 24
_NUMBERED = re.compile(r"^(\D{2,})([1-9一二三])$")
SURNAME_HEADINGS = frozenset({"姓", "姓氏"})
GIVEN_NAME_HEADINGS = frozenset({"名", "名字"})


@lru_cache(maxsize=8_192)
def recognise_heading(text: str) -> tuple[Field | None, float]:
    """Return the field that a heading names and how sure that is (0 to 1); (None, 0.0) if none."""
    heading = fold_heading(text)
    if not heading or len(heading) > _LONGEST_HEADING:
        return None, 0.0
    if exact := _FIELD_BY_HEADING.get(heading):
        return exact, 1.0
    numbered = _NUMBERED.match(heading)
    if numbered and (exact := _FIELD_BY_HEADING.get(numbered[1])):  # 手机号1 goes before 手机号2
        return exact, 0.95 if numbered[2] in "1一" else 0.75
    if _OTHER_PERSON.search(heading):
        return Field.OTHER, 0.7
    for field, pattern in _PATTERNS:
        if pattern.search(heading):
            return field, 0.8
    return None, 0.0


def join_headings(parts: list[str]) -> str:
    """Return the texts of a two-row heading as one: 紧急联系人 over 电话 is 紧急联系人电话."""
    kept: list[str] = []
    for part in parts:
        clean = " ".join(part.split())
        if clean and clean not in kept:
            kept.append(clean)
    return " ".join(kept)


def recognise_stacked(parts: list[str]) -> tuple[Field | None, float]:
    """Return the field of a heading that stands in several rows (outermost first).

    The innermost words decide; those above can only take the column away (another person's
    phone) or name it where the lower words do not.
    """
    told = [part for part in parts if part.strip()]
    if not told:
        return None, 0.0
    if len(told) > 1 and any(_OTHER_PERSON.search(fold_heading(part)) for part in told[:-1]):
        return Field.OTHER, 0.7
    for candidate in [*reversed(told), join_headings(told)]:
        field, sure = recognise_heading(candidate)
        if field is not None:
            return field, sure
    return None, 0.0
