"""What rules may ask about a person's programmes, and what he states himself for them.

A stated fact is a row of ``programmes_statedfact``: the latest that counts on the day, younger than
its ``keeps_days``; what somebody who knows has confirmed goes before what is merely stated. One more of them needs no table. Sensitive ones are not kept at all: they are asked
when needed. A benefit tells only that there was one in the
last twelve months, at any level: not who gave it, nor when.
"""

from dataclasses import replace
from typing import Any

from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.kernel.fact import Choice, Fact, FactType, Freshness, Sensitivity
from nuanxin.membership import facts as membership
from nuanxin.people import facts as people
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.rules.attestable import all_attestable

_COLUMNS = {
    FactType.BOOLEAN: "s.whole = 1",
    FactType.INTEGER: "s.whole",
    FactType.FEN: "s.whole",
    FactType.DATE: "s.day",
}
BENEFITS = (
    ("exam", "体检"),
    ("recuperation", "疗休养"),
    ("training", "培训"),
    ("degree", "学历补助"),
    ("contest", "技能竞赛"),
    ("physical", "体能训练"),
    ("camp", "托管班"),
    ("gift", "慰问"),
    ("insurance", "医疗互助或保险补助"),
    ("aid", "困难帮扶"),
)
"""Kinds of programmes (programmes.states.Kind) that are asked about across programmes."""
SENSITIVE_BASIS = "个人信息保护法第二十九条：本人单独同意，只用来判断能不能享受服务"
_CONSENT_STANDS = """EXISTS (SELECT 1 FROM people_consent c WHERE c.worker_id = w.id
    AND c.purpose = {purpose} AND c.withdrawn_at IS NULL)"""


def stated(name: str, label: str, type: FactType, *, keeps_days: int = 365, **more: Any) -> Fact:
    """Return the declaration of a fact that people state and prove by a paper."""
    code = f"programmes.{name}"
    return Fact(
        name=code,
        label=label,
        unit=more.pop("unit", ""),
        type=type,
        sql=f"""(SELECT {_COLUMNS[type]} FROM programmes_statedfact s WHERE s.worker_id = w.id
            AND s.name = '{code}' AND s.taken_back_at IS NULL AND s.stated_on <= %(day)s
            AND s.stated_on >= %(day)s::date - {keeps_days}
            AND (s.valid_until IS NULL OR s.valid_until >= %(day)s)
            ORDER BY (s.attestation_id IS NOT NULL) DESC, s.stated_on DESC, s.id DESC LIMIT 1)""",
        freshness=Freshness.DECLARED,
        keeps_days=keeps_days,
        definition_zh=more.pop("definition_zh", f"本人填报的{label}，{keeps_days} 天内有效。"),
        **more,
    )


def _sensitive(name: str, label: str, type: FactType, **more: Any) -> Fact:
    """Return a fact that is asked when it is needed and never kept: the register does not know it."""
    declared = stated(
        name,
        label,
        type,
        sensitivity=Sensitivity.SENSITIVE,
        legal_basis=SENSITIVE_BASIS,
        consent=int(ConsentPurpose.PROGRAMME_FACTS),
        **more,
    )
    return replace(declared, sql="NULL")


def _had(kind: str, label: str) -> Fact:
    return Fact(
        name=f"programmes.had_{kind}",
        label=f"最近 12 个月享受过{label}（不论哪一级）",
        unit="",
        type=FactType.BOOLEAN,
        sql=f"""EXISTS (SELECT 1 FROM programmes_application a
            JOIN programmes_offer o ON o.id = a.offer_id
            JOIN programmes_programme p ON p.id = o.programme_id
            WHERE a.worker_id = w.id AND a.state = 4 AND p.kind = '{kind}'
              AND (a.applied_at AT TIME ZONE 'Asia/Shanghai')::date
                  BETWEEN (%(day)s::date - interval '12 months')::date AND %(day)s)""",
        definition_zh=f"这一天之前的 12 个月里，在任何一级工会的项目里拿到过{label}名额；不显示是谁给的。",
        question_zh=f"最近 12 个月，您享受过工会的{label}吗？",
    )


DEGREES = (
    Choice("school", 1, "初中及以下"),
    Choice("secondary", 2, "高中、中专"),
    Choice("college", 3, "大专"),
    Choice("bachelor", 4, "本科"),
    Choice("master", 5, "研究生"),
)
LEVELS = (
    Choice("none", 0, "还没有证书"),
    Choice("junior", 1, "初级工"),
    Choice("middle", 2, "中级工"),
    Choice("senior", 3, "高级工"),
    Choice("technician", 4, "技师"),
    Choice("senior_technician", 5, "高级技师"),
)

