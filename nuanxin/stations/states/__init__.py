"""States of 驿站 and the moves between them, a file a noun."""

from nuanxin.stations.states.living import ConfirmedBy, OpenState
from nuanxin.stations.states.register import (
    STANDING_MOVES,
    DefinitionTag,
    FundingLevel,
    HostKind,
    KeeperRole,
    MapProvider,
    NameKind,
    Standing,
    check_standing_move,
)

__all__ = [
    "STANDING_MOVES",
    "ConfirmedBy",
    "DefinitionTag",
    "FundingLevel",
    "HostKind",
    "KeeperRole",
    "MapProvider",
    "NameKind",
    "OpenState",
    "Standing",
    "check_standing_move",
]
