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

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"sign_in": "登录", "confirm": "确认本人"}[self.value]


class AttemptKind(StrEnum):
    """What is counted, so that it can be slowed down."""

    CODE_TO_PHONE = "code_to_phone"
    CODE_TO_DEVICE = "code_to_device"
    CODE_FROM_NETWORK = "code_from_network"
    PASSWORD = "password"
    PASSWORD_NETWORK = "password_network"
    PASSWORD_ELSEWHERE = "password_elsewhere"
    CLAIM = "claim"

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
