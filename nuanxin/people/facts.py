"""What rules may ask about a person here. ``w`` is the worker row, ``%(day)s`` the day asked for."""

from nuanxin.kernel import occupations
from nuanxin.kernel.fact import Choice, Fact, FactType, Freshness, Sensitivity
from nuanxin.people.states import Assurance, LabourRelation

_RUNNING = """(SELECT e.{what} FROM people_engagement e WHERE e.worker_id = w.id
    AND coalesce(e.started_on, '-infinity') <= %(day)s
    AND coalesce(e.ended_on, 'infinity') >= %(day)s
    ORDER BY e.started_on DESC NULLS LAST, e.id DESC LIMIT 1)"""

_OCCUPATIONS = tuple(Choice(one.code, one.key, one.label) for one in occupations.all_occupations())

FACTS = (
    Fact(
        name="people.age_years",
        label="年龄",
        unit="周岁",
        type=FactType.INTEGER,
        sql="extract(year FROM age(%(day)s::date, w.birth_on))::int",
        definition_zh="到这一天满多少周岁；2 月 29 日出生的，平年到 3 月 1 日满岁。",
        is_given=True,
        question_zh="您多少周岁？",
        document_zh="身份证",
    ),
    Fact(
        name="people.birth_on",
        label="出生日期",
        unit="",
        type=FactType.DATE,
        sql="w.birth_on",
        definition_zh="身份证号里的出生日期。",
        is_given=True,
        question_zh="您哪天出生？",
        document_zh="身份证",
    ),
    Fact(
        name="people.sex",
        label="性别",
        unit="",
        type=FactType.CODE,
        sql="nullif(w.sex, '')",
        definition_zh="身份证号里的性别：M 男，F 女。",
        choices=(Choice("male", "M", "男"), Choice("female", "F", "女")),
        is_given=True,
        question_zh="您的性别？",
        document_zh="身份证",
    ),
    Fact(
        name="people.occupation",
        label="现在的职业",
        unit="",
        type=FactType.INTEGER,
        sql=_RUNNING.format(what="occupation"),
        freshness=Freshness.DECLARED,
        definition_zh="这一天在做的、最近开始的一份工作的职业代码。",
        choices=_OCCUPATIONS,
        question_zh="您现在做什么工作？",
    ),
    Fact(
        name="people.occupations_count",
        label="同时在做几份工作",
        unit="份",
        type=FactType.INTEGER,
        sql="""(SELECT count(*)::int FROM people_engagement e WHERE e.worker_id = w.id
            AND coalesce(e.started_on, '-infinity') <= %(day)s
            AND coalesce(e.ended_on, 'infinity') >= %(day)s)""",
        freshness=Freshness.DECLARED,
        definition_zh="这一天在做的工作有几份。",
    ),
    Fact(
        name="people.labour_relation",
        label="用工关系",
        unit="",
        type=FactType.INTEGER,
        sql=f"nullif({_RUNNING.format(what='relation')}, 9)",
        freshness=Freshness.DECLARED,
        definition_zh="最近一份工作的用工关系：1 有劳动关系，2 不完全符合确立劳动关系，3 民事关系。",
        choices=tuple(
            Choice(one.name.lower(), int(one), one.label)
            for one in LabourRelation
            if one is not LabourRelation.UNKNOWN
        ),
        question_zh="您和单位是什么关系？",
        document_zh="劳动合同或书面协议",
    ),
    Fact(
        name="people.work_adcode",
        label="工作地区",
        unit="",
        type=FactType.INTEGER,
        sql=_RUNNING.format(what="work_adcode"),
        freshness=Freshness.DECLARED,
        definition_zh="最近一份工作所在地区的行政区划代码。",
    ),
    Fact(
        name="people.has_identity_number",
        label="身份证号已登记",
        unit="",
        type=FactType.BOOLEAN,
        sql="(w.identity_hash IS NOT NULL)",
        sensitivity=Sensitivity.INTERNAL,
        definition_zh="档案里有没有身份证号。",
    ),
    Fact(
        name="people.assurance",
        label="核实程度",
        unit="",
        type=FactType.INTEGER,
        sql="w.assurance",
        sensitivity=Sensitivity.INTERNAL,
        definition_zh="1 名单所报，2 手机号已确认，3 实名平台已核验，4 现场核对过证件。",
        choices=tuple(Choice(one.name.lower(), int(one), one.label) for one in Assurance),
    ),
)
