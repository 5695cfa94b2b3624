"""What rules may ask about a person's membership. ``w`` is the worker row, ``%(day)s`` the day.

Every expression reads the periods as they stood on the day: from the start, up to but not
including the end. NULL is unknown; who is no member has a sure no, not an unknown.
"""

from nuanxin.kernel.fact import Fact, FactType, Sensitivity

# Two halves: each has an index of its own (one live membership a person; periods that have ended).
_OF_HIM = "membership_membership m WHERE m.worker_id = w.id AND m.started_on <= %(day)s"
_HALVES = (f"{_OF_HIM} AND m.ended_on IS NULL", f"{_OF_HIM} AND m.ended_on > %(day)s")
_ON_DAY = " UNION ALL ".join(f"SELECT m.* FROM {half}" for half in _HALVES)
_ONE = f"(SELECT {{what}} FROM ({_ON_DAY}) m ORDER BY m.started_on DESC, m.id DESC LIMIT 1)"
_HELD = "(m.retained_on IS NOT NULL AND m.retained_on <= %(day)s)"


def _exists(condition: str) -> str:
    return "(" + " OR ".join(f"EXISTS (SELECT 1 FROM {h} AND {condition})" for h in _HALVES) + ")"


FACTS = (
    Fact(
        name="membership.is_member",
        label="是不是会员",
        unit="",
        type=FactType.BOOLEAN,
        sql=_exists(f"NOT {_HELD}"),
        definition_zh="这一天有没有在籍的会籍（保留会籍不算）。",
        question_zh="您是工会会员吗？",
    ),
    Fact(
        name="membership.is_retained",
        label="是不是保留会籍",
        unit="",
        type=FactType.BOOLEAN,
        sql=_exists(_HELD),
        definition_zh="这一天会籍是不是在保留状态。保留期间没有表决权和被选举权，不交会费。",
    ),
    Fact(
        name="membership.months",
        label="入会满几个月",
        unit="个月",
        type=FactType.INTEGER,
        sql=_ONE.format(
            what="(extract(year FROM age(%(day)s::date, m.joined_on)) * 12"
            " + extract(month FROM age(%(day)s::date, m.joined_on)))::int"
        ),
        definition_zh="从首次入会日期（转会随带）到这一天满多少个月；不是会员的没有这个数。",
        question_zh="您入会多久了？",
    ),
    Fact(
        name="membership.joined_on",
        label="入会日期",
        unit="",
        type=FactType.DATE,
        sql=_ONE.format(what="m.joined_on"),
        definition_zh="首次入会日期，转会随会籍带走，退会后再入会的从再入会那天算。",
    ),
    Fact(
        name="membership.union_id",
        label="所在工会",
        unit="",
        type=FactType.INTEGER,
        sql=_ONE.format(what="m.union_id"),
        sensitivity=Sensitivity.INTERNAL,
        definition_zh="这一天会籍所在工会的编号。",
    ),
    Fact(
        name="membership.union_path",
        label="所在工会的上级",
        unit="",
        type=FactType.TEXT,
        sql=_ONE.format(what="(SELECT u.path FROM orgs_union u WHERE u.id = m.union_id)"),
        sensitivity=Sensitivity.INTERNAL,
        definition_zh="所在工会今天的路径，用来判断是不是某个工会下面的会员。",
    ),
    Fact(
        name="membership.county",
        label="会籍所在县（市、区）",
        unit="",
        type=FactType.INTEGER,
        sql=_ONE.format(what="(SELECT u.adcode FROM orgs_union u WHERE u.id = m.union_id)"),
        definition_zh="所在工会的行政区划代码。",
    ),
    Fact(
        name="membership.channel",
        label="入会渠道",
        unit="",
        type=FactType.INTEGER,
        sql=_ONE.format(what="m.channel"),
        sensitivity=Sensitivity.INTERNAL,
        definition_zh="1 网上入会，2 一键入会，3 集体入会。",
    ),
    Fact(
        name="membership.is_new_form_union",
        label="在新业态工会",
        unit="",
        type=FactType.BOOLEAN,
        sql=f"""EXISTS (SELECT 1 FROM ({_ON_DAY}) m JOIN orgs_union u ON u.id = m.union_id
            AND u.is_new_form)""",
        definition_zh="这一天所在的工会是不是新就业形态工会。",
    ),
    Fact(
        name="membership.has_open_application",
        label="有入会申请在办",
        unit="",
        type=FactType.BOOLEAN,
        sql="""EXISTS (SELECT 1 FROM membership_joinapplication a WHERE a.worker_id = w.id
            AND a.state IN (1, 2, 3))""",
        definition_zh="现在有没有在办的入会申请（邀请、待审核、退回补正）。",
    ),
)
