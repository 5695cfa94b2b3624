"""Kinds and states of 组织, with Chinese labels."""

from enum import IntEnum, StrEnum


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
    """Dated events of the tree."""

    FOUNDED = "founded"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    DISSOLVED = "dissolved"
    RENAMED = "renamed"
    CORRECTED = "corrected"

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
