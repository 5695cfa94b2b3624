"""Kinds and states of 权限, with Chinese labels."""

from enum import StrEnum

from nuanxin.kernel.actor import Role


class SessionKind(StrEnum):
    """How somebody signed in, which decides how much counts: a phone alone opens no desk."""

    ANONYMOUS = "anonymous"
    PHONE = "phone"
    HOST = "host"
    CADRE = "cadre"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "anonymous": "未登录",
            "phone": "手机号加验证码",
            "host": "从合作平台进来",
            "cadre": "密码加动态口令",
        }[self.value]


class CodePurpose(StrEnum):
    """What a code sent to a phone opens; a code for one purpose does not open another."""

    SIGN_IN = "sign_in"
    CONFIRM = "confirm"
    HELP = "help"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"sign_in": "登录", "confirm": "确认本人", "help": "请人代办"}[self.value]


class AttemptKind(StrEnum):
    """What is counted, so that it can be slowed down."""

    CODE_TO_PHONE = "code_to_phone"
    CODE_TO_DEVICE = "code_to_device"
    CODE_FROM_NETWORK = "code_from_network"
    PASSWORD = "password"
    PASSWORD_NETWORK = "password_network"
    PASSWORD_ELSEWHERE = "password_elsewhere"
    CLAIM = "claim"
    ON_SITE_NAME = "on_site_name"
    ON_SITE_PLACE = "on_site_place"
    ATTEST_LINK = "attest_link"
    HELP_FIND = "help_find"
    JUDGE_CODE = "judge_code"
    PICKUP_CODE = "pickup_code"
    HOUSEHOLD_CODE = "household_code"
    STATION_REPORT = "station_report"
    STATION_DOOR = "station_door"
    STATION_LINK = "station_link"
    OBJECTION = "objection"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "code_to_phone": "向一个号码发验证码",
            "code_to_device": "常用设备要验证码",
            "code_from_network": "一处网络要验证码",
            "password": "输密码或动态口令",
            "password_network": "一处网络输错",
            "password_elsewhere": "在不常用的设备上输错",
            "claim": "认领登记",
            "on_site_name": "现场确认的名字没对上",
            "on_site_place": "一处现场没对上",
            "attest_link": "点错证明链接",
            "help_find": "代办找人",
            "judge_code": "一处网络输错评委码",
            "pickup_code": "一个孩子的接送码输错",
            "household_code": "家人码输错",
            "station_report": "反映驿站开没开",
            "station_door": "扫驿站门码",
            "station_link": "点错站长链接",
            "objection": "不署名提异议",
        }[self.value]


class PostState(StrEnum):
    """Where a post stands on a day; derived from its dates, kept nowhere."""

    WAITING = "waiting"
    COMING = "coming"
    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "waiting": "等第二人复核",
            "coming": "还没到起始日",
            "live": "在任",
            "expired": "已到期",
            "revoked": "已收回",
        }[self.value]


POST_MOVES: dict[PostState, frozenset[PostState]] = {
    PostState.WAITING: frozenset(
        {PostState.COMING, PostState.LIVE, PostState.EXPIRED, PostState.REVOKED}
    ),
    PostState.COMING: frozenset({PostState.LIVE, PostState.REVOKED}),
    PostState.LIVE: frozenset({PostState.EXPIRED, PostState.REVOKED}),
    PostState.EXPIRED: frozenset(),
    PostState.REVOKED: frozenset(),
}

