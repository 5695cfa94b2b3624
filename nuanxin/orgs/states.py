"""Kinds and states of 组织, with Chinese labels, and the table of allowed moves."""

from enum import IntEnum, StrEnum

from nuanxin.kernel.errors import Conflict

PAGE_SIZE = 50
"""Rows a page of any list here, unless less is asked for."""

PAGE_LIMIT = 200
"""Rows a page at most."""

SEARCH_LIMIT = 20
BULK_LIMIT = 50_000
"""Unions in one call of ``found_unions_in_bulk``."""

OUTLETS_LIMIT = 20_000
"""Outlets in one call of ``register_outlets_in_bulk``."""

AREAS_LIMIT = 200
"""Further areas that one union works in."""

MERGE_LIMIT = 200
"""Unions merged into one in one go."""

CHANGES_SHOWN = 30
"""Latest changes on a union's page."""


class UnionKind(StrEnum):
    """Types of union body (domain paper 1.1; 工会法 a.10–12)."""

    FEDERATION = "federation"
    TOWNSHIP = "township"
    GRASSROOTS = "grassroots"
    JOINT = "joint"
    INDUSTRY_FEDERATION = "industry_federation"
    REGIONAL_FEDERATION = "regional_federation"
    COMMUNITY = "community"
    WORK_COMMITTEE = "work_committee"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "federation": "总工会",
            "township": "乡镇(街道、开发区)工会",
            "grassroots": "基层工会",
            "joint": "联合基层工会",
            "industry_federation": "行业工会联合会",
            "regional_federation": "区域工会联合会",
            "community": "村(社区)工会",
            "work_committee": "工会工作委员会",
        }[self.value]

    @property
    def accepts_members(self) -> bool:
        """Return whether persons may belong to it directly (a default; a union row may differ)."""
        return self not in (UnionKind.FEDERATION, UnionKind.WORK_COMMITTEE)

    @property
    def is_federation(self) -> bool:
        """Return whether it stands over other unions by its nature (terms: 工会法 a.16)."""
        return self in (
            UnionKind.FEDERATION,
            UnionKind.INDUSTRY_FEDERATION,
            UnionKind.REGIONAL_FEDERATION,
        )

    def level_at(self, adcode: int) -> "UnionLevel":
        """Return the usual level of such a union seated in the region ``adcode``."""
        if self is UnionKind.TOWNSHIP:
            return UnionLevel.TOWN
        if self is not UnionKind.FEDERATION:
            return UnionLevel.GRASSROOTS
        if adcode % 10_000 == 0:
            return UnionLevel.PROVINCE
        return UnionLevel.CITY if adcode % 100 == 0 else UnionLevel.COUNTY


class UnionLevel(IntEnum):
    """Where in the chain 省—市—县—乡镇街道—基层 a union stands (U-1)."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWN = 4
    GRASSROOTS = 5

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "省级", 2: "市级", 3: "县级", 4: "乡镇街道", 5: "基层"}[self.value]


class UnionState(StrEnum):
    """Life of a union."""

    PREPARING = "preparing"
    ACTIVE = "active"
    TERM_EXPIRED = "term_expired"
    MERGED = "merged"
    DISSOLVED = "dissolved"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "preparing": "筹建中",
            "active": "正常",
            "term_expired": "届满待换届",
            "merged": "已合并",
            "dissolved": "已撤销",
        }[self.value]

    @property
    def is_live(self) -> bool:
        """Return whether the union exists now."""
        return self in (UnionState.PREPARING, UnionState.ACTIVE, UnionState.TERM_EXPIRED)


class Route(StrEnum):
    """Routes of founding (U-7) with the planner's three slogans."""

    KEY_ENTERPRISE = "key_enterprise"
    INDUSTRY = "industry"
    BACKSTOP = "backstop"
    BIG = "big"
    SMALL = "small"
    CLASSIFIED = "classified"
    OTHER = "other"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "key_enterprise": "重点建",
            "industry": "行业建",
            "backstop": "兜底建",
            "big": "抓大",
            "small": "盖小",
            "classified": "归类",
            "other": "其他",
        }[self.value]