FACTS = (
    *(_had(kind, label) for kind, label in BENEFITS),
    stated(
        "insured_months",
        "社保缴满几个月",
        FactType.INTEGER,
        unit="个月",
        keeps_days=180,
        question_zh="您的社保一共缴了几个月？",
        document_zh="社保参保证明",
    ),
    stated(
        "pays_own_insurance",
        "自己缴社保",
        FactType.BOOLEAN,
        keeps_days=180,
        question_zh="您的社保是自己缴的吗？",
        document_zh="社保缴费凭证",
    ),
    stated(
        "degree",
        "已有的最高学历",
        FactType.INTEGER,
        keeps_days=1_095,
        choices=DEGREES,
        question_zh="您现在的最高学历是什么？",
        document_zh="学历证书",
    ),
    stated(
        "is_admitted",
        "已被录取或在读",
        FactType.BOOLEAN,
        question_zh="您已经被学校录取，或者正在读吗？",
        document_zh="录取通知或学籍证明",
    ),
    stated(
        "skill_level",
        "职业技能等级",
        FactType.INTEGER,
        keeps_days=1_095,
        choices=LEVELS,
        question_zh="您的职业技能证书是几级？",
        document_zh="职业技能等级证书",
    ),
    stated(
        "is_retired",
        "已办退休",
        FactType.BOOLEAN,
        question_zh="您办退休手续了吗？",
        document_zh="退休证",
    ),
    stated(
        "local_months",
        "在当地干满几个月",
        FactType.INTEGER,
        unit="个月",
        question_zh="您在这里干了几个月？",
        document_zh="劳动合同、书面协议或平台接单记录",
    ),
    stated(
        "rights_dispute",
        "有报酬、工伤等劳动争议",
        FactType.BOOLEAN,
        keeps_days=365,
        question_zh="您有欠薪、工伤之类的事要处理吗？",
        document_zh="欠条、工资记录、事故认定书等",
    ),
    stated(
        "has_other_camp_place",
        "孩子今年已经上过一期托管班",
        FactType.BOOLEAN,
        keeps_days=180,
        question_zh="孩子今年上过工会的托管班吗？",
    ),
    _sensitive(
        "child_age",
        "要报名的孩子几周岁",
        FactType.INTEGER,
        unit="周岁",
        keeps_days=180,
        question_zh="要报名的孩子几周岁？",
        document_zh="户口簿或出生医学证明",
    ),
    _sensitive(
        "guardian_agrees",
        "监护人已签同意书",
        FactType.BOOLEAN,
        keeps_days=180,
        question_zh="监护人签同意书了吗？",
        document_zh="监护人同意书",
    ),
    _sensitive(
        "fit_for_sport",
        "身体适合体能训练",
        FactType.BOOLEAN,
        keeps_days=180,
        question_zh="您的身体适合参加体能训练吗？",
        document_zh="健康声明",
    ),
    _sensitive(
        "income_per_head_fen",
        "家庭每人每月收入（减去刚性支出）",
        FactType.FEN,
        definition_zh="（家庭一年可支配收入 − 刚性支出）÷ 12 ÷ 家庭人数，一年内有效。",
        question_zh="您家一年的收入、必须花的钱和人数各是多少？",
        document_zh="家庭经济状况核对授权书",
    ),
    _sensitive(
        "has_hardship_file",
        "已建困难职工档案",
        FactType.BOOLEAN,
        question_zh="您家建过困难职工档案吗？",
    ),
    _sensitive(
        "had_blow",
        "一年内遇到大病、事故或灾害",
        FactType.BOOLEAN,
        question_zh="最近一年，您家遇到过大病、事故或灾害吗？",
        document_zh="病历、事故认定书或受灾证明",
    ),
)

_DECLARED = {fact.name for fact in FACTS}
FACTS = (
    *FACTS,
    *(
        stated(
            one.fact.removeprefix("programmes."),
            one.ask,
            FactType.BOOLEAN if one.kind == "yes_no" else FactType.INTEGER,
            unit=one.unit,
            keeps_days=one.declares.keeps_days,
            choices=tuple(Choice(f"v{key}", key, label) for key, label in one.choices)
            if one.kind == "choice"
            else (),
            question_zh=one.declares.question,
            document_zh=one.declares.document,
        )
        for one in all_attestable()
        if one.declares is not None and one.fact not in _DECLARED
    ),
)
"""Those of this package, and those that the list of attested facts declares."""

CATALOGUE = Catalogue.of(people.FACTS, membership.FACTS, FACTS, consent_sql=_CONSENT_STANDS)
"""All that rules of programmes may ask."""

for _one in all_attestable():
    if _one.fact not in CATALOGUE.facts:
        raise ValueError(f"{_one.fact} is attested, but declared nowhere")
    if CATALOGUE.facts[_one.fact].sensitivity is Sensitivity.SENSITIVE:
        raise ValueError(f"{_one.fact} is sensitive: it is asked when needed, never kept")