# Who holds whom: a role contains those named here, and itself. Nobody grants a role that his own
# does not contain (safety paper, invariant 24).
CONTAINED_ROLES: dict[Role, frozenset[Role]] = {
    Role.COUNTY_CADRE: frozenset(
        {
            Role.COUNTY_CADRE,
            Role.GRASSROOTS_OFFICER,
            Role.ENTERPRISE_OFFICER,
            Role.LIAISON_CADRE,
            Role.STATION_KEEPER,
            Role.FINANCE,
        }
    ),
    Role.CITY_CADRE: frozenset(
        {
            Role.CITY_CADRE,
            Role.COUNTY_CADRE,
            Role.GRASSROOTS_OFFICER,
            Role.ENTERPRISE_OFFICER,
            Role.LIAISON_CADRE,
            Role.STATION_KEEPER,
            Role.FINANCE,
        }
    ),
    Role.PROVINCE_CADRE: frozenset(
        {
            Role.PROVINCE_CADRE,
            Role.CITY_CADRE,
            Role.COUNTY_CADRE,
            Role.GRASSROOTS_OFFICER,
            Role.ENTERPRISE_OFFICER,
            Role.LIAISON_CADRE,
            Role.STATION_KEEPER,
            Role.FINANCE,
            Role.AUDITOR,
        }
    ),
    # The security administrator keeps the roles but holds no business right himself; so every
    # grant of his is strong and needs a second person.
    Role.SECURITY_ADMIN: frozenset(
        {
            Role.PROVINCE_CADRE,
            Role.CITY_CADRE,
            Role.COUNTY_CADRE,
            Role.AUDITOR,
            Role.SYSTEM_ADMIN,
            Role.SECURITY_ADMIN,
            Role.AUDIT_ADMIN,
        }
    ),
}

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""The three separate administrators: different people, without any business right."""

# The level (1 province … 5 grass roots) of the union that a post of this role hangs on.
LEVELS_OF_ROLE: dict[Role, frozenset[int]] = {
    Role.PROVINCE_CADRE: frozenset({1}),
    Role.CITY_CADRE: frozenset({2}),
    Role.COUNTY_CADRE: frozenset({3}),
    Role.GRASSROOTS_OFFICER: frozenset({4, 5}),
    Role.ENTERPRISE_OFFICER: frozenset({4, 5}),
}

GRANTABLE_ROLES = tuple(
    role for role in Role if role not in (Role.ANONYMOUS, Role.WORKER, Role.API_CLIENT, Role.SYSTEM)
)


RIGHT_WORDS = {
    "org_unit.view": "查工会",
    "org_unit.manage": "看工会页和隶属",
    "org_unit.create": "建、挪、并、撤工会",
    "org_unit.edit": "改工会资料",
    "outlet.register": "登记、停用网点",
    "person.view_masked": "看掩码的个人资料",
    "person.edit": "改个人资料",
    "person.merge": "合并重复的档案",
    "person.unmask": "看完整号码",
    "membership.view": "看会籍",
    "membership.list": "列会员名单",
    "membership.count": "看会员数",
    "membership.create": "交入会申请",
    "membership.decide": "审核入会",
    "membership.export": "导出名单",
    "membership.api_view": "查本范围的会员",
    "contact.record": "记联系和服务",
    "roster.view": "查花名册办到哪里",
    "roster.create": "交花名册",
    "own.open": "进自己的页面",
    "card.view": "看自己的会员卡",
    "card.check": "验会员卡",
    "figure.view": "查公开数字",
    "figure.rows": "看数字背后的名单",
    "figure.decide": "定数字的口径",
    "figure.publish": "发布数字",
    "figure.drafts": "看发布的草稿和锁定",
    "figure.evidence": "拿走发布的明细（不带身份）",
    "draft.check": "核对稿子里的数",
    "programme.browse": "看服务项目",
    "attestation.view": "看工作证明和证明人",
    "attestation.manage": "登记和停用证明人、收回证明",
    "attestation.answer": "给劳动者证明工作情况",
    "help.act": "替当面的劳动者代办",
    "help.view": "看代办记录",
    "camp.view": "看托管班",
    "camp.manage": "设托管班、排班",
    "camp.children": "申请看孩子的资料",
    "camp.approve": "批准别人看孩子的资料",
    "camp.audit": "导出未成年人资料年度审计",
    "programme.view": "看服务的申请和名额",
    "programme.manage": "办服务：发布、分名额、抽签、审核",
    "programme.export": "导出服务的获得名单",
    "rule.view": "看服务的条件和各版",
    "rule.draft": "起草服务的条件、试算、送审",
    "rule.release": "复核别人起草的条件，定稿或退回",
    "definition.view": "看服务是怎么定的",
    "definition.draft": "起草服务、送审",
    "definition.release": "复核别人起草的服务，定稿或退回",
    "payment.view": "看发放名册",
    "payment.make": "做发放名册",
    "payment.check": "复核发放名册",
    "payment.export": "导出发放名册（带账号）、登记结果",
    "human_review.view": "看请人看看的列表",
    "human_review.answer": "接手、答复请人看看",
    "report.view": "看报告",
    "report.edit": "写报告、定稿",
    "station.view": "查驿站",
    "station.list": "看驿站台账",
    "station.manage": "登记、更改、导入驿站",
    "station.edit_own": "管自己的驿站",
    "station.inspect": "检查驿站、复查整改",
    "station.select": "评最美驿站",
    "station.serve": "管驿站的服务时间和预约",
    "station.coverage": "看驿站服务圈和达标情况",
    "station.plan": "做驿站选址方案",
    "post.view": "看职务",
    "post.grant": "授予、复核、收回职务",
    "account.own": "管自己的登录",
    "account.manage": "管账号",
    "api_token.manage": "管接口令牌",
    "event_log.view": "看操作记录",
    "event_log.verify": "验操作记录没被改过",
    "reading_log.own": "看谁查看过自己",
    "reading_log.view": "看谁查看过完整号码",
    "my_data.fetch": "取走自己的资料",
    "my_data.erase": "删除自己的资料",
    "webhook.manage": "管事件推送",
    "outbox.view": "看发出的短信",
    "settings.edit": "改系统设置",
    "settings.policy": "改安全设置",
    "desk.open": "进工作台",
}
"""What each right of the policy file means, for the matrix and the tokens; a test keeps it whole."""