class PlacementKind(IntEnum):
    """Which parent: the leading one, or the second where subordination is dual (U-2)."""

    PRIMARY = 1
    SECOND = 2

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "主隶属", 2: "双重隶属"}[self.value]


class UnionChangeKind(StrEnum):
    """Dated events of the tree and of a union's life."""

    FOUNDED = "founded"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    DISSOLVED = "dissolved"
    RENAMED = "renamed"
    CORRECTED = "corrected"
    SECOND_PARENT = "second_parent"
    TERRITORY = "territory"
    ELECTED = "elected"
    EXTENDED = "extended"
    REPORTED = "reported"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "founded": "成立",
            "moved": "调整隶属",
            "merged": "合并",
            "split": "分立",
            "dissolved": "撤销",
            "renamed": "更名",
            "corrected": "更正",
            "second_parent": "双重隶属变动",
            "territory": "地域变动",
            "elected": "换届",
            "extended": "延期换届",
            "reported": "已向上级报告",
        }[self.value]


class DissolutionGround(StrEnum):
    """Why a union ends: never at will (工会法 a.13, E-8)."""

    EMPLOYER_ENDED = "employer_ended"
    UPPER_APPROVED = "upper_approved"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "employer_ended": "用人单位终止",
            "upper_approved": "上级工会批准",
        }[self.value]


class Leadership(StrEnum):
    """How the members of one employer are led (工会法 a.11; F-1, F-2)."""

    COMMITTEE = "committee"
    JOINT_COMMITTEE = "joint_committee"
    ORGANISER = "organiser"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "committee": "单独建立基层工会委员会",
            "joint_committee": "和别的单位联合建立基层工会委员会",
            "organiser": "选举一名组织员",
        }[self.value]


class TermStanding(StrEnum):
    """How a term of office stands on a day (A23)."""

    UNSET = "unset"
    RUNNING = "running"
    ENDS_SOON = "ends_soon"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "unset": "未登记任期",
            "running": "任期内",
            "ends_soon": "快要届满",
            "expired": "届满待换届",
        }[self.value]


class ReasonKind(StrEnum):
    """Why a union is proposed to somebody who joins (domain paper 2.2)."""

    EMPLOYER = "employer"
    PLATFORM = "platform"
    TRADE = "trade"
    WORK_PLACE = "work_place"
    HOME_PLACE = "home_place"
    NEAREST = "nearest"
    BACKSTOP = "backstop"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "employer": "你单位的",
            "platform": "你平台的",
            "trade": "你行业的",
            "work_place": "你干活的地方的",
            "home_place": "你住的地方的",
            "nearest": "最近的",
            "backstop": "兜底的",
        }[self.value]


UNION_MOVES: dict[UnionState, frozenset[UnionState]] = {
    UnionState.PREPARING: frozenset({UnionState.ACTIVE, UnionState.DISSOLVED}),
    UnionState.ACTIVE: frozenset(
        {UnionState.TERM_EXPIRED, UnionState.MERGED, UnionState.DISSOLVED}
    ),
    UnionState.TERM_EXPIRED: frozenset(
        {UnionState.ACTIVE, UnionState.MERGED, UnionState.DISSOLVED}
    ),
    UnionState.MERGED: frozenset(),
    UnionState.DISSOLVED: frozenset(),
}


def check_move(before: UnionState, after: UnionState) -> None:
    """Return if a union may go from ``before`` to ``after``; raise ``Conflict`` otherwise."""
    if after in UNION_MOVES[before]:
        return
    if not before.is_live:
        raise Conflict(
            "orgs.union_has_ended",
            f"这个工会{before.label}，不能再变动。要改过去的登记，请用「更正隶属」。",
            state=before.value,
        )
    raise Conflict(
        "orgs.move_not_allowed",
        f"这个工会现在是「{before.label}」，不能直接变成「{after.label}」。请先办中间那一步。",
        state=before.value,
        wanted=after.value,
    )
