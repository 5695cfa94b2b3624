"""States of 驿站 and the moves between them, a file a noun."""

from nuanxin.stations.states.importing import (
    IMPORT_MOVES,
    ImportState,
    RowVerdict,
    check_import_move,
)
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
from nuanxin.stations.states.siting import DemandSource, PlanState, Travel

__all__ = [
    "IMPORT_MOVES",
    "STANDING_MOVES",
    "ConfirmedBy",
    "DefinitionTag",
    "DemandSource",
    "FundingLevel",
    "HostKind",
    "ImportState",
    "KeeperRole",
    "MapProvider",
    "NameKind",
    "OpenState",
    "PlanState",
    "RowVerdict",
    "Standing",
    "Travel",
    "check_import_move",
    "check_standing_move",
]
