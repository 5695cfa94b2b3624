"""How a station stands, what its names and hosts are, where its money and its keepers come from."""

from enum import IntEnum, StrEnum

from nuanxin.kernel.errors import Conflict


class Standing(IntEnum):
    """Whether a station is in use at all; whether it is open now is its state."""

    OPEN = 1
    PAUSED = 2
    CLOSED = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "启用", 2: "暂停", 3: "关停"}[self.value]


STANDING_MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.OPEN: frozenset({Standing.PAUSED, Standing.CLOSED}),
    Standing.PAUSED: frozenset({Standing.OPEN, Standing.CLOSED}),
    Standing.CLOSED: frozenset({Standing.OPEN}),
}


def check_standing_move(current: Standing, target: Standing) -> None:
    """Return when the move is in the table; raise ``Conflict`` station.standing otherwise."""
    if target not in STANDING_MOVES[current]:
        raise Conflict(
            "station.standing", f"这个驿站现在是「{current.label}」，不能改成「{target.label}」。"
        )


class DefinitionTag(IntEnum):
    """What a station is called in the lists it is counted in; counts of two are not comparable."""

    SERVICE_POINT = 1
    LABOUR_STATION = 2
    UNION_STATION = 3
    CARE_STATION = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "户外劳动者服务站点", 2: "劳动驿站", 3: "工会驿站", 4: "爱心驿站"}[self.value]


class HostKind(IntEnum):
    """Who gives the room."""

    BANK = 1
    TELECOM = 2
    PETROL = 3
    COMMUNITY = 4
    SHOP = 5
    MALL = 6
    EXPRESS = 7
    SANITATION = 8
    HOSPITAL = 9
    GOVERNMENT = 10
    LIBRARY = 11
    UNION = 12
    OTHER = 99

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _HOSTS[self]


_HOSTS = {
    HostKind.BANK: "银行网点",
    HostKind.TELECOM: "通信营业厅",
    HostKind.PETROL: "加油站",
    HostKind.COMMUNITY: "社区、村",
    HostKind.SHOP: "便利店、药店、餐饮店",
    HostKind.MALL: "商场、市场",
    HostKind.EXPRESS: "快递、外卖网点",
    HostKind.SANITATION: "环卫道班房",
    HostKind.HOSPITAL: "卫生院、医院",
    HostKind.GOVERNMENT: "办事大厅、派出所",
    HostKind.LIBRARY: "图书馆、书房",
    HostKind.UNION: "工会自建",
    HostKind.OTHER: "其他",
}


class NameKind(IntEnum):
    """Which name it is, beside the official one."""

    BRAND = 1
    ALIAS = 2
    MAP = 3
    FORMER = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "本地品牌名", 2: "别名", 3: "地图上的名字", 4: "曾用名"}[self.value]


class MapProvider(StrEnum):
    """Whose map knows the station under an id of its own."""

    AMAP = "amap"
    BAIDU = "baidu"
    TENCENT = "tencent"
    TIANDITU = "tianditu"
    ACFTU = "acftu"
    OSM = "osm"
    APPLE = "apple"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "amap": "高德",
            "baidu": "百度",
            "tencent": "腾讯",
            "tianditu": "天地图",
            "acftu": "全总站点编号",
            "osm": "OpenStreetMap",
            "apple": "苹果",
        }[self.value]


class FundingLevel(IntEnum):
    """Who paid."""

    NATION = 1
    PROVINCE = 2
    CITY = 3
    COUNTY = 4
    TOWN = 5
    HOST = 6
    GIFT = 7

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {
            1: "全国总工会",
            2: "省级工会",
            3: "市级工会",
            4: "县级工会",
            5: "乡镇（街道）",
            6: "共建单位",
            7: "捐赠",
        }[self.value]


class KeeperRole(IntEnum):
    """Whose station it is."""

    CHIEF = 1
    DEPUTY = 2

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "站长", 2: "副站长"}[self.value]
